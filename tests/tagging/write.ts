import { renameSync } from "node:fs";
import { extname } from "node:path";
import { type FileFacts, factsOf } from "../../daemon/rename/disk.ts";
import { openLibc } from "../../daemon/rename/libc.ts";
import { openFileCalls } from "../../daemon/tagging/calls.ts";
import type { TagTexts } from "../../daemon/tagging/layout.ts";
import type { Patch } from "../../daemon/tagging/patch.ts";
import { rewrite } from "../../daemon/tagging/rewrite.ts";
import { checkCopy, readForEdit } from "../../daemon/tagging/verify.ts";
import { sha } from "./bench.ts";

const never = new AbortController().signal;
const tools = { libc: openLibc(), calls: openFileCalls() };

/** Patches a file without any journal; returns the patches back. */
export async function patchFile(
  path: string,
  patches: readonly Patch[],
  mtimeNs: string | null = null,
  check: (temp: string) => Promise<unknown> = async () => {},
): Promise<Patch[]> {
  const temp = `${path}.part`;
  const facts = (await factsOf(path)) as FileFacts;
  const made = await rewrite({ source: path, temp, facts, sha256: sha(path), patches, mtimeNs }, tools, never);
  await check(temp);
  renameSync(temp, path);
  return made.back;
}

/** Writes tags with all checks, but without any journal. Returns the way back. */
export async function write(path: string, changes: TagTexts): Promise<Patch[]> {
  const extension = extname(path).slice(1);
  const before = await readForEdit(path, extension, never);
  const patches = before.layout.edit(changes);
  return patchFile(path, patches, null, (temp) =>
    checkCopy(before, { path: temp, extension, patches, changes }, never),
  );
}
