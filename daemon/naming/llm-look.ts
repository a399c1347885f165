import { z } from "zod";
import type { InstalledModel, LlmTrouble } from "../contract/llm.ts";
import { makeClient, reasonOf, untilAborted, watchSilence } from "./ollama.ts";

/** Whether the model can be used; if not, why, and what helps. */
export type ProbeResult = { ok: true } | { ok: false; state: LlmTrouble; reason: string; remedy: string };

/** What a look at Ollama found. */
export interface Look {
  readonly found: ProbeResult;
  /** What Ollama has; empty when it does not answer. */
  readonly installed: readonly InstalledModel[];
  /** Tokens that the model takes at most; null when unknown. */
  readonly contextTokens: number | null;
}

const lookMs = 10_000;
const detailsSchema = z
  .object({ parameter_size: z.string().catch(""), quantization_level: z.string().catch("") })
  .catch({ parameter_size: "", quantization_level: "" });
const tagsSchema = z.object({
  models: z
    .array(
      z.object({
        name: z.string(),
        model: z.string().optional(),
        size: z.number().nonnegative().catch(0),
        details: detailsSchema,
      }),
    )
    .nullable()
    .transform((models) => models ?? []),
});
const showSchema = z.object({
  capabilities: z.array(z.string()).nullish(),
  model_info: z.record(z.string(), z.unknown()).nullish(),
});

/** The length of context a model was made for: `qwen3.context_length` and the like. */
function contextOf(info: Record<string, unknown> | null | undefined): number | null {
  const lengths = Object.entries(info ?? {})
    .filter(([key]) => /^[\w-]+\.context_length$/.test(key))
    .map(([, value]) => Number(value))
    .filter((value) => Number.isSafeInteger(value) && value > 0);
  return lengths.length > 0 ? Math.min(...lengths) : null;
}

const noModel: ProbeResult = {
  ok: false,
  state: "no-model-chosen",
  reason: "No model is chosen.",
  remedy: "Set LLM_MODEL to a model that Ollama has.",
};

function missing(host: string, model: string): ProbeResult {
  return {
    ok: false,
    state: "no-model",
    reason: `Ollama at ${host} does not have the model ${model}.`,
    remedy: `Run: ollama pull ${model}`,
  };
}

function notForChat(model: string): ProbeResult {
  return {
    ok: false,
    state: "cannot-answer",
    reason: `The model ${model} cannot write answers.`,
    remedy: "Set LLM_MODEL to a model for chat.",
  };
}

/** Looks whether Ollama is there, what it has, and whether the model is one that answers. Throws only when aborted. */
export async function lookAt(
  { host, model, silenceMs }: { host: string; model: string; silenceMs: number },
  signal: AbortSignal,
): Promise<Look> {
  const watch = watchSilence(Math.min(silenceMs, lookMs), signal);
  try {
    const client = makeClient(host, watch.signal);
    const { models } = tagsSchema.parse(await untilAborted(client.list(), watch.signal));
    const installed = models.map(({ name, size, details }) => ({
      name,
      sizeBytes: size,
      parameters: details.parameter_size,
      quantization: details.quantization_level,
    }));
    if (model.trim() === "") return { found: noModel, installed, contextTokens: null };
    const names = models.flatMap((one) => [one.name, one.model]);
    if (!names.some((name) => name === model || name === `${model}:latest`))
      return { found: missing(host, model), installed, contextTokens: null };
    const shown = showSchema.parse(await untilAborted(client.show({ model }), watch.signal));
    const found: ProbeResult =
      shown.capabilities && !shown.capabilities.includes("completion") ? notForChat(model) : { ok: true };
    return { found, installed, contextTokens: contextOf(shown.model_info) };
  } catch (error) {
    signal.throwIfAborted();
    const words = error instanceof z.ZodError ? "its answer is not Ollama's" : reasonOf(error);
    const found: ProbeResult = {
      ok: false,
      state: "no-server",
      reason: `Ollama does not answer at ${host}: ${words}`,
      remedy: "Start Ollama (ollama serve) or set OLLAMA_HOST to where it runs.",
    };
    return { found, installed: [], contextTokens: null };
  } finally {
    watch.end();
  }
}
