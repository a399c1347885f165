import { type NamingInput, type ProposalDraft, proposalSchema } from "../contract/naming.ts";
import { readInput, type UnreadInput } from "../naming/read-input.ts";
import type { Stage } from "../pipeline/stage.ts";

/**
 * Asks the language model about one file; calls that come together are asked in one request. `alive` is called as long
 * as the answer can be hoped for. Throws a BlockedError when the model has gone away.
 */
export type AskModel = (
  input: NamingInput,
  draft: ProposalDraft,
  signal: AbortSignal,
  alive: () => void,
) => Promise<ProposalDraft>;

export interface RefineInput extends UnreadInput {
  draft: ProposalDraft;
}

/** Lets the local language model look over what the rules proposed. Waits, and says so, while Ollama is away. */
export function makeRefineStage(options: {
  ask: AskModel;
  /** Why the model cannot be asked now; null when it can. */
  unavailable: () => string | null;
  maxCompanionChars: number;
}): Stage<RefineInput, ProposalDraft> {
  return {
    name: "refine",
    version: 1,
    kinds: ["music", "video"],
    needs: ["propose"],
    after: [],
    pool: "llm",
    readsFolder: false,
    output: proposalSchema,
    blockedBy: options.unavailable,
    async run({ draft, ...input }, tools, signal) {
      if (draft.kind === "other") return { skipped: "Stays where it is: nothing to refine" };
      tools.progress();
      return options.ask(await readInput(input, options.maxCompanionChars), draft, signal, () => tools.progress());
    },
  };
}
