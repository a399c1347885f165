import type { Fields } from "../contract/fields.ts";
import type { EvidenceKey, NamingInput, ProposalDraft } from "../contract/naming.ts";
import { applyPerson } from "./person.ts";
import { renderName } from "./render.ts";
import { type RulesOptions, readByRules } from "./rules.ts";

/** Changes of a person: a text sets a field (an empty one clears it), null leaves it to the engines again. */
export type Changes = Partial<Record<EvidenceKey, string | null | undefined>>;

/**
 * A draft with a person's changes. What the model found stays; only another kind, or a field that is left to the engines
 * again, has all of it read anew. `input.person` holds what is set after the changes.
 */
export function editDraft(
  input: NamingInput,
  draft: ProposalDraft,
  changes: Changes,
  options: RulesOptions,
): ProposalDraft {
  const reading = readByRules(input, options);
  const isAnew = Object.values(changes).includes(null) || changes.kind !== undefined;
  if (isAnew) return reading.draft;
  const person = Object.fromEntries(
    Object.entries(changes).filter(([field, value]) => field !== "kind" && typeof value === "string"),
  ) as Fields;
  const settled = applyPerson(draft, person);
  const { filename, directory, isNew } = renderName(draft.kind, settled.fields, reading.rendering);
  const evidence = { ...(draft.evidence.kind ? { kind: draft.evidence.kind } : {}), ...settled.evidence };
  const read = reading.draft.confidence;
  const confidence = isNew ? Math.max(draft.confidence, read) : Math.min(draft.confidence, read);
  return { ...draft, ...settled, evidence, filename, directory, confidence };
}
