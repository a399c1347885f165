import { existsSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const tool = join(import.meta.dir, "../../../shared/bin/get-music");

/** Real music from Debian's packages; kept between runs, because packages are large. Empty when it is out of reach. */
export function realMusic(): string[] {
  if (!existsSync(tool)) return [];
  const folder = join(tmpdir(), "phaze-real-music");
  const got = Bun.spawnSync([tool, folder, "extremetuxracer-data", "fretsonfire-songs-sectoid"], { timeout: 240_000 });
  if (!got.success) {
    rmSync(folder, { recursive: true, force: true });
    return [];
  }
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ogg"))
    .sort()
    .map((name) => join(folder, name));
}
