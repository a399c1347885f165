import type { RecommendedModel } from "./contract/llm.ts";

interface ModelFacts extends Omit<RecommendedModel, "memoryBytes" | "installed"> {
  /** Memory of one token of context: 2 (keys and values) × layers × heads of keys × size of a head × 2 bytes. */
  readonly contextBytesPerToken: number;
}

/**
 * Models that suit the questions: instructed, without thinking aloud, in Ollama's own library. `qwen3:4b` is not among
 * them, since it is the variant that always thinks first. Sizes are Ollama's downloads (4-bit), shapes and licences those
 * of the models' cards.
 */
const models: readonly ModelFacts[] = [
  {
    name: "qwen3:1.7b",
    size: "small",
    downloadBytes: 1_400_000_000,
    contextBytesPerToken: 2 * 28 * 8 * 128 * 2,
    licence: "Apache-2.0",
    why: "Less to download and to hold in memory, and sooner done without a graphics card",
    checkedOn: "2026-11-25",
  },
  {
    name: "qwen3:4b-instruct",
    size: "better",
    downloadBytes: 2_500_000_000,
    contextBytesPerToken: 2 * 36 * 8 * 128 * 2,
    licence: "Apache-2.0",
    why: "More than twice the parameters: decides better between claims, and made to answer without thinking aloud",
    checkedOn: "2026-11-25",
  },
];

const gigabyte = 1e9;

/** The models, with the memory they need for a context of `contextTokens`: weights and context, in whole gigabytes. */
export function recommendedModels(contextTokens: number, installed: readonly string[]): RecommendedModel[] {
  return models.map(({ contextBytesPerToken, ...facts }) => ({
    ...facts,
    memoryBytes: Math.ceil((facts.downloadBytes + contextTokens * contextBytesPerToken) / gigabyte) * gigabyte,
    installed: installed.includes(facts.name),
  }));
}
