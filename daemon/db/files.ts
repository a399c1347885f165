import type { FileKind } from "../contract/kinds.ts";
import { displayPath, extensionOf, joinRaw, type RawPath, toBytes } from "../contract/raw-path.ts";
import type { Db } from "./open.ts";

export interface Folder {
  id: number;
  pathRaw: RawPath;
  path: string;
  device: number | null;
}

/** A file as the database knows it. Sizes in bytes; `mtimeMs` as `stat` gives it, with its fraction. */
export interface FileRow {
  id: number;
  folderId: number;
  folderRaw: RawPath;
  nameRaw: RawPath;
  name: string;
  path: string;
  kind: FileKind;
  extension: string;
  sizeBytes: number;
  mtimeMs: number;
  inode: number;
  device: number;
  sha256: string | null;
  firstSeenAt: number;
  changedAt: number;
  missingSince: number | null;
}

const columns = `f.id, f.folder_id as folderId, d.path_raw as folderRaw, f.name_raw as nameRaw, f.name, f.path, f.kind, f.extension,
  f.size_bytes as sizeBytes, f.mtime_ms as mtimeMs, f.inode, f.device, f.sha256, f.first_seen_at as firstSeenAt,
  f.changed_at as changedAt, f.missing_since as missingSince`;
const from = "from files f join folders d on d.id = f.folder_id";

/** The path to open the file by. */
export const rawPathOf = (file: Pick<FileRow, "folderRaw" | "nameRaw">): RawPath =>
  joinRaw(file.folderRaw, file.nameRaw);

export function getFile(db: Db, id: number): FileRow | null {
  return db.query(`select ${columns} ${from} where f.id = ?`).get(id) as FileRow | null;
}

/** The folder's row, made when it is new. */
export function ensureFolder(db: Db, pathRaw: RawPath, device: number | null): Folder {
  const found = db
    .query("select id, path_raw as pathRaw, path, device from folders where path_raw = ?")
    .get(pathRaw) as Folder | null;
  if (found) {
    if (device !== null && found.device !== device)
      db.query("update folders set device = ? where id = ?").run(device, found.id);
    return found;
  }
  const path = displayPath(pathRaw);
  const { lastInsertRowid } = db
    .query("insert into folders (path_raw, path, device) values (?, ?, ?)")
    .run(pathRaw, path, device);
  return { id: Number(lastInsertRowid), pathRaw, path, device };
}

export function findFolder(db: Db, pathRaw: RawPath): Folder | null {
  return db
    .query("select id, path_raw as pathRaw, path, device from folders where path_raw = ?")
    .get(pathRaw) as Folder | null;
}

const slash = (path: RawPath) =>
  typeof path === "string" ? (path === "/" ? "/" : `${path}/`) : Buffer.concat([path, Buffer.from("/")]);
const pastSlash = (path: RawPath) =>
  typeof path === "string" ? (path === "/" ? "0" : `${path}0`) : Buffer.concat([path, Buffer.from("0")]);

/** The folder `root` and all below it that are known. Byte paths below a text path sort apart and are asked for too. */
export function foldersUnder(db: Db, root: RawPath): { id: number; pathRaw: RawPath }[] {
  const bytes = Buffer.from(toBytes(root));
  return db
    .query(
      `select id, path_raw as pathRaw from folders where path_raw = $root or (path_raw >= $from and path_raw < $to)
       or (path_raw >= $fromBytes and path_raw < $toBytes)`,
    )
    .all({
      $root: root,
      $from: slash(root),
      $to: pastSlash(root),
      $fromBytes: slash(bytes),
      $toBytes: pastSlash(bytes),
    }) as {
    id: number;
    pathRaw: RawPath;
  }[];
}

/** Files under `root` that are there, as far as is known. */
export function countPresentUnder(db: Db, root: RawPath): number {
  const ids = JSON.stringify(foldersUnder(db, root).map((folder) => folder.id));
  const row = db
    .query(
      "select count(*) as n from files where missing_since is null and folder_id in (select value from json_each(?))",
    )
    .get(ids);
  return (row as { n: number }).n;
}

/** Marks all files of these folders as missing; returns how many were there. */
export function markFoldersMissing(db: Db, folderIds: readonly number[], now: number): number {
  return db
    .query(
      "update files set missing_since = ? where missing_since is null and folder_id in (select value from json_each(?))",
    )
    .run(now, JSON.stringify(folderIds)).changes;
}

/** What a scan needs to know of each file of a folder. */
export interface KnownFile {
  id: number;
  nameRaw: RawPath;
  sizeBytes: number;
  mtimeMs: number;
  inode: number;
  device: number;
  missing: number;
}

export function knownFiles(db: Db, folderId: number): KnownFile[] {
  return db
    .query(
      `select id, name_raw as nameRaw, size_bytes as sizeBytes, mtime_ms as mtimeMs, inode, device, missing_since is not null as missing
       from files where folder_id = ?`,
    )
    .all(folderId) as KnownFile[];
}

export interface NewFile {
  folder: Folder;
  nameRaw: RawPath;
  kind: FileKind;
  sizeBytes: number;
  mtimeMs: number;
  inode: number;
  device: number;
}

/** Words of a path that a search finds: its last folders and its name. */
const searchWords = (path: string, more: readonly (string | null)[] = []) =>
  [...path.split("/").slice(-4), ...more.filter((text) => text)].join(" ");

