import { createRoute, z } from "@hono/zod-openapi";
import { batchParam, pageOf, pageQuery, timeMs } from "../../contract/api.ts";
import { countTagWrites, getTagBatch, listTagBatches, listTagWrites, type TagBatch } from "../../db/tag-writes.ts";
import { tagFields } from "../../tagging/layout.ts";
import { type Tagger, type TagPlan, TagRefusal } from "../../tagging/tagger.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { fails, json, jsonBody } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";

const fieldSchema = z.object({
  field: z.enum(tagFields),
  old: z.string().nullable().openapi({ description: "What the file's tags say now" }),
  new: z.string(),
  action: z.enum(["fill", "replace", "keep", "same"]).openapi({
    description: "keep: there is a value, and replacing was not asked for; same: it has this value already",
  }),
});

const planSchema = z
  .object({
    dryRun: z.literal(true),
    ready: z.number().int(),
    unchanged: z.number().int(),
    refused: z.number().int(),
    more: z.number().int().openapi({ description: "Files that this dry run did not look at" }),
    items: z.array(
      z.object({
        fileId: z.number().int(),
        path: z.string(),
        status: z.enum(["ready", "unchanged", "refused"]),
        format: z.string().nullable(),
        reason: z.string().nullable(),
        fields: z.array(fieldSchema),
      }),
    ),
  })
  .openapi("TagPlan");
export type TagPlanReply = z.infer<typeof planSchema>;

const batchSchema = z
  .object({
    id: z.number().int(),
    kind: z.enum(["write", "undo"]),
    undoOf: z.number().int().nullable(),
    status: z.enum(["running", "done", "partly", "failed", "interrupted"]),
    actor: z.string(),
    files: z.number().int().openapi({ description: "Files that were asked for" }),
    createdAt: timeMs,
    finishedAt: timeMs.nullable(),
    error: z.string().nullable(),
    writes: z.record(z.string(), z.number().int()).openapi({ description: "Files by state" }),
  })
  .openapi("TagBatch");
export type TagBatchReply = z.infer<typeof batchSchema>;

const writeSchema = z
  .object({
    id: z.number().int(),
    fileId: z.number().int(),
    path: z.string(),
    status: z.enum(["planned", "written", "done", "failed", "undone"]),
    reason: z.string().nullable(),
    changes: z.array(z.object({ field: z.string(), old: z.string().nullable(), new: z.string(), action: z.string() })),
    shaBefore: z.string().nullable(),
    shaAfter: z.string().nullable(),
  })
  .openapi("TagWrite");
export type TagWriteReply = z.infer<typeof writeSchema>;

const write = createRoute({
  method: "post",
  path: "/api/v1/tags/write",
  tags: ["Tags"],
  summary: "Write tempo, key, mood and genre into files, or show what that would do",
  description:
    "Only with PHAZE_WRITE_TAGS=true (a dry run always). Fills what is empty; `replace` also changes what is there. Each file is copied, read back, compared and only then put in place; hard-linked files are refused. It can be undone byte for byte.",
  request: jsonBody(
    z.object({
      ids: z.array(z.number().int().positive()).min(1).max(10_000).optional(),
      all: z.boolean().optional().openapi({ description: "All files that were analysed" }),
      fields: z.array(z.enum(tagFields)).min(1).optional().openapi({ description: "Default: all four" }),
      replace: z.boolean().optional(),
      dryRun: z.boolean().optional(),
    }),
  ),
  responses: {
    200: json(planSchema, "A dry run"),
    202: json(batchSchema, "The batch has started"),
    400: fails("Neither files nor all of them were named"),
    403: fails("Writing tags is switched off"),
    409: fails("Something else is at work on files"),
  },
});

const undo = createRoute({
  method: "post",
  path: "/api/v1/tags/{batch_id}/undo",
  tags: ["Tags"],
  summary: "Put the files of a batch back as they were before their tags were written",
  request: { params: batchParam },
  responses: {
    202: json(batchSchema, "The undo has started"),
    403: fails("Writing tags is switched off"),
    404: fails("No such batch"),
    409: fails("Cannot be undone now"),
  },
});

const list = createRoute({
  method: "get",
  path: "/api/v1/tags",
  tags: ["Tags"],
  summary: "Batches of tags, the newest first",
  request: { query: pageQuery },
  responses: { 200: json(pageOf(batchSchema), "A page of batches") },
});

const detail = createRoute({
  method: "get",
  path: "/api/v1/tags/{batch_id}",
  tags: ["Tags"],
  summary: "A batch of tags, and its files",
  request: { params: batchParam, query: pageQuery },
  responses: {
    200: json(batchSchema.extend({ items: pageOf(writeSchema) }), "The batch"),
    404: fails("No such batch"),
  },
});

/** What these routes work on; to be part of `AppDeps`. */
export type TaggingDeps = AppDeps & { tagger: Tagger };

function toPlanReply(plan: TagPlan): TagPlanReply {
  const count = (status: string) => plan.items.filter((item) => item.status === status).length;
  return {
    dryRun: true,
    ready: count("ready"),
    unchanged: count("unchanged"),
    refused: count("refused"),
    more: plan.more,
    items: plan.items,
  };
}

const statuses = { off: 403, busy: 409, impossible: 409 } as const;
const titles = { off: "Writing tags is switched off", busy: "Busy", impossible: "This cannot be done" };

/** Turns the tagger's refusals into answers. */
async function orProblem<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TagRefusal) throw new HttpProblem(statuses[error.kind], titles[error.kind], error.message);
    throw error;
  }
}

export function taggingRoutes({ db, tagger }: TaggingDeps) {
  const toReply = (batch: TagBatch): TagBatchReply => ({ ...batch, writes: countTagWrites(db, batch.id) });
  const find = (id: number): TagBatch => {
    const batch = getTagBatch(db, id);
    if (!batch) throw new HttpProblem(404, "No such batch of tags");
    return batch;
  };
  return makeRoutes()
    .openapi(write, async (c) => {
      const { ids, all, fields = tagFields, replace = false, dryRun } = c.req.valid("json") ?? {};
      if ((ids === undefined) === !all)
        throw new HttpProblem(400, "Which files?", "Name files by `ids`, or say `all`: one of the two");
      const request = { fields, replace };
      if (dryRun) return c.json(toPlanReply(await tagger.plan(ids, request)), 200);
      const { batch } = await orProblem(tagger.write(ids, request, c.get("actor")));
      return c.json(toReply(batch), 202);
    })
    .openapi(undo, async (c) => {
      const { id } = find(c.req.valid("param").batch_id);
      const { batch } = await orProblem(tagger.undo(id, c.get("actor")));
      return c.json(toReply(batch), 202);
    })
    .openapi(list, (c) => {
      const { page, page_size } = c.req.valid("query");
      const { items, total } = listTagBatches(db, page_size, (page - 1) * page_size);
      return c.json({ items: items.map(toReply), total, page, page_size }, 200);
    })
    .openapi(detail, (c) => {
      const batch = find(c.req.valid("param").batch_id);
      const { page, page_size } = c.req.valid("query");
      const { items, total } = listTagWrites(db, batch.id, page_size, (page - 1) * page_size);
      const shown = items.map(({ id, fileId, path, status, reason, changes, shaBefore, shaAfter }) => ({
        ...{ id, fileId, path, status, reason, changes, shaAfter },
        shaBefore: shaBefore || null,
      }));
      return c.json({ ...toReply(batch), items: { items: shown, total, page, page_size } }, 200);
    });
}
