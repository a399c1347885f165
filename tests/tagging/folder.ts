import { afterEach } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone after the test, for tests that need no whole Phaze. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "phaze-tagging-"));
  folders.push(folder);
  return folder;
}
