import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { readTags } from "../../daemon/audio/read-tags.ts";
import { ensureFolder, insertFile, saveHash } from "../../daemon/db/files.ts";
import { saveMetadata } from "../../daemon/db/metadata.ts";
import { type Db, openDatabase } from "../../daemon/db/open.ts";
import { makeEvents } from "../../daemon/events.ts";
import { silentLog } from "../../daemon/log.ts";
import { openLibc } from "../../daemon/rename/libc.ts";
import { openFileCalls } from "../../daemon/tagging/calls.ts";
import type { TagDeps } from "../../daemon/tagging/deps.ts";
import type { TagRequest } from "../../daemon/tagging/draft.ts";
import { tagFields } from "../../daemon/tagging/layout.ts";
import type { AnalysisTags } from "../../daemon/tagging/values.ts";

export const found: AnalysisTags = {
  bpm: 127.96,
  key: "F#",
  scale: "minor",
  mood: "happy, relaxed",
  genre: "Deep House",
};
export const everything: TagRequest = { fields: tagFields, replace: false };

/** SHA-256 of a file, block by block. */
export function sha(path: string): string {
  const hash = createHash("sha256");
  const file = openSync(path, "r");
  const block = Buffer.alloc(1 << 20);
  for (let read = readSync(file, block); read > 0; read = readSync(file, block)) hash.update(block.subarray(0, read));
  closeSync(file);
  return hash.digest("hex");
}

/** Hidden files that were left in a folder. */
export const hiddenIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("."));

/** What writing tags needs, on a database of its own. */
export function tagDeps(folder: string, more: Partial<TagDeps> = {}): TagDeps {
  return {
    db: openDatabase(join(folder, "data", "phaze.db")),
    libc: openLibc(),
    calls: openFileCalls(),
    events: makeEvents(),
    log: silentLog,
    now: Date.now,
    enabled: true,
    roots: [folder],
    valuesFor: () => found,
    blockedBy: () => null,
    ...more,
  };
}

/** Makes a file known, as a scan and the first stages would. */
export async function know(db: Db, path: string): Promise<number> {
  const { ino, dev, mtimeMs, size } = lstatSync(path);
  const folder = ensureFolder(db, dirname(path), dev);
  const stat = { sizeBytes: size, mtimeMs, inode: ino, device: dev };
  const id = insertFile(db, { folder, nameRaw: basename(path), kind: "music", ...stat }, Date.now());
  saveHash(db, id, sha(path));
  const extension = extname(path).slice(1);
  saveMetadata(db, id, await readTags(path, { extension, signal: new AbortController().signal }));
  return id;
}
