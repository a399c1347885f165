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
import { folderOf } from "../db/runs.ts";
import type { ScanTally } from "../db/scan-batches.ts";
import { folderChanged, folderMembersChanged, start } from "../pipeline/advance.ts";
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
    const from = folderOf(db, moved);
    moveFile(db, moved, folder, entry.name);
    folderChanged(db, registry, moved);
    if (from !== null && from !== folder.id) folderMembersChanged(db, registry, from);
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

/** The row at this place now: between two transactions another part of Phaze may have moved it. */
function knownAt(db: Db, folderId: number, name: RawPath): KnownFile | undefined {
  const row = db
    .query(
      `select id, name_raw as nameRaw, size_bytes as sizeBytes, mtime_ms as mtimeMs, inode, device, missing_since is not null as missing
       from files where folder_id = ? and name_raw = ?`,
    )
    .get(folderId, name) as KnownFile | null;
  return row ?? undefined;
}

/** Entries of one transaction: a folder may hold many thousands, and the event loop waits for each transaction. */
export const entriesAtOnce = 500;

/** What was done since the last step: how many rows were looked at, and the ids of new files. */
export interface Step {
  rows: number;
  fresh: number[];
}

/** The entries of a listing. Returns whether the folder's members changed. */
function* applyEntries(
  deps: ApplyDeps,
  listing: Listing,
  folder: Folder,
  known: Map<string, KnownFile>,
  tally: ScanTally,
): Generator<Step, boolean> {
  let membersChanged = false;
  let step: Step = { rows: 0, fresh: [] };
  for (const entry of listing.entries) {
    if (step.rows++ >= entriesAtOnce) {
      yield step;
      step = { rows: 1, fresh: [] };
    }
    const key = rawKey(entry.name);
    const read = known.get(key);
    known.delete(key);
    const same = read && read.sizeBytes === entry.sizeBytes && read.mtimeMs === entry.mtimeMs;
    if (!same && !deps.settle.isStill(joinRaw(listing.path, entry.name), entry)) {
      tally.settling++;
      continue;
    }
    if (same && !read.missing && read.inode === entry.inode && read.device === entry.device) continue;
    const before = knownAt(deps.db, folder.id, entry.name);
    if (before) membersChanged = update(deps, before, entry, tally) || membersChanged;
    else if (!read) {
      const id = add(deps, folder, entry, tally);
      if (id !== null) step.fresh.push(id);
      membersChanged = true;
    } // Else it was moved on since the folder was read, and its new place is known.
  }
  yield step;
  return membersChanged;
}

/** Those of the rows that are still in this folder and not missing yet. */
function stillHere(db: Db, folderId: number, ids: readonly number[]): number[] {
  const rows = db
    .query(
      "select id from files where folder_id = ? and missing_since is null and id in (select value from json_each(?))",
    )
    .all(folderId, JSON.stringify(ids)) as { id: number }[];
  return rows.map((row) => row.id);
}

/** Marks what was not met as missing. Returns whether there was any. */
function* applyGone(
  deps: ApplyDeps,
  folder: Folder,
  notMet: Iterable<KnownFile>,
  tally: ScanTally,
): Generator<Step, boolean> {
  const missing = [...notMet].filter((file) => !file.missing).map((file) => file.id);
  for (let at = 0; at < missing.length; at += entriesAtOnce) {
    const gone = stillHere(deps.db, folder.id, missing.slice(at, at + entriesAtOnce));
    markMissing(deps.db, gone, deps.now());
    tally.missing += gone.length;
    yield { rows: gone.length, fresh: [] };
  }
  return missing.length > 0;
}

/**
 * Brings the rows of one folder in line with what the disk shows: new, changed, moved, returned and vanished files, and
 * the links of its companions. Files that are still being written are handed to `settle`. Stops at places where a
 * transaction may end; the transactions are the caller's, as is `indexNewFiles` for the new files of each. Once begun,
 * it is to be run to its end, or companions keep wrong links.
 */
export function* applyListing(deps: ApplyDeps, listing: Listing, tally: ScanTally): Generator<Step, void> {
  const { db, registry } = deps;
  for (const [reason, n] of Object.entries(listing.skipped)) tally.skipped[reason] = (tally.skipped[reason] ?? 0) + n;
  if (listing.error) return;
  tally.folders++;
  tally.seen += listing.entries.length;
  // The folder's device is not written here: see DeviceNotes.
  const folder = ensureFolder(db, listing.path, null);
  const known = new Map(knownFiles(db, folder.id).map((file) => [rawKey(file.nameRaw), file]));
  const changed = yield* applyEntries(deps, listing, folder, known, tally);
  const lost = yield* applyGone(deps, folder, known.values(), tally);
  if (!changed && !lost) return;
  for (const fileId of relinkFolder(db, folder.id)) folderChanged(db, registry, fileId);
  folderMembersChanged(db, registry, folder.id);
}
