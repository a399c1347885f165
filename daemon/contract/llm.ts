import { z } from "@hono/zod-openapi";

/** What keeps the language model from being used. `unknown`: nobody has looked yet. */
export const llmTroubles = ["unknown", "no-server", "no-model", "no-model-chosen", "cannot-answer"] as const;
export type LlmTrouble = (typeof llmTroubles)[number];
export const llmStates = ["ok", ...llmTroubles] as const;
export type LlmState = (typeof llmStates)[number];

export const installedModelSchema = z
  .object({
    name: z.string(),
    sizeBytes: z.number().int().nonnegative(),
    parameters: z.string().openapi({ example: "4.0B" }),
    quantization: z.string().openapi({ example: "Q4_K_M" }),
  })
  .openapi("InstalledModel");
export type InstalledModel = z.infer<typeof installedModelSchema>;

export const recommendedModelSchema = z
  .object({
    name: z.string(),
    size: z.enum(["small", "better"]),
    downloadBytes: z.number().int().positive(),
    memoryBytes: z.number().int().positive().openapi({ description: "With the context that is asked for" }),
    licence: z.string(),
    why: z.string(),
    checkedOn: z.string().openapi({ description: "Day on which these facts were looked up", example: "2026-01-31" }),
    installed: z.boolean(),
  })
  .openapi("RecommendedModel");
export type RecommendedModel = z.infer<typeof recommendedModelSchema>;

export const pullStates = ["running", "done", "failed", "cancelled"] as const;
/** A download by Ollama, under way or the last one. */
export const llmPullSchema = z
  .object({
    model: z.string(),
    state: z.enum(pullStates),
    status: z.string().openapi({ description: "In Ollama's own words", example: "pulling manifest" }),
    completedBytes: z.number().int().nonnegative(),
    totalBytes: z.number().int().nonnegative().openapi({ description: "As far as it is known; 0: not yet" }),
    startedAt: z.number().int(),
    error: z.string().nullable(),
    remedy: z.string().nullable(),
  })
  .openapi("ModelPull");
export type LlmPull = z.infer<typeof llmPullSchema>;

export const llmSchema = z
  .object({
    host: z.string(),
    model: z.string(),
    state: z.enum(llmStates),
    reason: z.string().nullable(),
    remedy: z.string().nullable(),
    prompt: z.string().openapi({ description: "Version of the prompt that is asked with" }),
    installed: z.array(installedModelSchema),
    recommended: z.array(recommendedModelSchema),
    pull: llmPullSchema.nullable(),
  })
  .openapi("LanguageModel");
export type LlmReply = z.infer<typeof llmSchema>;

/** `[host[:port]/][namespace/]model[:tag]`, as Ollama names models. */
export const modelNameSchema = z
  .string()
  .max(200)
  .regex(/^[a-z0-9][\w.-]*(?::\d{1,5}(?=\/))?(?:\/[a-z0-9][\w.-]*){0,3}(?::[\w.-]+)?$/i, "This is no model's name")
  .refine((name) => !name.includes(".."), "This is no model's name");

/** Why a download was not started, and what helps. */
export type PullRefusal = { ok: false; why: "busy" | "away"; reason: string; remedy: string };

/** The language model, as the API shows and steers it. */
export interface LlmControl {
  describe(): LlmReply;
  /** Has Ollama download a model. */
  pull(model: string): Promise<{ ok: true; pull: LlmPull } | PullRefusal>;
  /** Stops the download; false when there is none. */
  cancelPull(): boolean;
}
