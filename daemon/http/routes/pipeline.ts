import { realpath } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
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

/** A stage and all that it waits for, directly or through others. */
function withAncestors(registry: AppDeps["registry"], name: string, found = new Set<string>()): Set<string> {
  found.add(name);
  const { needs, after } = registry.get(name).stage;
  for (const other of [...needs, ...after]) if (!found.has(other)) withAncestors(registry, other, found);
  return found;
}

/** The stages' kept counts. A file still on its way to a stage counts as pending there: once per stage it is at now. */
function stageCounts({ db, registry, scheduler }: AppDeps, media: number): Stats["stages"] {
  const blocked = scheduler.blocked();
  const counts = new Map(registry.entries.map(({ stage }) => [stage.name, readCounts(db, `run:${stage.name}`)]));
  return registry.entries.map(({ stage: { name, version } }) => {
    const { pending = 0, running = 0, done = 0, failed = 0, skipped = 0 } = counts.get(name) ?? {};
    const before = [...withAncestors(registry, name)]
      .filter((other) => other !== name)
      .map((other) => ({ other, n: (counts.get(other)?.pending ?? 0) + (counts.get(other)?.running ?? 0) }))
      .filter(({ n }) => n > 0);
    const waiting = Math.min(
      before.reduce((sum, { n }) => sum + n, pending),
      media,
    );
    // Nothing of its own to do, and all that is on its way to it waits: then it waits for the same.
    const held = pending + running === 0 && before.every(({ other }) => blocked[other]) ? before[0] : undefined;
    const waitingFor = blocked[name] ?? (held && blocked[held.other]) ?? null;
    return { name, version, pending: waiting, running, done, failed, skipped, waitingFor };
  });
}

/** Counts of everything, read from the kept counts. */
export function readStats(deps: AppDeps): Stats {
  const { db, scheduler, config } = deps;
  const kinds = readCounts(db, "kind");
  const media = (kinds.music ?? 0) + (kinds.video ?? 0);
  const running = scheduler.running();
  const stages = stageCounts(deps, media);
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

const inside = (folder: string, path: string) =>
  path === folder || path.startsWith(folder === "/" ? folder : `${folder}/`);

/**
 * The folder to scan, without symbolic links below the library: a scan of what they lead to outside would have it moved
 * later, and a scan of a link within would find the same files twice. Throws HttpProblem.
 */
async function scanPlace(library: string, given = library): Promise<string> {
  const path = isAbsolute(given) ? resolve(given) : resolve(library, given);
  const outside = (place: string) => new HttpProblem(400, "Not in the library", `${place} lies outside ${library}`);
  if (path === library) return path;
  if (!inside(library, path)) throw outside(path);
  const real = await Promise.all([realpath(library), realpath(path)]).catch(() => null);
  if (!real) return path; // It is not there: the scan says so.
  const [realLibrary, realPath] = real;
  if (!inside(realLibrary, realPath)) throw outside(realPath);
  return join(library, relative(realLibrary, realPath));
}

export function pipelineRoutes(deps: AppDeps) {
  const { db, registry, scheduler, scanner } = deps;
  const requeue = (
    stage: string,
    body: { fileIds?: number[] | undefined; onlyFailed?: boolean | undefined } | undefined,
    asNew = false,
  ) => {
    const onlyFailed = body?.onlyFailed ?? false;
    const options = { ...(body?.fileIds ? { fileIds: body.fileIds } : {}), onlyFailed, asNew };
    const queued = requeueStage(db, stage, registry.get(stage).stage.version, options);
    scheduler.wake();
    return { queued };
  };
  return makeRoutes()
    .openapi(startScan, async (c) => {
      const path = await scanPlace(deps.library, c.req.valid("json")?.path);
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
      return c.json(requeue(body?.engine === "ollama" ? "refine" : "propose", body, true), 202);
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
