import { displayPath, fromBytes, type RawPath, sameRaw, splitRaw, toBytes } from "../contract/raw-path.ts";
import { countPresentUnder, type Folder, findFolder, foldersUnder, knownFiles } from "../db/files.ts";
import type { Db } from "../db/open.ts";
import { rawKey } from "./apply-listing.ts";
import type { Listing } from "./walk.ts";

/** A library that cannot be scanned. The message says what is wrong and what to do. */
export class ScanError extends Error {}

/** The first part of `path` below `folder`. */
function partBelow(folder: RawPath, path: RawPath): RawPath {
  const rest = toBytes(path).slice(toBytes(folder).length + (folder === "/" ? 0 : 1));
  const end = rest.indexOf(0x2f);
  return fromBytes(end < 0 ? rest : rest.slice(0, end));
}

/** Names in a folder that should be there: its files, and child folders with files somewhere in them. */
function knownNames(db: Db, folder: Folder): Set<string> {
  const below = foldersUnder(db, folder.pathRaw).filter((other) => other.id !== folder.id);
  const full = foldersWithFiles(
    db,
    below.map((other) => other.id),
  );
  const children = below.filter((other) => full.has(other.id)).map((other) => partBelow(folder.pathRaw, other.pathRaw));
  const files = knownFiles(db, folder.id).filter((file) => !file.missing);
  return new Set([...files.map((file) => file.nameRaw), ...children].map(rawKey));
}

/** Those of the folders that hold files which are there, as far as is known. */
export function foldersWithFiles(db: Db, folderIds: readonly number[]): Set<number> {
  const rows = db
    .query(
      "select distinct folder_id as id from files where missing_since is null and folder_id in (select value from json_each(?))",
    )
    .all(JSON.stringify(folderIds)) as { id: number }[];
  return new Set(rows.map((row) => row.id));
}

/**
 * Whether the folder was a mount point, and so may show what lies below the mount. Device numbers change with each boot
 * on many disks: that alone says nothing, so a folder counts only when it had another device than the folder above it.
 */
function wasMount(db: Db, root: RawPath, folder: Folder): boolean {
  if (sameRaw(folder.pathRaw, root)) return true;
  const above = findFolder(db, splitRaw(folder.pathRaw).folder);
  return above?.device != null && above.device !== folder.device;
}

/** The row of a former mount point that is on another device than before; else null. */
export function otherDevice(db: Db, root: RawPath, listing: Listing): Folder | null {
  const folder = listing.error ? null : findFolder(db, listing.path);
  if (folder?.device == null || folder.device === listing.device) return null;
  return wasMount(db, root, folder) ? folder : null;
}

/** A mount that went away: most of what is known in it is not there. A few stray files below it do not hide that. */
export function lostMount(db: Db, root: RawPath, listing: Listing): boolean {
  const folder = otherDevice(db, root, listing);
  if (!folder) return false;
  const shown = new Set([...listing.entries.map((entry) => entry.name), ...listing.folders].map(rawKey));
  const known = [...knownNames(db, folder)];
  return known.filter((name) => !shown.has(name)).length > known.length / 2;
}

/** A library that is away shows nothing, or an empty folder: then no row may be touched. Throws ScanError. */
export function checkFirst(db: Db, root: RawPath, first: Listing): void {
  const shown = displayPath(first.path);
  if (first.error)
    throw new ScanError(`${shown} cannot be read (${first.error}). Is the disk mounted? Nothing was changed.`);
  if (!sameRaw(first.path, root) || first.entries.length > 0 || first.folders.length > 0) return;
  const known = countPresentUnder(db, first.path);
  if (known > 0) {
    throw new ScanError(
      `${shown} is empty, but ${known} files are known in it. Is the disk mounted? Nothing was changed. ` +
        "If it is meant to be empty, put any file into it and scan again.",
    );
  }
}

/**
 * The devices of the folders of a walk, written all together when it has ended: half of them would make former mount
 * points of folders that never were.
 */
export interface DeviceNotes {
  note(listing: Listing): void;
  /** `dark` folders were not read: those that shared the device of the walk's first folder go along with it. */
  save(first: Listing, dark: readonly RawPath[]): void;
}

export function makeDeviceNotes(db: Db): DeviceNotes {
  const byDevice = new Map<number, number[]>();
  const put = (device: number, id: number) => {
    const ids = byDevice.get(device);
    if (ids) ids.push(id);
    else byDevice.set(device, [id]);
  };
  return {
    note(listing) {
      const folder = listing.error ? null : findFolder(db, listing.path);
      if (folder && folder.device !== listing.device) put(listing.device, folder.id);
    },
    save(first, dark) {
      const former = findFolder(db, first.path)?.device;
      for (const { id, pathRaw } of dark.flatMap((path) => foldersUnder(db, path))) {
        if (former != null && findFolder(db, pathRaw)?.device === former) put(first.device, id);
      }
      const update = db.query("update folders set device = ? where id in (select value from json_each(?))");
      db.transaction(() => {
        for (const [device, ids] of byDevice) update.run(device, JSON.stringify(ids));
      })();
    },
  };
}
