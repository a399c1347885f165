import { z } from "@hono/zod-openapi";
import { analysisSchema } from "./analysis.ts";
import { fieldNames, proposalKinds } from "./fields.ts";
import { fileKinds } from "./kinds.ts";
import { metadataSchema } from "./metadata.ts";
import { namingRuleSchema, proposalSchema } from "./naming.ts";
import { fileStates, proposalStatuses, runStatuses } from "./states.ts";

/** RFC 9457 problem details. */
export const problemSchema = z
  .object({
    type: z.string().default("about:blank"),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    errors: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          at: z.number().int().optional().openapi({ description: "Place in a text, from 0, in UTF-16 units" }),
          length: z.number().int().optional(),
        }),
      )
      .optional(),
  })
  .openapi("Problem");

/** A page of a list; `total` counts all that match. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), total: z.number().int(), page: z.number().int(), page_size: z.number().int() });

export const pageQuery = z.object({
  page: z.coerce.number().int().min(1).max(10_000_000).default(1).openapi({ description: "From 1" }),
  page_size: z.coerce.number().int().min(1).max(200).default(50),
});

export const idParam = z.object({
  id: z.coerce
    .number()
    .int()
    .positive()
    .openapi({ param: { name: "id", in: "path" } }),
});
export const batchParam = z.object({
  batch_id: z.coerce
    .number()
    .int()
    .positive()
    .openapi({ param: { name: "batch_id", in: "path" } }),
});

export const timeMs = z.number().int().openapi({ description: "ms since 1970, UTC" });

export const fileSchema = z
  .object({
    id: z.number().int(),
    path: z.string(),
    name: z.string(),
    kind: z.enum(fileKinds),
    extension: z.string(),
    sizeBytes: z.number().int(),
    mtimeMs: z.number(),
    sha256: z.string().nullable(),
    firstSeenAt: timeMs,
    missing: z.boolean(),
    state: z.enum(fileStates).nullable(),
    artist: z.string().nullable(),
    title: z.string().nullable(),
    album: z.string().nullable(),
    durationSec: z.number().nullable(),
  })
  .openapi("File");
export type FileItem = z.infer<typeof fileSchema>;

export const runSchema = z
  .object({
    stage: z.string(),
    status: z.enum(runStatuses),
    attempts: z.number().int(),
    startedAt: timeMs.nullable(),
    finishedAt: timeMs.nullable(),
    durationMs: z.number().int().nullable(),
    error: z.string().nullable(),
  })
  .openapi("Run");

export const proposalItemSchema = z
  .object({
    id: z.number().int(),
    fileId: z.number().int(),
    version: z
      .number()
      .int()
      .openapi({ description: "Send it back with a decision; a proposal that has changed since is refused" }),
    status: z.enum(proposalStatuses),
    kind: z.enum(proposalKinds),
    path: z.string(),
    filename: z.string(),
    directory: z.string(),
    destination: z.string(),
    confidence: z.number(),
    engine: proposalSchema.shape.engine,
    fields: proposalSchema.shape.fields,
    evidence: proposalSchema.shape.evidence,
    sureness: proposalSchema.shape.sureness,
    alternatives: proposalSchema.shape.alternatives,
    notes: z.array(z.string()),
    model: z.string().nullable(),
    prompt: z.string().nullable().openapi({ description: "Version of the prompt" }),
    durationMs: z.number().nullable().openapi({ description: "How long the engine took" }),
    unchanged: z.boolean(),
    missing: z.boolean(),
    sizeBytes: z.number().int(),
    durationSec: z.number().nullable(),
    createdAt: timeMs,
    updatedAt: timeMs,
    decidedAt: timeMs.nullable(),
  })
  .openapi("Proposal");
export type ProposalItem = z.infer<typeof proposalItemSchema>;

export const keptRuleSchema = namingRuleSchema
  .extend({
    id: z.number().int(),
    fileId: z.number().int().nullable(),
    actor: z.string(),
    createdAt: timeMs,
    active: z.boolean(),
  })
  .openapi("NamingRule");
export type KeptRuleItem = z.infer<typeof keptRuleSchema>;

const oneLine = z
  .string()
  .trim()
  .max(400)
  .regex(/^\P{Cc}*$/u, "must be one line");
/** A person's changes of a proposal. */
export const proposalEditSchema = z.object({
  version: z.number().int().positive().optional(),
  kind: z.enum(proposalKinds).nullable().optional().openapi({ description: "null: decided by Phaze again" }),
  fields: z
    .partialRecord(z.enum(fieldNames), oneLine.nullable())
    .default({})
    .openapi({ description: "A text sets a field, an empty one clears it, null leaves it to Phaze again" }),
  learn: z.boolean().default(true).openapi({ description: "Whether like files follow" }),
});
export const editedSchema = z.object({
  proposal: proposalItemSchema,
  learned: z.array(keptRuleSchema),
  concerned: z.number().int().openapi({ description: "Other pending proposals that are made anew" }),
});
export type EditedReply = z.infer<typeof editedSchema>;

export const companionSchema = z
  .object({ id: z.number().int(), name: z.string(), basis: z.enum(["stem", "folder"]), sizeBytes: z.number().int() })
  .openapi("Companion");

export const fileDetailSchema = fileSchema
  .extend({
    metadata: metadataSchema.nullable(),
    analysis: analysisSchema
      .omit({ windows: true })
      .nullable()
      .openapi({ description: "Its time series: /api/v1/files/{id}/analysis" }),
    runs: z.array(runSchema),
    proposal: proposalItemSchema.nullable(),
    companions: z.array(companionSchema),
  })
  .openapi("FileDetail");

