import { type RawPath, stemOf } from "../contract/raw-path.ts";
import type { Db } from "./open.ts";

export type LinkBasis = "stem" | "folder";

interface Link {
  companionId: number;
  fileId: number;
  basis: LinkBasis;
}

/** A folder with more media than this is a heap, not an album: a companion without a stem in it belongs to none. */
const largestAlbum = 200;

interface Member {
  id: number;
  name: string;
  kind: string;
}

const fold = (text: string) => text.normalize("NFC").toLowerCase();

/**
 * Which companions go with which media files of one folder: by stem (`set.cue`, `set.mp3.txt` with `set.mp3`), else
 * with all media of the folder.
 */
export function linkCompanions(members: readonly Member[]): Link[] {
  const media = members.filter((member) => member.kind !== "companion");
  const byStem = new Map<string, number[]>();
  const note = (key: string, id: number) => byStem.set(key, [...(byStem.get(key) ?? []), id]);
  for (const { id, name } of media) {
    note(fold(stemOf(name)), id);
    note(fold(name), id);
  }
  return members
    .filter((member) => member.kind === "companion")
    .flatMap((companion): Link[] => {
      const own = byStem.get(fold(stemOf(companion.name)));
      if (own) return own.map((fileId) => ({ companionId: companion.id, fileId, basis: "stem" }));
      if (media.length > largestAlbum) return [];
      return media.map(({ id }) => ({ companionId: companion.id, fileId: id, basis: "folder" }));
    });
}

/** Links the companions of a folder anew. Returns the media files whose companions are others than before. */
export function relinkFolder(db: Db, folderId: number): number[] {
  const members = db
    .query("select id, name, kind from files where folder_id = ? and missing_since is null")
    .all(folderId) as Member[];
  if (!members.some((member) => member.kind === "companion")) {
    const gone = db
      .query(
        "delete from file_companions where companion_id in (select id from files where folder_id = ?) returning file_id as id",
      )
      .all(folderId) as { id: number }[];
    return gone.map((row) => row.id);
  }
  const before = db
    .query(
      "select companion_id as companionId, file_id as fileId, basis from file_companions where companion_id in (select id from files where folder_id = ?)",
    )
    .all(folderId) as Link[];
  const key = (link: Link) => `${link.companionId} ${link.fileId} ${link.basis}`;
  const old = new Map(before.map((link) => [key(link), link]));
  const links = linkCompanions(members);
  const wanted = new Map(links.map((link) => [key(link), link]));
  const added = links.filter((link) => !old.has(key(link)));
  const removed = before.filter((link) => !wanted.has(key(link)));
  for (const link of removed)
    db.query("delete from file_companions where companion_id = ? and file_id = ?").run(link.companionId, link.fileId);
  for (const link of added) {
    db.query("insert into file_companions values (?, ?, ?) on conflict do update set basis = excluded.basis").run(
      link.companionId,
      link.fileId,
      link.basis,
    );
  }
  return [...new Set([...added, ...removed].map((link) => link.fileId))];
}

/** A companion of a media file. `shared` counts the media files it is linked to. */
export interface Companion {
  id: number;
  folderRaw: RawPath;
  nameRaw: RawPath;
  name: string;
  extension: string;
  sizeBytes: number;
  basis: LinkBasis;
  shared: number;
}

export function companionsOf(db: Db, fileId: number): Companion[] {
  return db
    .query(
      `select f.id, d.path_raw as folderRaw, f.name_raw as nameRaw, f.name, f.extension, f.size_bytes as sizeBytes, c.basis,
         (select count(*) from file_companions o where o.companion_id = f.id) as shared
       from file_companions c join files f on f.id = c.companion_id join folders d on d.id = f.folder_id
       where c.file_id = ? and f.missing_since is null order by c.basis desc, f.name, f.id`,
    )
    .all(fileId) as Companion[];
}
