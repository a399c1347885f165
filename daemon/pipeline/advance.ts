import type { FileKind } from "../contract/kinds.ts";
import type { RunStatus } from "../contract/states.ts";
import type { Db } from "../db/open.ts";
import {
  type Claim,
  enqueue,
  finishRun,
  folderMedia,
  folderOf,
  foldersWaiting,
  getRun,
  isFolderUnderWay,
} from "../db/runs.ts";
import type { AnyEntry, Registry } from "./registry.ts";

const ended: readonly RunStatus[] = ["done", "failed", "skipped"];

function kindOf(db: Db, fileId: number): FileKind | null {
  return (db.query("select kind from files where id = ?").get(fileId) as { kind: FileKind } | null)?.kind ?? null;
}

function mayRun(db: Db, fileId: number, entry: AnyEntry): boolean {
  const status = (stage: string) => getRun(db, fileId, stage)?.status;
  return (
    entry.stage.needs.every((need) => status(need) === "done") &&
    entry.stage.after.every((other) => {
      const at = status(other);
      return at !== undefined && ended.includes(at);
    })
  );
}

/** Of a folder with more media files than this each is taken by itself: no album is that large. */
const mostTogether = 200;

function enqueueIfDue(db: Db, fileId: number, { stage }: AnyEntry, changed: boolean): void {
  const run = getRun(db, fileId, stage.name);
  if (!run || changed || run.stageVersion < stage.version) enqueue(db, fileId, stage.name, stage.version);
}

/** Queues a stage for all files of a folder once none is still on its way to what the stage waits for. */
function releaseTogether(db: Db, entry: AnyEntry, folderId: number, media: readonly number[]): void {
  const { together, needs, name, version } = entry.stage;
  if (!together || isFolderUnderWay(db, folderId, together, needs)) return;
  for (const id of media) if (mayRun(db, id, entry)) enqueue(db, id, name, version);
}

/** The members of a folder are others now: what is done for all of them together is done anew. */
export function folderMembersChanged(db: Db, registry: Registry, folderId: number): void {
  const media = folderMedia(db, folderId, mostTogether + 1);
  const together = registry.entries.filter(({ stage }) => stage.together);
  if (media.length <= mostTogether) {
    for (const entry of together) releaseTogether(db, entry, folderId, media);
    return;
  }
  // Grown too large to be taken together: those of its first files that still wait go by themselves now.
  for (const entry of together)
    for (const id of media)
      if (!getRun(db, id, entry.stage.name) && mayRun(db, id, entry)) enqueueIfDue(db, id, entry, false);
}

/** Looks after files that wait for others of their folder which will not come any more: cancelled, say. */
export function releaseWaiting(db: Db, registry: Registry): void {
  for (const { stage } of registry.entries)
    if (stage.together)
      for (const folderId of foldersWaiting(db, stage.together, stage.name))
        folderMembersChanged(db, registry, folderId);
}

/** Queues the stages that waited for `stage` of this file and may run now; again only when their input `changed`. */
export function release(db: Db, registry: Registry, fileId: number, stage: string, changed: boolean): void {
  const kind = kindOf(db, fileId);
  if (!kind) return;
  for (const entry of registry.dependents(stage)) {
    if (!entry.stage.kinds.includes(kind)) continue;
    const folderId = entry.stage.together ? folderOf(db, fileId) : null;
    const media = folderId === null ? [] : folderMedia(db, folderId, mostTogether + 1);
    if (folderId !== null && media.length > 1 && media.length <= mostTogether)
      releaseTogether(db, entry, folderId, media);
    else if (mayRun(db, fileId, entry)) enqueueIfDue(db, fileId, entry, changed);
  }
  if (!changed) return;
  for (const { stage: listener } of registry.listeners(stage)) {
    const status = getRun(db, fileId, listener.name)?.status;
    // One that is under way has read what there was before.
    if (status === "done" || status === "running") enqueue(db, fileId, listener.name, listener.version);
  }
}

/** Tells whether a stage's output is, for what follows, another than before. */
export function digestOf({ stage }: AnyEntry, output: unknown): string {
  return Bun.hash(JSON.stringify(stage.essence ? stage.essence(output) : output)).toString(36);
}

/** True when the run that was claimed is still the one the database knows. */
function stillOurs(db: Db, claim: Claim): boolean {
  const run = getRun(db, claim.fileId, claim.stage);
  return run?.status === "running" && run.attempts === claim.attempts;
}

