import type { Metadata } from "../contract/metadata.ts";
import { reindexFile } from "./files.ts";
import type { Db } from "./open.ts";

export function saveMetadata(db: Db, fileId: number, value: Metadata): undefined {
  db.query("delete from metadata where file_id = ?").run(fileId);
  db.query(
    `insert into metadata (file_id, artist, title, album, album_artist, year, track_number, disc_number, genre, duration_sec, bitrate_kbps,
       codec, has_cover, value) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    fileId,
    value.artist,
    value.title,
    value.album,
    value.albumArtist,
    value.year,
    value.trackNumber,
    value.discNumber,
    value.genre,
    value.durationSec,
    value.bitrateKbps,
    value.codec,
    value.cover ? 1 : 0,
    JSON.stringify(value),
  );
  reindexFile(db, fileId);
}

export function getMetadata(db: Db, fileId: number): Metadata | null {
  const row = db.query("select value from metadata where file_id = ?").get(fileId) as { value: string } | null;
  return row && JSON.parse(row.value);
}
