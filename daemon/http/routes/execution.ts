import { createRoute, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import {
  auditSchema,
  type BatchItem,
  batchParam,
  batchSchema,
  operationSchema,
  operationStatuses,
  type PlanReply,
  pageOf,
  pageQuery,
  planSchema,
  type UndoReply,
  undoSchema,
} from "../../contract/api.ts";
import { auditActions, listAudit } from "../../db/audit.ts";
import { type Batch, batchProgress, getBatch, listBatches, listOperations, undoOf } from "../../db/operations.ts";
import { BusyError } from "../../rename/mover.ts";
import type { Plan } from "../../rename/plan.ts";
import { UndoError, type UndoPlan } from "../../rename/undo.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { fails, json, jsonBody } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";

const mostItems = 1000;
const rank = { blocked: 0, ready: 1, unchanged: 2 } as const;

export function toPlanReply(plan: Plan, batchId: number | null, dryRun: boolean): PlanReply {
  const count = (status: keyof typeof rank) => plan.items.filter((item) => item.status === status).length;
  const items = [...plan.items]
    .sort((a, b) => rank[a.status] - rank[b.status] || a.proposalId - b.proposalId)
    .slice(0, mostItems);
  return {
    batchId,
    dryRun,
    ready: count("ready"),
    blocked: count("blocked"),
    unchanged: count("unchanged"),
    files: plan.operations.length,
    bytes: plan.bytes,
    items,
  };
}

function toUndoReply(plan: UndoPlan, batchId: number | null): UndoReply {
  const blocked = plan.items.filter((item) => item.status === "blocked");
  return {
    batchId,
    ready: plan.items.length - blocked.length,
    blocked: blocked.length,
    items: [...blocked, ...plan.items.filter((item) => item.status === "ready")].slice(0, mostItems),
  };
}

function toBatchItem(deps: AppDeps, batch: Batch): BatchItem {
  const { statuses, bytesDone } = batchProgress(deps.db, batch.id);
  const undoneBy = batch.kind === "apply" ? (undoOf(deps.db, batch.id)?.id ?? null) : null;
  return { ...batch, undoneBy, bytesDone, operations: statuses };
}

function findBatch(deps: AppDeps, id: number): Batch {
  const batch = getBatch(deps.db, id);
  if (!batch) throw new HttpProblem(404, "No such batch");
  return batch;
}

/** Turns the mover's refusals into answers. */
async function orProblem<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BusyError) throw new HttpProblem(409, "Busy", error.message);
    if (error instanceof UndoError) throw new HttpProblem(409, "This batch cannot be undone", error.message);
    throw error;
  }
}

const start = createRoute({
  method: "post",
  path: "/execution/start",
  tags: ["Execution"],
  summary: "Apply approved proposals, or show what that would do",
  description:
    "Copies, verifies, publishes without overwriting, and then removes the source. Blocked items are left out and named with their reasons.",
  request: jsonBody(
    z.object({ ids: z.array(z.number().int().positive()).max(10_000).optional(), dryRun: z.boolean().optional() }),
  ),
  responses: {
    200: json(planSchema, "A dry run, or nothing to move"),
    202: json(planSchema, "The batch has started"),
    409: fails("Another batch is running"),
  },
});

const undo = createRoute({
  method: "post",
  path: "/execution/{batch_id}/undo",
  tags: ["Execution"],
  summary: "Put the files of a batch back",
  request: { params: batchParam, ...jsonBody(z.object({ dryRun: z.boolean().optional() })) },
  responses: {
    200: json(undoSchema, "A dry run, or nothing that could go back"),
    202: json(undoSchema, "The undo has started"),
    404: fails("No such batch"),
    409: fails("Cannot be undone now"),
  },
});

const batches = createRoute({
  method: "get",
  path: "/execution/",
  tags: ["Execution"],
  summary: "Batches, the newest first",
  request: { query: pageQuery },
  responses: { 200: json(pageOf(batchSchema), "A page of batches") },
});

const batchDetail = createRoute({
  method: "get",
  path: "/execution/{batch_id}",
  tags: ["Execution"],
  summary: "A batch and how far it is",
  request: { params: batchParam },
  responses: { 200: json(batchSchema, "The batch"), 404: fails("No such batch") },
});

