import type { FileMatch, Fingerprint, Identified } from "../contract/fingerprint.ts";
import type { FingerprintEngine } from "../contract/sidecar.ts";
import type { Db } from "./open.ts";

/** What an engine stored of a file; times in ms UTC. */
export interface FingerprintRow extends Fingerprint {
  fileId: number;
  storedAt: number;
}

const columns = `file_id as fileId, engine, outcome, hashes, duration_sec as durationSec, is_set as isSet, parameters,
  stored_at as storedAt`;

type Raw = Omit<FingerprintRow, "set"> & { isSet: number };
const toRow = ({ isSet, ...row }: Raw): FingerprintRow => ({ ...row, set: isSet === 1 });

export function saveFingerprint(db: Db, fileId: number, result: Fingerprint, now: number): undefined {
  db.query(
    `insert into fingerprint_results values ($file, $engine, $outcome, $hashes, $duration, $set, $parameters, $now)
     on conflict do update set outcome = excluded.outcome, hashes = excluded.hashes, duration_sec = excluded.duration_sec,
       is_set = excluded.is_set, parameters = excluded.parameters, stored_at = excluded.stored_at`,
  ).run({
    $file: fileId,
    $engine: result.engine,
    $outcome: result.outcome,
    $hashes: result.hashes,
    $duration: result.durationSec,
    $set: result.set ? 1 : 0,
    $parameters: result.parameters,
    $now: now,
  });
}

export function fingerprintsOf(db: Db, fileId: number): FingerprintRow[] {
  const rows = db.query(`select ${columns} from fingerprint_results where file_id = ? order by engine`).all(fileId);
  return (rows as Raw[]).map(toRow);
}

/** All that an engine stored, as far as is known here. */
export function fingerprintsBy(db: Db, engine: FingerprintEngine): FingerprintRow[] {
  const rows = db.query(`select ${columns} from fingerprint_results where engine = ? order by file_id`).all(engine);
  return (rows as Raw[]).map(toRow);
}

export function getFingerprint(db: Db, fileId: number, engine: FingerprintEngine): FingerprintRow | null {
  const row = db
    .query(`select ${columns} from fingerprint_results where file_id = ? and engine = ?`)
    .get(fileId, engine) as Raw | null;
  return row && toRow(row);
}

/** Stores what a file was recognised in, in place of what was found before. Files that are gone or changed are left out. */
export function saveMatches(db: Db, fileId: number, found: Identified, now: number): undefined {
  db.query("delete from fingerprint_matches where file_id = ?").run(fileId);
  const insert = db.query(
    `insert into fingerprint_matches (file_id, other_id, probability, engines, query_start_sec, query_end_sec,
       ref_start_sec, ref_end_sec, tempo_ratio, pitch_ratio, score, reasons, found_at)
     select $file, $other, $probability, $engines, $queryStart, $queryEnd, $refStart, $refEnd, $tempo, $pitch, $score,
       $reasons, $now
     where exists (select 1 from fingerprint_results where file_id = $other and outcome = 'stored')`,
  );
  for (const match of found.matches)
    insert.run({
      $file: fileId,
      $other: match.otherId,
      $probability: match.probability,
      $engines: JSON.stringify(match.engines),
      $queryStart: match.queryStartSec,
      $queryEnd: match.queryEndSec,
      $refStart: match.refStartSec,
      $refEnd: match.refEndSec,
      $tempo: match.tempoRatio,
      $pitch: match.pitchRatio,
      $score: match.score,
      $reasons: JSON.stringify(match.reasons),
      $now: now,
    });
}

/** A match with both its files; the query is `fileId`. */
export interface MatchRow extends FileMatch {
  id: number;
  fileId: number;
  /** Path of the file that is not the one asked for. */
  path: string;
  missing: boolean;
  foundAt: number;
}

