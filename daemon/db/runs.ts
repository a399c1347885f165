import type { RunStatus } from "../contract/states.ts";
import type { Db } from "./open.ts";

/** One stage of one file. */
export interface Run {
  fileId: number;
  stage: string;
  status: RunStatus;
  stageVersion: number;
  attempts: number;
  priority: number;
  dueAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  durationMs: number | null;
  outputDigest: string | null;
  error: string | null;
}

const columns = `file_id as fileId, stage, status, stage_version as stageVersion, attempts, priority, due_at as dueAt,
  started_at as startedAt, finished_at as finishedAt, duration_ms as durationMs, output_digest as outputDigest, error`;

export function runsOfFile(db: Db, fileId: number): Run[] {
  return db.query(`select ${columns} from runs where file_id = ? order by stage`).all(fileId) as Run[];
}

export function getRun(db: Db, fileId: number, stage: string): Run | null {
  return db.query(`select ${columns} from runs where file_id = ? and stage = ?`).get(fileId, stage) as Run | null;
}

/** Puts a stage of a file into the queue, again if it was there before. */
export function enqueue(db: Db, fileId: number, stage: string, version: number, priority = 0): void {
  db.query(
    `insert into runs (file_id, stage, status, stage_version, priority) values ($fileId, $stage, 'pending', $version, $priority)
     on conflict do update set status = 'pending', stage_version = $version, priority = max(priority, $priority), attempts = 0,
       due_at = 0, lease_until = null, error = null`,
  ).run({ $fileId: fileId, $stage: stage, $version: version, $priority: priority });
}

export interface Claim {
  fileId: number;
  stage: string;
  attempts: number;
}

/**
 * Takes up to `limit` waiting runs of a stage, the highest priority and then the newest file first. One statement, so
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
  return db
    .query(
      `update runs set status = 'running', attempts = attempts + 1, started_at = $now, lease_until = $lease, error = null
       where stage = $stage and file_id in (
         select r.file_id from runs r join files f on f.id = r.file_id
         where r.stage = $stage and r.status = 'pending' and (r.due_at <= $now or r.due_at > $horizon) and f.missing_since is null
         order by r.priority desc, r.file_id desc limit $limit)
       returning file_id as fileId, stage, attempts`,
    )
    .all({ $stage: stage, $limit: limit, $now: now, $lease: now + leaseMs, $horizon: now + horizonMs }) as Claim[];
}

/** Says that these runs are still alive. */
export function extendLeases(db: Db, now: number, leaseMs: number): void {
  db.query("update runs set lease_until = ? where status = 'running'").run(now + leaseMs);
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
       output_digest = coalesce($digest, output_digest), error = $error, due_at = $dueAt, priority = iif($status = 'pending', priority, 0)
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

/** Puts ended runs of a stage back into the queue; with `onlyFailed`, just those that failed or were skipped. */
export function requeueStage(
  db: Db,
  stage: string,
  version: number,
  options: { onlyFailed?: boolean; fileIds?: readonly number[] } = {},
): number {
  const statuses = options.onlyFailed ? "('failed', 'skipped')" : "('done', 'failed', 'skipped')";
  return db
    .query(
      `update runs set status = 'pending', stage_version = $version, attempts = 0, due_at = 0, error = null
       where stage = $stage and status in ${statuses} and ($ids is null or file_id in (select value from json_each($ids)))`,
    )
    .run({ $stage: stage, $version: version, $ids: options.fileIds ? JSON.stringify(options.fileIds) : null }).changes;
}

/** Ends all waiting runs of a stage as skipped. */
export function skipPending(db: Db, stage: string, now: number, reason: string): number {
  return db
    .query("update runs set status = 'skipped', finished_at = ?, error = ? where stage = ? and status = 'pending'")
    .run(now, reason, stage).changes;
}

/** True when a stage has a run that waits for a file that is there. */
export function hasPending(db: Db, stage: string): boolean {
  return (
    db
      .query(
        `select 1 from runs r join files f on f.id = r.file_id where r.stage = ? and r.status = 'pending' and f.missing_since is null limit 1`,
      )
      .get(stage) !== null
  );
}

/** Failed and skipped runs with their reasons, newest file first. */
export function listProblems(db: Db, limit: number): (Run & { path: string })[] {
  return db
    .query(
      `select ${columns.replace("file_id", "r.file_id")}, f.path from runs r join files f on f.id = r.file_id
       where r.status = 'failed' order by r.file_id desc limit ?`,
    )
    .all(limit) as (Run & { path: string })[];
}
