import { lstatSync } from "node:fs";
import { type RawPath, splitRaw, toBytes } from "../contract/raw-path.ts";
import type { Db } from "../db/open.ts";
import { type BatchFolder, foldersOf, noteFolder, noteLeftTime } from "../db/operations.ts";
import { isTaken, makeFolders, removeEmptyFolder } from "./disk.ts";
import type { Libc } from "./libc.ts";

/** A folder's modification time in ns as text; null when it is not there. */
export function folderTime(path: RawPath): string | null {
  const stat = lstatSync(path as string, { bigint: true, throwIfNoEntry: false });
  return stat?.isDirectory() ? `${stat.mtimeNs}` : null;
}

/** Makes the folder of a destination, having written down first which ones are made. */
export async function prepareFolder(db: Db, batchId: number, path: RawPath): Promise<void> {
  for (let here = path; !isTaken(here); here = splitRaw(here).folder)
    noteFolder(db, batchId, { pathRaw: here, created: true, mtimeNs: null });
  await makeFolders(path);
}

/** Writes down a folder's time before a file is taken out of it or put into it. */
export function noteTime(db: Db, batchId: number, path: RawPath): void {
  noteFolder(db, batchId, { pathRaw: path, created: false, mtimeNs: folderTime(path) });
}

/** Writes down how a finished batch left the folders whose times it changed. */
export function noteLeftTimes(db: Db, batchId: number): void {
  for (const folder of foldersOf(db, batchId)) {
    const left = folder.created ? null : folderTime(folder.pathRaw);
    if (left !== null) noteLeftTime(db, batchId, folder.pathRaw, left);
  }
}

/** Removes the folders a batch made, as far as they are empty, the innermost first. */
export async function removeMadeFolders(db: Db, batchId: number): Promise<void> {
  const made = foldersOf(db, batchId).filter((folder) => folder.created);
  const deepestFirst = made.sort((a, b) => toBytes(b.pathRaw).length - toBytes(a.pathRaw).length);
  for (const { pathRaw } of deepestFirst) await removeEmptyFolder(pathRaw);
}

/** Folders of a batch that nothing has changed since it ended: their former times may be set again after an undo. */
export function untouchedFolders(db: Db, batchId: number): BatchFolder[] {
  return foldersOf(db, batchId).filter(
    (folder) =>
      !folder.created &&
      folder.mtimeNs !== null &&
      folder.leftMtimeNs !== null &&
      folderTime(folder.pathRaw) === folder.leftMtimeNs,
  );
}

export function restoreTimes(folders: readonly BatchFolder[], libc: Libc): void {
  for (const { pathRaw, mtimeNs } of folders) {
    const stat = lstatSync(pathRaw as string, { bigint: true, throwIfNoEntry: false });
    if (stat?.isDirectory() && mtimeNs !== null) libc.setTimes(pathRaw, stat.atimeNs, BigInt(mtimeNs));
  }
}