/** All matches of a file, as the query and as the reference. */
export function matchesOfFile(db: Db, fileId: number): MatchRow[] {
  const select = (other: string, own: string) =>
    `select m.id, m.file_id as fileId, m.other_id as otherId, m.probability, m.engines, m.score,
       m.query_start_sec as queryStartSec, m.query_end_sec as queryEndSec, m.ref_start_sec as refStartSec,
       m.ref_end_sec as refEndSec, m.tempo_ratio as tempoRatio, m.pitch_ratio as pitchRatio, m.reasons,
       m.found_at as foundAt, f.path, f.missing_since is not null as missing
     from fingerprint_matches m join files f on f.id = m.${other} where m.${own} = $id`;
  const rows = db
    .query(`${select("other_id", "file_id")} union all ${select("file_id", "other_id")}`)
    .all({ $id: fileId }) as (Omit<MatchRow, "engines" | "reasons" | "missing"> & {
    engines: string;
    reasons: string;
    missing: number;
  })[];
  return rows.map((row) => ({
    ...row,
    engines: JSON.parse(row.engines),
    reasons: JSON.parse(row.reasons),
    missing: row.missing === 1,
  }));
}

export function countMatches(db: Db): number {
  return (db.query("select count(*) as n from fingerprint_matches").get() as { n: number }).n;
}

/**
 * Forgets what was stored and found: the file has another content now. The next results count as new even when they are
 * the same (only tags changed, say), so that it is looked for again.
 */
export function forgetFingerprints(db: Db, fileId: number): void {
  db.query("update runs set output_digest = null where file_id = ? and stage glob 'fingerprint-*'").run(fileId);
  db.query("delete from fingerprint_results where file_id = ?").run(fileId);
  db.query("delete from fingerprint_matches where file_id = $id or other_id = $id").run({ $id: fileId });
}

/**
 * Has an engine store files anew: their ended runs go back to the queue, and their results count as changed, so that
 * what builds on them follows. Returns how many.
 */
export function fingerprintAgain(db: Db, stage: string, version: number, fileIds: readonly number[]): number {
  return db
    .query(
      `update runs set status = 'pending', stage_version = $version, attempts = 0, due_at = 0, error = null, output_digest = null
       where stage = $stage and status in ('done', 'failed', 'skipped') and file_id in (select value from json_each($ids))`,
    )
    .run({ $stage: stage, $version: version, $ids: JSON.stringify(fileIds) }).changes;
}

/** Why a file's fingerprint is, or is not, in an engine's store. */
export type Ownership = "owned" | "coming" | "stale" | "gone";

/**
 * What the database says of a recording in an engine's store. "owned": it is this file's, also while the file is
 * missing. "coming": the file is in work. "stale": of a former content. "gone": the file's row is gone.
 */
export function ownershipOf(db: Db, fileId: number, engine: FingerprintEngine, stage: string): Ownership {
  const row = db
    .query(
      `select x.outcome, r.status from files f
       left join fingerprint_results x on x.file_id = f.id and x.engine = $engine
       left join runs r on r.file_id = f.id and r.stage = $stage where f.id = $id`,
    )
    .get({ $id: fileId, $engine: engine, $stage: stage }) as { outcome: string | null; status: string | null } | null;
  if (!row) return "gone";
  if (row.outcome === "stored") return "owned";
  return row.status === "failed" || row.status === "skipped" || row.outcome === "silent" ? "stale" : "coming";
}

/** Paths of files, by id; those without a row are left out. */
export function pathsOf(db: Db, ids: readonly number[]): Map<number, string> {
  const rows = db
    .query("select id, path from files where id in (select value from json_each(?))")
    .all(JSON.stringify(ids)) as { id: number; path: string }[];
  return new Map(rows.map(({ id, path }) => [id, path]));
}

/** Media files longer than `leastSec`, as their sound, or else their tags, say. */
export function filesLongerThan(db: Db, leastSec: number): number[] {
  const rows = db
    .query(
      `select f.id from files f left join analysis a on a.file_id = f.id left join metadata m on m.file_id = f.id
       where f.kind <> 'companion' and coalesce(a.duration_sec,
         (select max(x.duration_sec) from fingerprint_results x where x.file_id = f.id), m.duration_sec) > ?`,
    )
    .all(leastSec) as { id: number }[];
  return rows.map(({ id }) => id);
}
