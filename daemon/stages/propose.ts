import { type ProposalDraft, proposalSchema } from "../contract/naming.ts";
import { readInput, type UnreadInput } from "../naming/read-input.ts";
import { proposeByRules, type RulesOptions } from "../naming/rules.ts";
import type { Stage } from "../pipeline/stage.ts";

/** Proposes a name and a place by rules, from everything known of the file. */
export function makeProposeStage(options: {
  maxCompanionChars: number;
  /** Templates and what a person has taught, as of now. */
  naming: () => RulesOptions;
}): Stage<UnreadInput, ProposalDraft> {
  return {
    name: "propose",
    version: 2,
    kinds: ["music", "video"],
    needs: ["hash"],
    after: ["tags"],
    together: "tags",
    again: ["rhythm", "key", "identify"],
    pool: "io",
    readsFolder: true,
    output: proposalSchema,
    run: async (input) => proposeByRules(await readInput(input, options.maxCompanionChars), options.naming()),
  };
}
