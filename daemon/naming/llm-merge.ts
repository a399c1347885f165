import { type FieldName, fieldNames, setOnly, trackOnly } from "../contract/fields.ts";
import type { NamingInput, ProposalDraft } from "../contract/naming.ts";
import { type Heard, hear, judge, wordOf } from "./llm-judge.ts";
import type { ModelAnswer } from "./llm-reply.ts";
import { renderName } from "./render.ts";
import { type RulesOptions, readByRules } from "./rules.ts";
import { plainText } from "./text.ts";

/** How sure a value of the model's that the texts support is. */
const takenSureness = 0.6;
/** A complete name that the model changed is at most this sure. */
const changedConfidence = 0.7;

/** What an answer was made with. */
export interface Made {
  readonly model: string;
  readonly prompt: string;
  readonly durationMs: number;
}

/** True for a note that a look by the model left (here or in `llm.ts`): the next look replaces it. */
export function isModelNote(note: string): boolean {
  return /^The language model gave |^The model(?: suggests|'s) |^Nothing in the model's answer |; the language model was not asked\.$/.test(
    note,
  );
}

const hasName = ({ kind, fields }: ProposalDraft): boolean =>
  Boolean(fields.artist) && (kind !== "track" || Boolean(fields.title));

function kindOf(answer: ModelAnswer, draft: ProposalDraft, input: NamingInput): ProposalDraft["kind"] {
  // The model may only settle track against set, and only where the rules could not make a name.
  if (hasName(draft) || input.person?.kind !== undefined) return draft.kind;
  if (!answer.kind || answer.kind === "other" || draft.kind === "other") return draft.kind;
  const { durationSec } = input;
  if (durationSec === null) return draft.kind;
  return (answer.kind === "set") === durationSec >= 900 ? answer.kind : draft.kind;
}

type Merged = Pick<ProposalDraft, "kind" | "fields" | "evidence" | "sureness" | "alternatives" | "notes"> & {
  used: number;
};

/** Takes one value into what is merged so far. */
function mergeField(
  field: FieldName,
  value: string,
  {
    merged,
    draft,
    heard,
    rulesSureness,
  }: { merged: Merged; draft: ProposalDraft; heard: Heard; rulesSureness: number },
): void {
  const { fields, evidence, alternatives } = merged;
  const before = fields[field];
  const others = (evidence[field] ?? []).filter(({ source }) => source !== "llm");
  // What an earlier look took or agreed to stays.
  const isSettled = others.length < (evidence[field] ?? []).length;
  const verdict = judge(field, value, { draft, fields, sureness: isSettled ? 1 : rulesSureness, heard });
  if (verdict.what === "leave") {
    if (verdict.note) merged.notes.push(verdict.note);
    return;
  }
  merged.used++;
  if (verdict.what === "for") {
    if (!isSettled) evidence[field] = [...others, wordOf(value, heard)];
    return;
  }
  const rest = (alternatives[field] ?? []).filter((other) => other.value !== verdict.value);
  if (before !== undefined)
    alternatives[field] = [{ value: before, ...(others[0] ?? { source: "rule", text: "" }) }, ...rest];
  fields[field] = verdict.value;
  evidence[field] = verdict.evidence;
  merged.sureness[field] = takenSureness;
}

function mergeKind(merged: Merged, before: ProposalDraft["kind"], durationSec: number | null): void {
  if (merged.kind === before || durationSec === null) return;
  const length = `${Math.round(durationSec / 60)} min long`;
  merged.evidence.kind = [{ source: "llm", text: length }, ...(merged.evidence.kind ?? [])];
}

/** How sure the whole name is after the model's look. */
function confidenceOf(draft: ProposalDraft, state: { isChanged: boolean; isRenamed: boolean; isNew: boolean }): number {
  const { confidence } = draft;
  if (!state.isChanged) return Math.max(confidence, Math.min(0.99, Math.round((confidence + 0.03) * 100) / 100));
  if (!hasName(draft)) return Math.max(confidence, state.isNew ? 0.5 : 0.2);
  return state.isRenamed ? Math.min(confidence, changedConfidence) : confidence;
}

/** Merges all fields of an answer that fit the kind. What a person set, also that a field stays empty, is not touched. */
function mergeFields(
  input: NamingInput,
  draft: ProposalDraft,
  answer: ModelAnswer,
  rulesSureness: ProposalDraft["sureness"],
): Merged {
  const heard = hear(input);
  const merged: Merged = {
    kind: kindOf(answer, draft, input),
    fields: { ...draft.fields },
    evidence: { ...draft.evidence },
    sureness: { ...draft.sureness },
    alternatives: { ...draft.alternatives },
    notes: [...draft.notes],
    used: 0,
  };
  mergeKind(merged, draft.kind, input.durationSec);
  for (const field of fieldNames) {
    const value = plainText(answer.fields[field] ?? "");
    if (value === "" || (merged.kind === "track" ? setOnly : trackOnly).has(field)) continue;
    if (input.person?.[field] !== undefined) continue;
    const sure = rulesSureness[field] ?? (merged.fields[field] === undefined ? 0 : 1);
    mergeField(field, value, { merged, draft, heard, rulesSureness: sure });
  }
  return merged;
}

/**
 * Takes from the model's answer what the file's own texts support and the rules do not know better, field by field,
 * and renders the name anew. Returns the rules' draft with notes when nothing could be used.
 */
export function mergeAnswer(
  input: NamingInput,
  draft: ProposalDraft,
  answer: ModelAnswer,
  made: Made,
  options: RulesOptions = {},
): ProposalDraft {
  const { rendering, draft: read } = readByRules(input, options);
  const { used, ...merged } = mergeFields(input, draft, answer, read.sureness);
  if (used === 0) return { ...draft, notes: [...merged.notes, "Nothing in the model's answer could be used."] };
  const { filename, directory, isNew } = renderName(merged.kind, merged.fields, rendering);
  const isChanged =
    merged.kind !== draft.kind || fieldNames.some((field) => merged.fields[field] !== draft.fields[field]);
  const isSameMaker = draft.model === made.model && draft.prompt === made.prompt;
  // A second look that finds nothing new leaves a refined draft as it is.
  if (!isChanged && draft.engine === "ollama") return { ...draft, ...(isSameMaker ? {} : made), notes: merged.notes };
  const isRenamed = filename !== draft.filename || directory !== draft.directory;
  const confidence = confidenceOf(draft, { isChanged, isRenamed, isNew });
  return { ...merged, filename, directory, confidence, engine: "ollama", ...made };
}
