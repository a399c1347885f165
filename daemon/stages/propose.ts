import { type ProposalDraft, proposalSchema } from "../contract/naming.ts";
import { readInput, type UnreadInput } from "../naming/read-input.ts";
import { proposeByRules } from "../naming/rules.ts";
import type { Stage } from "../pipeline/stage.ts";

/** Proposes a name and a place by rules, from everything known of the file. */
export function makeProposeStage(options: { maxCompanionChars: number }): Stage<UnreadInput, ProposalDraft> {
  return {
    name: "propose",
    version: 1,
    kinds: ["music", "video"],
    needs: ["hash"],
    after: ["tags"],
    pool: "io",
    readsFolder: true,
    output: proposalSchema,
    run: async (input) => proposeByRules(await readInput(input, options.maxCompanionChars)),
  };
}