const operations = createRoute({
  method: "get",
  path: "/execution/{batch_id}/operations",
  tags: ["Execution"],
  summary: "The journal of a batch: its files, in the order of the work",
  request: { params: batchParam, query: pageQuery.extend({ status: z.enum(operationStatuses).optional() }) },
  responses: { 200: json(pageOf(operationSchema), "A page of operations"), 404: fails("No such batch") },
});

const progress = createRoute({
  method: "get",
  path: "/execution/progress/{batch_id}",
  tags: ["Execution"],
  summary: "Progress of a batch as server-sent events, until it has ended",
  request: { params: batchParam },
  responses: { 200: { description: "text/event-stream of `progress`, then `end`" }, 404: fails("No such batch") },
});

const audit = createRoute({
  method: "get",
  path: "/audit/",
  tags: ["Execution"],
  summary: "The audit trail, the newest first",
  request: {
    query: pageQuery.extend({
      action: z.enum(auditActions).optional(),
      batch_id: z.coerce.number().int().positive().optional(),
      file_id: z.coerce.number().int().positive().optional(),
    }),
  },
  responses: { 200: json(pageOf(auditSchema), "A page of entries") },
});

export function executionRoutes(deps: AppDeps) {
  const { db, mover, events } = deps;
  return makeRoutes()
    .openapi(start, async (c) => {
      const { ids, dryRun } = c.req.valid("json") ?? {};
      if (dryRun) return c.json(toPlanReply(await mover.plan(ids), null, true), 200);
      const result = await orProblem(mover.apply(ids, c.get("actor")));
      const reply = toPlanReply(result.plan, result.batch?.id ?? null, false);
      return result.batch ? c.json(reply, 202) : c.json(reply, 200);
    })
    .openapi(undo, async (c) => {
      const batch = findBatch(deps, c.req.valid("param").batch_id);
      if (c.req.valid("json")?.dryRun) return c.json(toUndoReply(await orProblem(mover.planUndo(batch.id)), null), 200);
      const result = await orProblem(mover.undo(batch.id, c.get("actor")));
      const reply = toUndoReply(result.plan, result.batch?.id ?? null);
      return result.batch ? c.json(reply, 202) : c.json(reply, 200);
    })
    .openapi(batches, (c) => {
      const { page, page_size } = c.req.valid("query");
      const { items, total } = listBatches(db, page_size, (page - 1) * page_size);
      return c.json({ items: items.map((batch) => toBatchItem(deps, batch)), total, page, page_size }, 200);
    })
    .openapi(progress, (c) => {
      const { id } = findBatch(deps, c.req.valid("param").batch_id);
      return streamSSE(c, async (stream) => {
        const news: Record<string, unknown>[] = [];
        let wake = () => {};
        const unlisten = events.listen((event) => {
          if (event.type !== "batch" || event.data.batchId !== id) return;
          news.push(event.data);
          wake();
        });
        stream.onAbort(() => wake());
        try {
          await stream.writeSSE({ event: "progress", data: JSON.stringify(toBatchItem(deps, findBatch(deps, id))) });
          while (!stream.aborted && findBatch(deps, id).status === "running") {
            if (news.length === 0)
              await Promise.race([new Promise<void>((resolve) => (wake = resolve)), Bun.sleep(10_000)]);
            for (const data of news.splice(0)) await stream.writeSSE({ event: "progress", data: JSON.stringify(data) });
          }
          if (!stream.aborted)
            await stream.writeSSE({ event: "end", data: JSON.stringify(toBatchItem(deps, findBatch(deps, id))) });
        } finally {
          unlisten();
        }
      });
    })
    .openapi(batchDetail, (c) => c.json(toBatchItem(deps, findBatch(deps, c.req.valid("param").batch_id)), 200))
    .openapi(operations, (c) => {
      const { id } = findBatch(deps, c.req.valid("param").batch_id);
      const { page, page_size, status } = c.req.valid("query");
      const result = listOperations(db, { batchId: id, status }, page_size, (page - 1) * page_size);
      return c.json({ ...result, page, page_size }, 200);
    })
    .openapi(audit, (c) => {
      const { page, page_size, action, batch_id, file_id } = c.req.valid("query");
      const result = listAudit(db, { action, batchId: batch_id, fileId: file_id }, page_size, (page - 1) * page_size);
      return c.json({ ...result, page, page_size }, 200);
    });
}
