import type { RunStatus } from "../contract/states.ts";
import type { Db } from "./open.ts";

/** One stage of one file. */
export interface Run {
  fileId: number;
  stage: string;
  status: RunStatus;
  stageVersion: number;
  attempts: number;
  dueAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  durationMs: number | null;
  outputDigest: string | null;
  error: string | null;
}

const columns = `file_id as fileId, stage, status, stage_version as stageVersion, attempts, due_at as dueAt,
  started_at as startedAt, finished_at as finishedAt, duration_ms as durationMs, output_digest as outputDigest, error`;

export function runsOfFile(db: Db, fileId: number): Run[] {
  return db.query(`select ${columns} from runs where file_id = ? order by stage`).all(fileId) as Run[];
}

export function getRun(db: Db, fileId: number, stage: string): Run | null {
  return db.query(`select ${columns} from runs where file_id = ? and stage = ?`).get(fileId, stage) as Run | null;
}

/** Puts a stage of a file into the queue, again if it was there before. */
export function enqueue(db: Db, fileId: number, stage: string, version: number): void {
  db.query(
    `insert into runs (file_id, stage, status, stage_version) values ($fileId, $stage, 'pending', $version)
     on conflict do update set status = 'pending', stage_version = $version, attempts = 0,
       due_at = 0, lease_until = null, error = null`,
  ).run({ $fileId: fileId, $stage: stage, $version: version });
}

export function folderOf(db: Db, fileId: number): number | null {
  return (db.query("select folder_id as id from files where id = ?").get(fileId) as { id: number } | null)?.id ?? null;
}

/** Ids of the media files of a folder that are there, the oldest first, `limit` at most. */
export function folderMedia(db: Db, folderId: number, limit: number): number[] {
  const rows = db
    .query(
      "select id from files where folder_id = ? and kind <> 'companion' and missing_since is null order by id limit ?",
    )
    .all(folderId, limit) as { id: number }[];
  return rows.map(({ id }) => id);
}

/** Whether a media file of the folder may still come to the end of `stage`: it has not ended, nor has what it needs failed. */
export function isFolderUnderWay(db: Db, folderId: number, stage: string, needs: readonly string[]): boolean {
  const row = db
    .query(
      `select 1 from files f where f.folder_id = $folder and f.kind <> 'companion' and f.missing_since is null
       and not exists (select 1 from runs r where r.file_id = f.id and r.stage = $stage and r.status in ('done', 'failed', 'skipped'))
       and not exists (select 1 from runs r where r.file_id = f.id and r.status in ('failed', 'skipped')
         and r.stage in (select value from json_each($needs))) limit 1`,
    )
    .get({ $folder: folderId, $stage: stage, $needs: JSON.stringify(needs) });
  return row !== null;
}

/** Folders in which a file has come to the end of `stage` and not to a run of `next`. */
export function foldersWaiting(db: Db, stage: string, next: string): number[] {
  const rows = db
    .query(
      `select distinct f.folder_id as id from files f join runs r on r.file_id = f.id and r.stage = $stage
       where r.status in ('done', 'failed', 'skipped') and f.missing_since is null
       and not exists (select 1 from runs n where n.file_id = f.id and n.stage = $next)`,
    )
    .all({ $stage: stage, $next: next }) as { id: number }[];
  return rows.map(({ id }) => id);
}

/** Has a stage of a file run again, if it has run or is under way: what is under way counts for nothing then. */
export function runAgain(db: Db, fileId: number, stage: string): void {
  const run = getRun(db, fileId, stage);
  if (run) enqueue(db, fileId, stage, run.stageVersion);
}

export interface Claim {
  fileId: number;
  stage: string;
  attempts: number;
}

/**
 * Takes up to `limit` waiting runs of a stage, the newest file first. One statement, so
 * no run is taken twice. A due time beyond `horizonMs` comes from a clock that jumped and counts as due.
 */
export function claimRuns(
  db: Db,
  stage: string,
  limit: number,
  now: number,
  leaseMs: number,
  horizonMs: number,
): Claim[] {
  readyRetries(db, stage, limit, now, now + horizonMs);
  return db
    .query(
      `update runs set status = 'running', attempts = attempts + 1, started_at = $now, lease_until = $lease, error = null
       where stage = $stage and file_id in (
         select file_id from runs indexed by runs_ready where stage = $stage and status = 'pending' and held = 0 and due_at = 0
         order by file_id desc limit $limit)
       returning file_id as fileId, stage, attempts`,
    )
    .all({ $stage: stage, $limit: limit, $now: now, $lease: now + leaseMs }) as Claim[];
}

