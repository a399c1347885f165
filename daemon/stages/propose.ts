import { type ProposalDraft, proposalSchema } from "../contract/naming.ts";
import { readInput, type UnreadInput } from "../naming/read-input.ts";
import { optionsOf, renderName } from "../naming/render.ts";
import { proposeByRules, type RulesOptions } from "../naming/rules.ts";
import { defaultTemplates } from "../naming/templates.ts";
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
    basis: () => Bun.hash(JSON.stringify(options.naming().templates ?? null)).toString(36),
    // A name that only another template has changed is no reason to ask the model again.
    essence: ({ filename: _name, directory: _place, ...draft }) => draft,
    output: proposalSchema,
    async run(input) {
      const read = await readInput(input, options.maxCompanionChars);
      // Taken at the last moment: a run that is under way when templates change must not bring back the old ones.
      return proposeByRules(read, options.naming());
    },
  };
}

/** A refined draft under the name that these templates give it; `byRules` is the rules' own draft, named by them. */
export function renderAgain(
  draft: ProposalDraft,
  byRules: ProposalDraft,
  { templates = defaultTemplates }: RulesOptions,
  path: string,
): ProposalDraft {
  const options = { ...optionsOf(byRules, templates, path), templates, path };
  const { filename, directory } = renderName(draft.kind, draft.fields, options);
  return { ...draft, filename, directory };
}
