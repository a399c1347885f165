import { isAbsolute, resolve } from "node:path";
import { createRoute, z } from "@hono/zod-openapi";
import { type Stats, scanSchema, statsSchema } from "../../contract/api.ts";
import { relinkFolder } from "../../db/companions.ts";
import { readCounts, sumCounts } from "../../db/counts.ts";
import { countStates } from "../../db/file-list.ts";
import { requeueStage } from "../../db/runs.ts";
import { getScan, lastScan } from "../../db/scan-batches.ts";
import { folderChanged } from "../../pipeline/advance.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { fails, json, jsonBody } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";

/** Counts of everything, read from the kept counts. */
export function readStats(deps: AppDeps): Stats {
  const { db, registry, scheduler, config } = deps;
  const kinds = readCounts(db, "kind");
  const media = (kinds.music ?? 0) + (kinds.video ?? 0);
  const blocked = scheduler.blocked();
  const running = scheduler.running();
  const stages = registry.entries.map(({ stage }) => {
    const counts = readCounts(db, `run:${stage.name}`);
    const known = (counts.running ?? 0) + (counts.done ?? 0) + (counts.failed ?? 0) + (counts.skipped ?? 0);
    return {
      name: stage.name,
      version: stage.version,
      pending: Math.max(0, media - known),
      running: counts.running ?? 0,
      done: counts.done ?? 0,
      failed: counts.failed ?? 0,
      skipped: counts.skipped ?? 0,
      waitingFor: blocked[stage.name] ?? null,
    };
  });
  return {
    library: deps.library,
    output: config.outputPath,
    paused: scheduler.isPaused(),
    idle: deps.settling() === 0 && scheduler.isIdle(),
    files: kinds,
    bytes: sumCounts(readCounts(db, "bytes")),
    missing: sumCounts(readCounts(db, "missing")),
    states: countStates(db),
    proposals: readCounts(db, "proposal"),
    stages,
    running: running.slice(0, 50),
    settling: deps.settling(),
    watchedFolders: deps.watchedFolders(),
    scan: lastScan(db),
    batchRunning: deps.mover.busy(),
    services: deps.services(),
  };
}

const startScan = createRoute({
  method: "post",
  path: "/api/v1/scan",
  tags: ["Scan"],
  summary: "Start a scan of the library or of a folder in it",
  request: jsonBody(z.object({ path: z.string().min(1).max(4096).optional() })),
  responses: {
    202: json(scanSchema.extend({ batchId: z.number().int() }), "The scan, under way"),
    400: fails("Not in the library"),
  },
});

const scanStatus = createRoute({
  method: "get",
  path: "/api/v1/scan/{batch_id}",
  tags: ["Scan"],
  summary: "Progress of a scan",
  request: { params: z.object({ batch_id: z.coerce.number().int().positive() }) },
  responses: { 200: json(scanSchema, "The scan"), 404: fails("No such scan") },
});

const requeueBody = jsonBody(
  z.object({
    fileIds: z.array(z.number().int().positive()).max(10_000).optional(),
    onlyFailed: z.boolean().optional(),
    engine: z
      .enum(["rules", "ollama"])
      .optional()
      .openapi({ description: "Proposals only: ollama lets the model look over them again" }),
  }),
);
const requeueRoute = (path: string, summary: string) =>
  createRoute({
    method: "post",
    path,
    tags: ["Pipeline"],
    summary,
    request: requeueBody,
    responses: { 202: json(z.object({ queued: z.number().int() }), "Files put into the queue") },
  });

const associate = createRoute({
  method: "post",
  path: "/api/v1/associate",
  tags: ["Scan"],
  summary: "Link companion files to their media files anew",
  responses: { 200: json(z.object({ folders: z.number().int(), changed: z.number().int() }), "What was linked") },
});

const stats = (path: string) =>
  createRoute({
    method: "get",
    path,
    tags: ["Pipeline"],
    summary: "Counts of files, stages and proposals",
    responses: { 200: json(statsSchema, "Counts") },
  });