export type FileDetail = z.infer<typeof fileDetailSchema>;

export const scanSchema = z
  .object({
    id: z.number().int(),
    root: z.string(),
    status: z.enum(["running", "completed", "failed", "cancelled"]),
    reason: z.string().nullable(),
    startedAt: timeMs,
    finishedAt: timeMs.nullable(),
    files: z.object({
      folders: z.number().int(),
      seen: z.number().int(),
      new: z.number().int(),
      changed: z.number().int(),
      moved: z.number().int(),
      missing: z.number().int(),
      returned: z.number().int(),
      settling: z.number().int(),
      skipped: z.record(z.string(), z.number().int()),
    }),
    error: z.string().nullable(),
  })
  .openapi("Scan");

export const planItemSchema = z
  .object({
    proposalId: z.number().int(),
    fileId: z.number().int(),
    source: z.string(),
    dest: z.string(),
    sizeBytes: z.number().int(),
    status: z.enum(["ready", "blocked", "unchanged"]),
    reasons: z.array(z.string()),
    notes: z.array(z.string()),
    companions: z.array(z.object({ source: z.string(), dest: z.string() })),
  })
  .openapi("PlanItem");

export const planSchema = z
  .object({
    batchId: z.number().int().nullable(),
    dryRun: z.boolean(),
    ready: z.number().int(),
    blocked: z.number().int(),
    unchanged: z.number().int(),
    files: z.number().int().openapi({ description: "Files that move, companions included" }),
    bytes: z.number().int(),
    items: z.array(planItemSchema).openapi({ description: "Blocked ones first; at most 1,000" }),
  })
  .openapi("Plan");
export type PlanReply = z.infer<typeof planSchema>;

export const batchSchema = z
  .object({
    id: z.number().int(),
    kind: z.enum(["apply", "undo"]),
    undoOf: z.number().int().nullable(),
    undoneBy: z.number().int().nullable(),
    status: z.enum(["running", "done", "partly", "failed", "interrupted"]),
    createdAt: timeMs,
    finishedAt: timeMs.nullable(),
    units: z.number().int(),
    bytes: z.number().int(),
    bytesDone: z.number().int(),
    operations: z.record(z.string(), z.number().int()).openapi({ description: "Operations by status" }),
    error: z.string().nullable(),
  })
  .openapi("Batch");
export type BatchItem = z.infer<typeof batchSchema>;

export const operationStatuses = ["planned", "copied", "published", "done", "failed", "undone"] as const;
export const operationSchema = z
  .object({
    id: z.number().int(),
    unit: z.number().int(),
    proposalId: z.number().int().nullable(),
    fileId: z.number().int().nullable(),
    role: z.enum(["media", "companion"]),
    action: z.enum(["move", "copy", "discard"]),
    source: z.string(),
    dest: z.string(),
    sizeBytes: z.number().int(),
    sha256: z.string().nullable(),
    status: z.enum(operationStatuses),
    error: z.string().nullable(),
  })
  .openapi("Operation");

export const undoSchema = z
  .object({
    batchId: z.number().int().nullable(),
    ready: z.number().int(),
    blocked: z.number().int(),
    items: z.array(
      z.object({
        source: z.string(),
        dest: z.string(),
        status: z.enum(["ready", "blocked"]),
        reasons: z.array(z.string()),
      }),
    ),
  })
  .openapi("Undo");
export type UndoReply = z.infer<typeof undoSchema>;

export const auditSchema = z
  .object({
    id: z.number().int(),
    at: timeMs,
    actor: z.string(),
    action: z.string(),
    fileId: z.number().int().nullable(),
    proposalId: z.number().int().nullable(),
    batchId: z.number().int().nullable(),
    source: z.string().nullable(),
    dest: z.string().nullable(),
    sha256: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi("AuditEntry");
export type AuditItem = z.infer<typeof auditSchema>;

export const stageStatusSchema = z.object({
  name: z.string(),
  version: z.number().int(),
  pending: z.number().int().openapi({
    description:
      "In the queue, or at most so many on their way to it: files that a stage before it has yet to do. Missing files are left out until they are back",
  }),
  running: z.number().int(),
  done: z.number().int(),
  failed: z.number().int(),
  skipped: z.number().int(),
  waitingFor: z.string().nullable().openapi({ description: "Why the stage waits though it has work" }),
});

export const statsSchema = z
  .object({
    library: z.string(),
    output: z.string(),
    paused: z.boolean(),
    idle: z.boolean().openapi({ description: "Nothing runs, nothing that could run waits, every file is still" }),
    files: z.record(z.string(), z.number().int()),
    bytes: z.number().int(),
    missing: z.number().int(),
    states: z.record(z.string(), z.number().int()),
    proposals: z.record(z.string(), z.number().int()),
    stages: z.array(stageStatusSchema),
    running: z.array(
      z.object({ fileId: z.number().int(), stage: z.string(), startedAt: timeMs, progress: z.number().nullable() }),
    ),
    settling: z.number().int(),
    watchedFolders: z.number().int(),
    scan: scanSchema.nullable(),
    batchRunning: z.boolean(),
    services: z.array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        detail: z.string(),
        cost: z.string().nullable(),
        remedy: z.string().nullable(),
      }),
    ),
  })
  .openapi("Stats");
export type Stats = z.infer<typeof statsSchema>;
