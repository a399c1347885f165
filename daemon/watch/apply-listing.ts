import { lstatSync } from "node:fs";
import { joinRaw, type RawPath, toBytes } from "../contract/raw-path.ts";
import { relinkFolder } from "../db/companions.ts";
import {
  ensureFolder,
  type Folder,
  findByInode,
  insertFile,
  type KnownFile,
  knownFiles,
  markMissing,
  markPresent,
  moveFile,
  rawPathOf,
  touchFile,
} from "../db/files.ts";
import type { Db } from "../db/open.ts";
import type { ScanTally } from "../db/scan-batches.ts";
import { folderChanged, start } from "../pipeline/advance.ts";
import type { Registry } from "../pipeline/registry.ts";
import type { Settle } from "./settle.ts";
import type { Entry, Listing } from "./walk.ts";

export interface ApplyDeps {
  db: Db;
  registry: Registry;
  settle: Settle;
  now: () => number;
}

/** A raw name as a key of a Map. */
export const rawKey = (path: RawPath): string =>
  typeof path === "string" ? path : `\0${Buffer.from(toBytes(path)).toString("hex")}`;

/** The row of a file that was moved here: same inode, size and time, and no longer at its former place. */
function findMoved(db: Db, entry: Entry): number | null {
  for (const file of findByInode(db, entry)) {
    try {
      if (lstatSync(rawPathOf(file) as string).ino === entry.inode) continue; // A second link, or not moved.
    } catch {
      return file.id;
    }
    return file.id; // Another file lies at the former place now.
  }
  return null;
}

/** Returns the id of the new row; null when the file is a known one that was moved here. */
function add(deps: ApplyDeps, folder: Folder, entry: Entry, tally: ScanTally): number | null {
  const { db, registry, now } = deps;
  const moved = findMoved(db, entry);
  if (moved !== null) {
    moveFile(db, moved, folder, entry.name);
    folderChanged(db, registry, moved);
    tally.moved++;
    return null;
  }
  const id = insertFile(db, { folder, nameRaw: entry.name, ...entry }, now());
  start(db, registry, id, entry.kind);
  tally.new++;
  return id;
}

/** Returns true when the folder's members changed. */
function update(deps: ApplyDeps, known: KnownFile, entry: Entry, tally: ScanTally): boolean {
  const { db, registry, now } = deps;
  const same = known.sizeBytes === entry.sizeBytes && known.mtimeMs === entry.mtimeMs;
  if (!same) {
    touchFile(db, known.id, entry, now());
    start(db, registry, known.id, entry.kind);
    tally.changed++;
  } else if (known.inode !== entry.inode || known.device !== entry.device) {
    db.query("update files set inode = ?, device = ? where id = ?").run(entry.inode, entry.device, known.id);
  }
  if (!known.missing) return false;
  markPresent(db, known.id);
  tally.returned++;
  return true;
}

/**
 * Brings the rows of one folder in line with what the disk shows: new, changed, moved, returned and vanished files, and
 * the links of its companions. Files that are still being written are handed to `settle`. One transaction around it is
 * the caller's, as is `indexNewFiles`
 * for the ids that are returned: those of new files.
 */
export function applyListing(deps: ApplyDeps, listing: Listing, tally: ScanTally): number[] {
  const { db, registry, settle } = deps;
  for (const [reason, n] of Object.entries(listing.skipped)) tally.skipped[reason] = (tally.skipped[reason] ?? 0) + n;
  const fresh: number[] = [];
  if (listing.error) return fresh;
  tally.folders++;
  tally.seen += listing.entries.length;
  const folder = ensureFolder(db, listing.path, listing.device);
  const known = new Map(knownFiles(db, folder.id).map((file) => [rawKey(file.nameRaw), file]));
  let membersChanged = false;
  for (const entry of listing.entries) {
    const key = rawKey(entry.name);
    const before = known.get(key);
    known.delete(key);
    const same = before && before.sizeBytes === entry.sizeBytes && before.mtimeMs === entry.mtimeMs;
    if (!same && !settle.isStill(joinRaw(listing.path, entry.name), entry)) {
      tally.settling++;
      continue;
    }
    if (before) membersChanged = update(deps, before, entry, tally) || membersChanged;
    else {
      const id = add(deps, folder, entry, tally);
      if (id !== null) fresh.push(id);
      membersChanged = true;
    }
  }
  const gone = [...known.values()].filter((file) => !file.missing).map((file) => file.id);
  if (gone.length > 0) {
    markMissing(db, gone, deps.now());
    tally.missing += gone.length;
    membersChanged = true;
  }
  if (membersChanged) for (const fileId of relinkFolder(db, folder.id)) folderChanged(db, registry, fileId);
  return fresh;
}
