import type { Hono } from "hono";
import type { Analysis } from "../../../daemon/contract/analysis.ts";
import type { RunStatus } from "../../../daemon/contract/states.ts";
import { getAnalysis } from "../../../daemon/db/analysis.ts";
import { migrate, readMigrations } from "../../../daemon/db/migrate.ts";
import { connect, type Db, migrationsDir } from "../../../daemon/db/open.ts";
import { runsOfFile } from "../../../daemon/db/runs.ts";
import type { AppDeps } from "../../../daemon/http/deps.ts";
import { HttpProblem, problem } from "../../../daemon/http/problem.ts";
import { analysisRoutes } from "../../../daemon/http/routes/analysis.ts";
import { type Proposal, startMs } from "./canned-proposals.ts";
import type { World } from "./fake-world.ts";

/** A real database in memory with the files of these proposals; it holds what is known of their sound. */
export function openSoundDb(proposals: readonly Proposal[]): Db {
  const db = connect(":memory:", { create: true });
  migrate(db, readMigrations(migrationsDir), { now: () => startMs, backupPath: () => "", onBackup: () => {} });
  db.run("insert into folders (id, path_raw, path) values (1, '/music', '/music')");
  const add = db.query(
    `insert into files (id, folder_id, name_raw, name, path, kind, extension, size_bytes, mtime_ms, inode, device,
       first_seen_at, changed_at) values ($id, 1, $path, $path, $path, 'music', 'mp3', 1, 1, $id, 1, 1, 1)`,
  );
  for (const { fileId, path } of proposals) add.run({ $id: fileId, $path: path });
  return db;
}

/** Sets the run of a stage of a file, and tells the panel. */
export function setRun(
  world: World,
  fileId: number,
  stage: string,
  status: RunStatus,
  error: string | null = null,
): void {
  const finishedAt = status === "done" ? Date.now() : null;
  world.sound
    .query(
      `insert into runs (file_id, stage, status, stage_version, attempts, finished_at, duration_ms, error)
       values ($fileId, $stage, $status, 1, 1, $finishedAt, 1234, $error)
       on conflict do update set status = $status, finished_at = $finishedAt, error = $error`,
    )
    .run({ $fileId: fileId, $stage: stage, $status: status, $finishedAt: finishedAt, $error: error });
  world.events.emit("run", { fileId, stage, status });
}

/** What the file's detail says of its sound. */
export function soundOf(world: World, fileId: number) {
  const { windows: _series, ...analysis }: Analysis = getAnalysis(world.sound, fileId) ?? {};
  return {
    analysis: Object.keys(analysis).length > 0 ? analysis : null,
    runs: runsOfFile(world.sound, fileId),
  };
}

/** The daemon's own routes over that database. */
export function soundRoutes(app: Hono, world: World): void {
  app.patch("/api/v1/files/:id/analysis", async (c, next) =>
    world.soundBroken ? problem(c, 500, "Phaze made a mistake", "The log holds the details") : next(),
  );
  const routes = analysisRoutes({
    db: world.sound,
    registry: { get: () => ({ stage: { version: 1 } }) },
    scheduler: { wake: () => {} },
    events: world.events,
    now: Date.now,
  } as unknown as AppDeps);
  routes.onError((error, c) => {
    if (error instanceof HttpProblem) return problem(c, error.status, error.title, error.message);
    throw error;
  });
  app.route("/", routes as unknown as Hono);
}