export function insertFile(db: Db, file: NewFile, now: number): number {
  const name = displayPath(file.nameRaw);
  const path = `${file.folder.path === "/" ? "" : file.folder.path}/${name}`;
  const { lastInsertRowid } = db
    .query(
      `insert into files (folder_id, name_raw, name, path, kind, extension, size_bytes, mtime_ms, inode, device, first_seen_at, changed_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      file.folder.id,
      file.nameRaw,
      name,
      path,
      file.kind,
      extensionOf(name),
      file.sizeBytes,
      file.mtimeMs,
      file.inode,
      file.device,
      now,
      now,
    );
  return Number(lastInsertRowid);
}

/**
 * Makes new media files findable. To be called once for all files of a transaction, after its other writes: each change
 * of another table makes the search index write out what it has gathered, which costs more than everything else.
 */
export function indexNewFiles(db: Db, ids: readonly number[]): void {
  const path = db.query("select path from files where id = ? and kind <> 'companion'");
  const insert = db.query("insert into files_fts (rowid, words) values (?, ?)");
  for (const id of ids) {
    const row = path.get(id) as { path: string } | null;
    if (row) insert.run(id, searchWords(row.path));
  }
}

/** Records new size and times of a file whose content may have changed; the old hash stays until the new one is known. */
export function touchFile(
  db: Db,
  id: number,
  stat: Pick<NewFile, "sizeBytes" | "mtimeMs" | "inode" | "device">,
  now: number,
): void {
  db.query(
    "update files set size_bytes = ?, mtime_ms = ?, inode = ?, device = ?, changed_at = ?, missing_since = null where id = ?",
  ).run(stat.sizeBytes, stat.mtimeMs, stat.inode, stat.device, now, id);
}

/** Gives a file another place; its history stays with it. */
export function moveFile(db: Db, id: number, folder: Folder, nameRaw: RawPath): void {
  const name = displayPath(nameRaw);
  const path = `${folder.path === "/" ? "" : folder.path}/${name}`;
  db.query(
    "update files set folder_id = ?, name_raw = ?, name = ?, path = ?, extension = ?, missing_since = null where id = ?",
  ).run(folder.id, nameRaw, name, path, extensionOf(name), id);
  reindexFile(db, id);
}

/** Renews what a search finds of a media file: path, artist, title, album. */
export function reindexFile(db: Db, id: number): void {
  const row = db
    .query(
      "select f.path, f.kind, m.artist, m.title, m.album from files f left join metadata m on m.file_id = f.id where f.id = ?",
    )
    .get(id) as {
    path: string;
    kind: FileKind;
    artist: string | null;
    title: string | null;
    album: string | null;
  } | null;
  if (!row || row.kind === "companion") return;
  db.query("delete from files_fts where rowid = ?").run(id);
  db.query("insert into files_fts (rowid, words) values (?, ?)").run(
    id,
    searchWords(row.path, [row.artist, row.title, row.album]),
  );
}

/** Files that could be this one under its former name: same inode, size and time. */
export function findByInode(
  db: Db,
  stat: Pick<NewFile, "inode" | "device" | "sizeBytes" | "mtimeMs" | "kind">,
): FileRow[] {
  // Asked for every new file, and nearly always in vain: a short question first.
  const ids = db.query("select id from files where inode = ? and size_bytes = ?").all(stat.inode, stat.sizeBytes) as {
    id: number;
  }[];
  return ids
    .map((row) => getFile(db, row.id))
    .filter(
      (file): file is FileRow =>
        file?.device === stat.device && file.mtimeMs === stat.mtimeMs && file.kind === stat.kind,
    );
}

export function markMissing(db: Db, ids: readonly number[], now: number): void {
  db.query(
    "update files set missing_since = ? where missing_since is null and id in (select value from json_each(?))",
  ).run(now, JSON.stringify(ids));
}

export function markPresent(db: Db, id: number): void {
  db.query("update files set missing_since = null where id = ?").run(id);
}

/**
 * Stores a file's hash. When it is the first one of this row, and a file that vanished had the same content, this one is
 * that file in a new place: the older row takes over the place, so that its history stays. Returns that row's id.
 */
export function saveHash(db: Db, id: number, sha256: string): { mergedInto: number } | undefined {
  const file = getFile(db, id);
  if (!file) return undefined;
  // The `+` keeps the planner on the index of hashes: many files may be missing at once.
  const lost = db
    .query(
      "select id from files where sha256 = ? and size_bytes = ? and kind = ? and +missing_since is not null and id <> ? order by id limit 1",
    )
    .get(sha256, file.sizeBytes, file.kind, id) as { id: number } | null;
  if (!lost || file.sha256 !== null) {
    db.query("update files set sha256 = ? where id = ?").run(sha256, id);
    return undefined;
  }
  db.query("delete from files where id = ?").run(id);
  const folder = { id: file.folderId, pathRaw: file.folderRaw, path: displayPath(file.folderRaw), device: file.device };
  moveFile(db, lost.id, folder, file.nameRaw);
  touchFile(db, lost.id, file, file.changedAt);
  return { mergedInto: lost.id };
}

/** A copy did not have the hash that is recorded: the file is hashed again, and what was decided on it falls then. */
export function distrustHash(db: Db, id: number): void {
  db.query("update runs set status = 'pending', attempts = 0, due_at = 0 where file_id = ? and stage = 'hash'").run(id);
}
