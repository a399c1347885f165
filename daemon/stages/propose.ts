import { z } from "zod";
import { proposalSchema } from "../contract/naming.ts";
import { groupShown } from "../naming/group.ts";
import { readInput, type UnreadInput } from "../naming/read-input.ts";
import { proposeByRules, type RulesOptions } from "../naming/rules.ts";
import type { Stage } from "../pipeline/stage.ts";

const proposedSchema = z.object({
  draft: proposalSchema,
  /** The release group that the file's name carries, and what the name shows of its order of day and month. */
  group: z.object({ name: z.string(), dateOrder: z.enum(["dm", "md"]).nullable() }).nullable(),
});
export type Proposed = z.infer<typeof proposedSchema>;

/** Proposes a name and a place by rules, from everything known of the file. */
export function makeProposeStage(options: {
  maxCompanionChars: number;
  /** Templates and what a person has taught, as of now. */
  naming: () => RulesOptions;
}): Stage<UnreadInput, Proposed> {
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
    output: proposedSchema,
    run: async (input) => ({
      draft: proposeByRules(await readInput(input, options.maxCompanionChars), options.naming()),
      group: groupShown(input.path, input.siblings),
    }),
  };
}
