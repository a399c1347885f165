import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../../daemon/cli.ts";
import { testEnv } from "../support/world.ts";

/** Runs one command in this process on a folder of its own. */
export async function run(
  folder: string,
  args: string[],
  env: Record<string, string> = {},
  signal = new AbortController().signal,
  isTerminal = false,
) {
  let out = "";
  let err = "";
  const io = {
    out(text: string) {
      out += text;
    },
    err(text: string) {
      err += text;
    },
    isTerminal,
  };
  const library = join(folder, "library");
  mkdirSync(library, { recursive: true });
  const code = await runCli(args, {
    ...io,
    env: { ...testEnv(folder), SCAN_PATH: library, ...env },
    cwd: folder,
    signal,
  });
  return { code, out, err, json: () => JSON.parse(out) };
}