/**
 * Stores a stage's output and queues what follows, in one transaction. Returns false, and stores nothing, when the
 * run was taken back meanwhile (its input changed, or the file is gone).
 */
export function complete(db: Db, registry: Registry, claim: Claim, output: unknown, now: number): boolean {
  const entry = registry.get(claim.stage);
  return db.transaction(() => {
    if (!stillOurs(db, claim)) return false;
    const before = getRun(db, claim.fileId, claim.stage)?.outputDigest;
    const digest = digestOf(entry, output);
    if (entry.save(db, claim.fileId, output, now, before !== digest) === "merged") return true;
    finishRun(db, { fileId: claim.fileId, stage: claim.stage, status: "done", now, outputDigest: digest });
    release(db, registry, claim.fileId, claim.stage, before !== digest);
    return true;
  })();
}

/** Records that a stage failed for good or had nothing to do, and queues what does not need it. */
export function conclude(
  db: Db,
  registry: Registry,
  claim: Claim,
  status: "failed" | "skipped",
  reason: string,
  now: number,
): void {
  db.transaction(() => {
    if (!stillOurs(db, claim)) return;
    finishRun(db, { fileId: claim.fileId, stage: claim.stage, status, now, error: reason });
    release(db, registry, claim.fileId, claim.stage, false);
  })();
}

/** Gives a run back to the queue, to be tried again at `dueAt` (ms UTC). */
export function postpone(db: Db, claim: Claim, reason: string | null, dueAt: number, now: number): void {
  db.transaction(() => {
    if (!stillOurs(db, claim)) return;
    finishRun(db, { fileId: claim.fileId, stage: claim.stage, status: "pending", now, error: reason, dueAt });
  })();
}

/** Starts the pipeline of a file whose content is new or changed. */
export function start(db: Db, registry: Registry, fileId: number, kind: FileKind): void {
  for (const { stage } of registry.first(kind)) enqueue(db, fileId, stage.name, stage.version);
}

/** Queues anew the stages of a file that look at its place or its companions, after these changed. */
export function folderChanged(db: Db, registry: Registry, fileId: number): void {
  for (const { stage } of registry.entries) {
    if (stage.readsFolder && getRun(db, fileId, stage.name)) enqueue(db, fileId, stage.name, stage.version);
  }
}

/**
 * Brings the queue in line with the stages of this version: reruns of stages whose version rose, first runs of stages
 * that are new. Does nothing when the stages are those of the last start.
 */
export function syncStages(db: Db, registry: Registry): void {
  const rows = db.query("select name, version, basis from stages").all() as {
    name: string;
    version: number;
    basis: string;
  }[];
  const known = new Map(rows.map((row) => [row.name, row]));
  for (const { stage } of registry.entries) {
    const before = known.get(stage.name);
    // A basis that is gone for now (models on a disk that is away) is no reason to do everything again.
    const basis = stage.basis?.() || before?.basis || "";
    if (before?.version === stage.version && before.basis === basis) continue;
    db.transaction(() => {
      db.query(
        `update runs set status = 'pending', attempts = 0, due_at = 0, stage_version = $version
         where stage = $stage and status <> 'running' and (stage_version < $version or $rebased)`,
      ).run({
        $stage: stage.name,
        $version: stage.version,
        $rebased: before !== undefined && before.basis !== basis,
      });
      const waits = [
        ...stage.needs.map((name) => [name, "r.status = 'done'"]),
        ...stage.after.map((name) => [name, "r.status in ('done', 'failed', 'skipped')"]),
      ];
      const conditions = waits.map(
        ([name, test]) =>
          `and exists (select 1 from runs r where r.file_id = f.id and r.stage = '${name}' and ${test})`,
      );
      db.query(
        `insert into runs (file_id, stage, status, stage_version)
         select f.id, $stage, 'pending', $version from files f
         where f.kind in (select value from json_each($kinds)) ${conditions.join(" ")}
         and not exists (select 1 from runs r where r.file_id = f.id and r.stage = $stage)`,
      ).run({ $stage: stage.name, $version: stage.version, $kinds: JSON.stringify(stage.kinds) });
      db.query(
        "insert into stages values (?, ?, ?) on conflict do update set version = excluded.version, basis = excluded.basis",
      ).run(stage.name, stage.version, basis);
    })();
  }
}
