import { inflateRawSync } from "node:zlib";
import type { KeyResult, RhythmResult } from "../contract/analysis.ts";
import type { Metadata } from "../contract/metadata.ts";
import type { NamingInput } from "../contract/naming.ts";
import type { Db } from "./open.ts";

/** Shorter recordings are not asked whether they are mixes. */
const mixMinSec = 900;
/** Of a mix: windows with a tempo, windows within this of the middle one (as a share of it), and different keys. */
const steadyShare = 0.8;
const tempoSpread = 0.08;
const mixKeys = 4;
/** A copy is the same recording over this share of both files. */
const copyShare = 0.9;
const mostCopies = 3;

/** Whether windows of a tempo and of keys are those of tracks mixed into one another; null: too short to tell. */
export function soundsMixed(rhythm: RhythmResult, key: KeyResult | null): boolean | null {
  if (rhythm.decoded.durationSec < mixMinSec || !key) return null;
  const tempos = rhythm.curve.filter((bpm) => bpm !== null).sort((a, b) => a - b);
  const middle = tempos[Math.floor(tempos.length / 2)];
  if (middle === undefined || tempos.length < rhythm.curve.length * steadyShare) return false;
  const near = tempos.filter((bpm) => Math.abs(bpm - middle) <= middle * tempoSpread).length;
  const keys = new Set(key.curve.flatMap((window) => (window.key === null ? [] : [`${window.key} ${window.scale}`])));
  return near >= rhythm.curve.length * steadyShare && keys.size >= mixKeys;
}

function resultOf<T>(db: Db, fileId: number, stage: string): T | null {
  const row = db.query("select result from analysis_results where file_id = ? and stage = ?").get(fileId, stage) as {
    result: Uint8Array;
  } | null;
  return row && JSON.parse(inflateRawSync(row.result).toString());
}

/** What listening found that helps to name a file; undefined when nobody has listened yet. */
export function soundOf(db: Db, fileId: number): NamingInput["sound"] {
  const row = db
    .query("select duration_sec as durationSec, bpm, bpm_confidence as sure from analysis where file_id = ?")
    .get(fileId) as { durationSec: number | null; bpm: number | null; sure: number | null } | null;
  if (!row) return undefined;
  const isLong = (row.durationSec ?? 0) >= mixMinSec;
  const rhythm = isLong ? resultOf<RhythmResult>(db, fileId, "rhythm") : null;
  return {
    bpm: (row.sure ?? 0) >= 0.4 ? row.bpm : null,
    durationSec: row.durationSec,
    isMix: rhythm && soundsMixed(rhythm, resultOf<KeyResult>(db, fileId, "key")),
  };
}

interface CopyRow {
  path: string;
  value: string | null;
  probability: number;
}

/** Files with the same recording from end to end: the same content, or by their fingerprints. The surest first. */
export function copiesOf(db: Db, fileId: number, texts: (metadata: Metadata | null) => Record<string, string>) {
  const same = db
    .query(
      `select o.path, m.value, 1.0 as probability from files f join files o on o.sha256 = f.sha256 and o.id <> f.id
       left join metadata m on m.file_id = o.id where f.id = $id and o.missing_since is null limit ${mostCopies}`,
    )
    .all({ $id: fileId }) as CopyRow[];
  const matched = (own: string, other: string) =>
    db
      .query(
        `select o.path, m.value, x.probability from fingerprint_matches x
         join files o on o.id = x.${other} left join metadata m on m.file_id = o.id
         left join analysis a on a.file_id = x.file_id left join analysis b on b.file_id = x.other_id
         where x.${own} = $id and o.missing_since is null
           and x.query_end_sec - x.query_start_sec >= ${copyShare} * a.duration_sec
           and x.ref_end_sec - x.ref_start_sec >= ${copyShare} * b.duration_sec
           and abs(x.tempo_ratio - 1) < 0.01 and abs(x.pitch_ratio - 1) < 0.01
         order by x.probability desc limit ${mostCopies}`,
      )
      .all({ $id: fileId }) as CopyRow[];
  const byPath = new Map(
    [...same, ...matched("file_id", "other_id"), ...matched("other_id", "file_id")].map((row) => [row.path, row]),
  );
  return [...byPath.values()]
    .sort((a, b) => b.probability - a.probability)
    .slice(0, mostCopies)
    .map(({ path, value, probability }) => ({
      path,
      tags: texts(value === null ? null : JSON.parse(value)),
      probability,
    }));
}

interface NeighbourRow {
  name: string;
  artist: string | null;
  album: string | null;
  albumArtist: string | null;
  year: number | null;
  trackNumber: number | null;
  discNumber: number | null;
}

/** Files before and after one in its folder, `each` on either side at most, with the tags that an album has in common. */
export function neighboursOf(db: Db, file: { folderId: number; nameRaw: unknown }, each: number) {
  const near = (compare: "<" | ">", order: "asc" | "desc") =>
    db
      .query(
        `select f.name, m.artist, m.album, m.album_artist as albumArtist, m.year, m.track_number as trackNumber,
           m.disc_number as discNumber
         from files f left join metadata m on m.file_id = f.id
         where f.folder_id = ? and f.name_raw ${compare} ? and f.kind <> 'companion' and f.missing_since is null
         order by f.name_raw ${order} limit ${each}`,
      )
      .all(file.folderId, file.nameRaw as string) as NeighbourRow[];
  const rows = [...near("<", "desc").reverse(), ...near(">", "asc")];
  return rows.map(({ name, ...tags }) => ({
    name,
    tags: Object.fromEntries(
      Object.entries(tags).flatMap(([key, value]) => (value === null ? [] : [[key, `${value}`.slice(0, 300)]])),
    ),
  }));
}