/** Takes the run of one stage of a file when it waits and its time has come. */
export function claimRun(db: Db, fileId: number, stage: string, now: number, leaseMs: number): Claim | null {
  return db
    .query(
      `update runs set status = 'running', attempts = attempts + 1, started_at = $now, lease_until = $lease, error = null
       where file_id = $fileId and stage = $stage and status = 'pending' and held = 0 and due_at <= $now
       returning file_id as fileId, stage, attempts`,
    )
    .get({ $fileId: fileId, $stage: stage, $now: now, $lease: now + leaseMs }) as Claim | null;
}

/** Lines up retries whose time has come, the longest due first, so that the queue has one order and one index. */
function readyRetries(db: Db, stage: string, limit: number, now: number, horizon: number): void {
  const retries =
    "select file_id from runs indexed by runs_retry where stage = $stage and status = 'pending' and held = 0";
  const ids = db
    .query(
      `select * from (${retries} and due_at <> 0 and due_at <= $now order by due_at limit $limit)
       union all select * from (${retries} and due_at <> 0 and due_at > $horizon limit $limit)`,
    )
    .values({ $stage: stage, $limit: limit, $now: now, $horizon: horizon });
  const ready = db.query("update runs set due_at = 0 where file_id = ? and stage = ? and status = 'pending'");
  for (const [id] of ids as [number][]) ready.run(id, stage);
}

/** Says that a run is still alive. */
export function extendLease(db: Db, fileId: number, stage: string, now: number, leaseMs: number): void {
  db.query("update runs set lease_until = ? where file_id = ? and stage = ? and status = 'running'").run(
    now + leaseMs,
    fileId,
    stage,
  );
}

/** Gives back runs for which nobody has said so for the length of a lease. */
export function giveBackExpired(db: Db, now: number): number {
  return db
    .query(
      "update runs set status = 'pending', due_at = 0, lease_until = null where status = 'running' and lease_until < ?",
    )
    .run(now).changes;
}

/** Gives back what a process that is gone was working on. Only for the holder of the database's lock. */
export function giveBackRunning(db: Db): number {
  return db.query("update runs set status = 'pending', due_at = 0, lease_until = null where status = 'running'").run()
    .changes;
}

export interface Finish {
  fileId: number;
  stage: string;
  status: Exclude<RunStatus, "running">;
  now: number;
  outputDigest?: string | null;
  error?: string | null;
  dueAt?: number;
}

/** Records how a run ended; "pending" with a due time is a retry. */
export function finishRun(db: Db, end: Finish): void {
  db.query(
    `update runs set status = $status, finished_at = $now, duration_ms = max(0, $now - coalesce(started_at, $now)), lease_until = null,
       output_digest = coalesce($digest, output_digest), error = $error, due_at = $dueAt
     where file_id = $fileId and stage = $stage`,
  ).run({
    $fileId: end.fileId,
    $stage: end.stage,
    $status: end.status,
    $now: end.now,
    $digest: end.outputDigest ?? null,
    $error: end.error ?? null,
    $dueAt: end.dueAt ?? 0,
  });
}

/**
 * Puts ended runs of a stage back into the queue; with `onlyFailed`, just those that failed or were skipped; with `asNew`,
 * what comes of them counts as changed in any case.
 */
export function requeueStage(
  db: Db,
  stage: string,
  version: number,
  options: { onlyFailed?: boolean; fileIds?: readonly number[]; asNew?: boolean } = {},
): number {
  const statuses = options.onlyFailed ? "('failed', 'skipped')" : "('done', 'failed', 'skipped')";
  return db
    .query(
      `update runs set status = 'pending', stage_version = $version, attempts = 0, due_at = 0, error = null,
         output_digest = iif($asNew, null, output_digest)
       where stage = $stage and status in ${statuses} and ($ids is null or file_id in (select value from json_each($ids)))`,
    )
    .run({
      $stage: stage,
      $version: version,
      $ids: options.fileIds ? JSON.stringify(options.fileIds) : null,
      $asNew: options.asNew ?? false,
    }).changes;
}

/** Ends all waiting runs of a stage as skipped. */
export function skipPending(db: Db, stage: string, now: number, reason: string): number {
  return db
    .query("update runs set status = 'skipped', finished_at = ?, error = ? where stage = ? and status = 'pending'")
    .run(now, reason, stage).changes;
}

/** True when a stage has a run that waits, or will be tried again, for a file that is there. */
export function hasPending(db: Db, stage: string): boolean {
  const waits = (index: string, due: string) =>
    `exists (select 1 from runs indexed by ${index} where stage = $stage and status = 'pending' and held = 0 and due_at ${due} 0)`;
  const row = db
    .query(`select ${waits("runs_ready", "=")} or ${waits("runs_retry", "<>")} as n`)
    .get({ $stage: stage });
  return (row as { n: number }).n === 1;
}
