import { isDeepStrictEqual } from "node:util";
import { z } from "zod";

// The shapes of Ollama's HTTP API, as its documentation (docs/api.md, docs/api/errors.mdx, docs/openapi.yaml) has them.
// What the test server says must be of them and hold nothing else; what a real server says must be of them.

const when = z.iso.datetime({ offset: true });
const nanoseconds = z.number().int().nonnegative();
const count = z.number().int().nonnegative();

export const errorSchema = z.object({ error: z.string().min(1) });
export const versionSchema = z.object({ version: z.string().min(1) });

export const detailsSchema = z.object({
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()).nullable(),
  parameter_size: z.string(),
  quantization_level: z.string(),
});
export const tagsSchema = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      model: z.string(),
      modified_at: when,
      size: count,
      digest: z.string().regex(/^[0-9a-f]{64}$/),
      details: detailsSchema,
    }),
  ),
});
export const showSchema = z.object({
  modelfile: z.string(),
  parameters: z.string().optional(),
  template: z.string().optional(),
  details: detailsSchema,
  model_info: z.record(z.string(), z.unknown()),
  capabilities: z.array(z.string()).optional(),
});

const chunk = { model: z.string(), created_at: when };
const said = z.object({ role: z.literal("assistant"), content: z.string(), thinking: z.string().optional() });
export const chatPieceSchema = z.object({ ...chunk, message: said, done: z.literal(false) });
export const chatEndSchema = z.object({
  ...chunk,
  message: said,
  done: z.literal(true),
  done_reason: z.enum(["stop", "length", "load", "unload"]),
  total_duration: nanoseconds.optional(),
  load_duration: nanoseconds.optional(),
  prompt_eval_count: count.optional(),
  prompt_eval_duration: nanoseconds.optional(),
  eval_count: count.optional(),
  eval_duration: nanoseconds.optional(),
});
export const chatLineSchema = z.union([chatEndSchema, chatPieceSchema, errorSchema]);

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export const pullLineSchema = z.union([
  // Until the first byte has come, `completed` may be missing.
  z.object({ status: z.string().startsWith("pulling "), digest, total: count, completed: count.optional() }),
  z.object({
    status: z.enum([
      "pulling manifest",
      "verifying sha256 digest",
      "writing manifest",
      "removing any unused layers",
      "success",
    ]),
  }),
  errorSchema,
]);
export type PullLine = z.infer<typeof pullLineSchema>;

/** The value, if it is of the schema's shape and holds nothing beside it. */
export function exactly<T>(schema: z.ZodType<T>, value: T): T {
  const parsed = schema.parse(value);
  if (!isDeepStrictEqual(parsed, value)) throw new Error(`Not of the documented shape: ${JSON.stringify(value)}`);
  return value;
}

/** A line of a stream of JSON objects, checked. */
export const lineOf = <T>(schema: z.ZodType<T>, value: T): string => `${JSON.stringify(exactly(schema, value))}\n`;
