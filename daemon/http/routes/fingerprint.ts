import { createRoute, z } from "@hono/zod-openapi";
import { idParam } from "../../contract/api.ts";
import { fileMatchesSchema, fingerprintProgressSchema, scanStatusSchema } from "../../contract/fingerprint-api.ts";
import { fingerprintEngines } from "../../contract/sidecar.ts";
import { readCounts } from "../../db/counts.ts";
import { getFile } from "../../db/files.ts";
import { countMatches, filesLongerThan, matchesOfFile } from "../../db/fingerprints.ts";
import { requeueStage } from "../../db/runs.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { matchesSeenFrom } from "../file-matches.ts";
import { fails, json, jsonBody } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";

const fileIds = z.array(z.number().int().positive()).max(10_000).optional();
const queued = { 202: json(z.object({ queued: z.number().int() }), "Steps put into the queue") };

const again = createRoute({
  method: "post",
  path: "/api/v1/fingerprint",
  tags: ["Fingerprints"],
  summary: "Make fingerprints again, by both engines or by one",
  request: jsonBody(
    z.object({ fileIds, onlyFailed: z.boolean().optional(), engine: z.enum(fingerprintEngines).optional() }),
  ),
  responses: queued,
});

const progress = createRoute({
  method: "get",
  path: "/api/v1/fingerprint/progress",
  tags: ["Fingerprints"],
  summary: "What each engine has done, and what its store holds",
  responses: { 200: json(fingerprintProgressSchema, "By engine") },
});

const startScan = createRoute({
  method: "post",
  path: "/tracklists/scan",
  tags: ["Tracklists"],
  summary: "Look again for known recordings in these files; without a list, in all that are longer than 20 minutes",
  request: jsonBody(z.object({ fileIds })),
  responses: queued,
});

const scanStatus = createRoute({
  method: "get",
  path: "/tracklists/scan/status",
  tags: ["Tracklists"],
  summary: "How far the search for known recordings is",
  responses: { 200: json(scanStatusSchema, "Counts of files, and of all that was found") },
});

const matches = createRoute({
  method: "get",
  path: "/api/v1/files/{id}/matches",
  tags: ["Fingerprints"],
  summary: "What of this file is in other files, by its own time",
  request: { params: idParam },
  responses: { 200: json(fileMatchesSchema, "The matches"), 404: fails("No such media file") },
});

/** A set is longer than any track. */
const leastSetSec = 20 * 60;

function readProgress({ db, sidecars }: AppDeps) {
  return fingerprintEngines.map((engine) => {
    const { pending = 0, running = 0, done = 0, failed = 0, skipped = 0 } = readCounts(db, `run:fingerprint-${engine}`);
    const health = sidecars.health(engine);
    const error = sidecars.unavailable(engine);
    const { tracks = 0, hashes = 0, seconds = 0 } = health ?? {};
    return { engine, pending, running, done, failed, skipped, tracks, hashes, seconds, healthy: error === null, error };
  });
}

export function fingerprintRoutes(deps: AppDeps) {
  const { db, registry, scheduler, sidecars } = deps;
  const requeue = (stages: readonly string[], options: { fileIds?: number[]; onlyFailed?: boolean }) => {
    const version = (name: string) => registry.get(name).stage.version;
    const sum = stages.reduce((total, name) => total + requeueStage(db, name, version(name), options), 0);
    scheduler.wake();
    return { queued: sum };
  };
  return makeRoutes()
    .openapi(again, (c) => {
      const body = c.req.valid("json");
      const engines = body?.engine ? [body.engine] : fingerprintEngines;
      const stages = engines.map((engine) => `fingerprint-${engine}`);
      const which = body?.fileIds ? { fileIds: body.fileIds } : {};
      return c.json(requeue(stages, { ...which, onlyFailed: body?.onlyFailed ?? false }), 202);
    })
    .openapi(progress, async (c) => {
      // Counts move with every file: those of the last minute would be of little use.
      await Promise.all(fingerprintEngines.map((engine) => sidecars.look(engine)));
      return c.json({ engines: readProgress(deps) }, 200);
    })
    .openapi(startScan, (c) => {
      const ids = c.req.valid("json")?.fileIds ?? filesLongerThan(db, leastSetSec);
      return c.json(requeue(["identify"], { fileIds: ids }), 202);
    })
    .openapi(scanStatus, (c) => {
      const { pending = 0, running = 0, done = 0, failed = 0 } = readCounts(db, "run:identify");
      return c.json({ pending, running, done, failed, matches: countMatches(db) }, 200);
    })
    .openapi(matches, (c) => {
      const { id } = c.req.valid("param");
      const file = getFile(db, id);
      if (!file || file.kind === "companion") throw new HttpProblem(404, "No such media file");
      return c.json({ matches: matchesSeenFrom(id, matchesOfFile(db, id)) }, 200);
    });
}