const control = (action: "pause" | "resume") =>
  createRoute({
    method: "post",
    path: `/pipeline/${action}`,
    tags: ["Pipeline"],
    summary: action === "pause" ? "Start no further work" : "Go on",
    responses: { 200: json(z.object({ paused: z.boolean() }), "The new state") },
  });

const cancel = createRoute({
  method: "post",
  path: "/pipeline/cancel",
  tags: ["Pipeline"],
  summary: "Stop a stage's work, or the work on one file",
  request: jsonBody(z.object({ stage: z.string().max(50).optional(), fileId: z.number().int().positive().optional() })),
  responses: {
    200: json(z.object({ cancelled: z.number().int() }), "Runs that were stopped"),
    400: fails("Neither stage nor file"),
  },
});

async function associateAll(deps: AppDeps): Promise<{ folders: number; changed: number }> {
  const folders = deps.db.query("select distinct folder_id as id from files where kind = 'companion'").all() as {
    id: number;
  }[];
  let changed = 0;
  for (let at = 0; at < folders.length; at += 200) {
    deps.db.transaction(() => {
      for (const { id } of folders.slice(at, at + 200)) {
        for (const fileId of relinkFolder(deps.db, id)) {
          folderChanged(deps.db, deps.registry, fileId);
          changed++;
        }
      }
    })();
    await new Promise((resolve) => setImmediate(resolve));
  }
  deps.scheduler.wake();
  return { folders: folders.length, changed };
}

export function pipelineRoutes(deps: AppDeps) {
  const { db, registry, scheduler, scanner } = deps;
  const requeue = (
    stage: string,
    body: { fileIds?: number[] | undefined; onlyFailed?: boolean | undefined } | undefined,
  ) => {
    const options = { ...(body?.fileIds ? { fileIds: body.fileIds } : {}), onlyFailed: body?.onlyFailed ?? false };
    const queued = requeueStage(db, stage, registry.get(stage).stage.version, options);
    scheduler.wake();
    return { queued };
  };
  return makeRoutes()
    .openapi(startScan, (c) => {
      const given = c.req.valid("json")?.path;
      const path =
        given === undefined ? deps.library : isAbsolute(given) ? resolve(given) : resolve(deps.library, given);
      if (path !== deps.library && !path.startsWith(`${deps.library}/`))
        throw new HttpProblem(400, "Not in the library", `${path} lies outside ${deps.library}`);
      const { id } = scanner.scan("request", path);
      const scan = getScan(db, id);
      if (!scan) throw new HttpProblem(404, "No such scan");
      return c.json({ ...scan, batchId: id }, 202);
    })
    .openapi(scanStatus, (c) => {
      const scan = getScan(db, c.req.valid("param").batch_id);
      if (!scan) throw new HttpProblem(404, "No such scan");
      return c.json(scan, 200);
    })
    .openapi(requeueRoute("/api/v1/extract-metadata", "Read tags again"), (c) =>
      c.json(requeue("tags", c.req.valid("json")), 202),
    )
    .openapi(requeueRoute("/api/v1/proposals/generate", "Propose again what is still pending"), (c) => {
      const body = c.req.valid("json");
      return c.json(requeue(body?.engine === "ollama" ? "refine" : "propose", body), 202);
    })
    .openapi(associate, async (c) => c.json(await associateAll(deps), 200))
    .openapi(stats("/pipeline/"), (c) => c.json(readStats(deps), 200))
    .openapi(stats("/pipeline/stats"), (c) => c.json(readStats(deps), 200))
    .openapi(control("pause"), (c) => {
      scheduler.pause();
      return c.json({ paused: true }, 200);
    })
    .openapi(control("resume"), (c) => {
      scheduler.resume();
      return c.json({ paused: false }, 200);
    })
    .openapi(cancel, (c) => {
      const { stage, fileId } = c.req.valid("json") ?? {};
      if (stage === undefined && fileId === undefined)
        throw new HttpProblem(400, "Say what", "Send stage, fileId, or both");
      if (stage !== undefined && !registry.entries.some((entry) => entry.stage.name === stage))
        throw new HttpProblem(400, "No such stage");
      return c.json(
        { cancelled: scheduler.cancel({ ...(stage ? { stage } : {}), ...(fileId ? { fileId } : {}) }) },
        200,
      );
    });
}
