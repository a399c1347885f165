import {
  type Evidence,
  type FieldName,
  type Fields,
  fieldNames,
  type NamingInput,
  type ProposalDraft,
  setOnly,
  trackOnly,
} from "../contract/naming.ts";
import type { Templates } from "../contract/templates.ts";
import { agreedDate, findDates } from "./dates.ts";
import { faultOf, hasOwnNumbers, type NumberText, numberTextOf, repeatedField } from "./llm-check.ts";
import type { ModelAnswer } from "./llm-reply.ts";
import { isGenericFolder, isHostile, isJunkAlbum, isJunkArtist, isJunkTitle, isMark } from "./noise.ts";
import { renderName } from "./render.ts";
import { type RulesReading, readByRules } from "./rules.ts";
import { type InputText, isSupported, textOfInput } from "./support.ts";
import { foldText, isSimilar, plainText } from "./text.ts";

/** From here on a rules' value stays even when the model says otherwise. */
const strong = 0.6;
const sources = new Set(["festival", "concert", "club", "radioshow", "stream"]);
/** How sure a value of the model's that the texts support is. */
const takenSureness = 0.6;
/** A complete name that the model changed is at most this sure. */
const changedConfidence = 0.7;
const remarkTags = /^(?:comment|description|url|purl|website|encodedBy|lyrics|synopsis)$/i;

/** The input without remarks and without lines that try to give orders: only what names the recording supports a value. */
export function trustedInput(input: NamingInput): NamingInput {
  const tags = Object.entries(input.tags).filter(([key, text]) => !remarkTags.test(key) && !isHostile(text));
  const companions = input.companions.map(({ name, text }) => ({
    name,
    text: text
      .split(/\r\n|\r|\n/)
      .filter((line) => !isHostile(line))
      .join("\n"),
  }));
  return { ...input, tags: Object.fromEntries(tags), companions };
}

function isJunk(field: FieldName, value: string): boolean {
  if (isHostile(value) || isMark(value)) return true;
  if (field === "artist" || field === "albumArtist") return isJunkArtist(value) || isGenericFolder(value);
  if (field === "title") return isJunkTitle(value);
  if (field === "album") return isJunkAlbum(value) || isGenericFolder(value);
  return field === "event" || field === "venue" ? isGenericFolder(value) : false;
}

/** A date counts only when one reading of a date in names or headlines gives it. */
function isSureDate(value: string, input: NamingInput): boolean {
  if (!/^\d{4}-(?:\d{2}|xx)-(?:\d{2}|xx)$/.test(value)) return false;
  const lines = [
    input.path,
    input.tags.title ?? "",
    ...input.companions.flatMap(({ text }) => text.split("\n").slice(0, 200)),
  ];
  const texts = lines
    .filter((line) => !/\b(?:rip|ripped|encoded|released?|upload|uploaded|store)\b/i.test(line))
    .map(plainText);
  return texts.some((text) =>
    findDates(text).some((date) => date.readings.length === 1 && agreedDate(date.readings) === value),
  );
}

/** True for a note that a look by the model left (here or in `llm.ts`): the next look replaces it. */
export function isModelNote(note: string): boolean {
  return /^The language model gave |^The model(?: suggests|'s) |^Nothing in the model's answer |; the language model was not asked\.$/.test(
    note,
  );
}

/** `take` the value, count it as a word `for` the rules' own, or leave it, mostly with a note. */
type Verdict = { what: "take" } | { what: "for" } | { what: "leave"; note?: string };

/** What a file's texts say, read once for all fields. */
interface Heard {
  readonly input: NamingInput;
  readonly text: InputText;
  readonly numbers: NumberText;
}

function judge(field: FieldName, value: string, fields: Fields, sureness: number, heard: Heard): Verdict {
  const { input, text, numbers } = heard;
  const rules = fields[field];
  if (rules !== undefined && (value === rules || (foldText(value) === foldText(rules) && foldText(value) !== "")))
    return { what: "for" };
  if (field === "source")
    return sources.has(value) &&
      rules === undefined &&
      foldText(text.raw).includes(value === "radioshow" ? "radio" : value)
      ? { what: "take" }
      : { what: "leave" };
  const fault = faultOf(field, value, input.path);
  const repeated = repeatedField(field, value, fields);
  if (fault || repeated)
    return {
      what: "leave",
      note: `The model's ${field} "${value}" was left out: ${fault ?? `it repeats the ${repeated}`}.`,
    };
  if (rules !== undefined && isSimilar(value, rules)) return { what: "for" };
  if (rules !== undefined && (sureness >= strong || field === "date")) {
    return { what: "leave", note: `The model suggests ${field} "${value}"; "${rules}" has better evidence.` };
  }
  const stands =
    field === "date"
      ? isSureDate(value, input)
      : !isJunk(field, value) && isSupported(field, value, text) && hasOwnNumbers(field, value, numbers);
  return stands
    ? { what: "take" }
    : { what: "leave", note: `The model's ${field} "${value}" stands nowhere in the file's texts and was left out.` };
}

function excerptOf(value: string, input: NamingInput): string {
  const wanted = foldText(value);
  const lines = [
    input.path,
    ...Object.values(input.tags),
    ...input.companions.flatMap(({ text }) => text.split("\n")),
    ...input.siblings,
  ];
  return (lines.find((line) => foldText(plainText(line)).includes(wanted)) ?? input.path).trim().slice(0, 300);
}

function kindOf(
  answer: ModelAnswer,
  draft: ProposalDraft,
  input: NamingInput,
  hasName: boolean,
): ProposalDraft["kind"] {
  // The model may only settle track against set, and only where the rules could not make a name.
  if (hasName || !answer.kind || answer.kind === "other" || draft.kind === "other") return draft.kind;
  const { durationSec } = input;
  if (durationSec === null) return draft.kind;
  return (answer.kind === "set") === durationSec >= 900 ? answer.kind : draft.kind;
}

/**
 * Takes from the model's answer what the file's own texts support and the rules do not know better, field by field,
 * and renders the name anew. Returns the rules' draft with notes when nothing could be used.
 */
export function mergeAnswer(
  input: NamingInput,
  draft: ProposalDraft,
  answer: ModelAnswer,
  templates?: Templates,
): ProposalDraft {
  const reading: RulesReading = readByRules(input, templates ? { templates } : {});
  const trusted = trustedInput(input);
  const text = textOfInput(trusted);
  const heard: Heard = { input: trusted, text, numbers: numberTextOf(trusted, text.raw) };
  const hasName = Boolean(draft.fields.artist) && (draft.kind !== "track" || Boolean(draft.fields.title));
  const kind = kindOf(answer, draft, input, hasName);
  const fields = { ...draft.fields };
  const evidence = { ...draft.evidence };
  const sureness = { ...draft.sureness };
  const alternatives = { ...draft.alternatives };
  const notes = [...draft.notes];
  let used = 0;
  for (const field of fieldNames) {
    const value = plainText(answer.fields[field] ?? "");
    if (value === "" || (kind === "track" ? setOnly : trackOnly).has(field)) continue;
    const before = fields[field];
    const word: Evidence = { source: "llm", text: excerptOf(value, trusted) };
    const others = (evidence[field] ?? []).filter(({ source }) => source !== "llm");
    // What an earlier look took or agreed to stays.
    const isSettled = others.length < (evidence[field] ?? []).length;
    const sure = isSettled ? 1 : (reading.draft.sureness[field] ?? (before === undefined ? 0 : 1));
    const verdict = judge(field, value, fields, sure, heard);
    if (verdict.what === "take") {
      if (before !== undefined)
        alternatives[field] = [
          { value: before, ...(evidence[field]?.[0] ?? { source: "rule", text: "" }) },
          ...(alternatives[field] ?? []).filter((other) => other.value !== value),
        ];
      fields[field] = value;
      evidence[field] = [word];
      sureness[field] = takenSureness;
      used++;
    } else if (verdict.what === "for") {
      if (!isSettled) evidence[field] = [...others, word];
      used++;
    } else if (verdict.note) notes.push(verdict.note);
  }
  if (used === 0) return { ...draft, notes: [...notes, "Nothing in the model's answer could be used."] };
  const rendered = renderName(kind, fields, { ...reading.rendering, templates });
  const isChanged = kind !== draft.kind || fieldNames.some((field) => fields[field] !== draft.fields[field]);
  // A second look that finds nothing new leaves a refined draft as it is.
  if (!isChanged && draft.engine === "ollama") return { ...draft, notes };
  const isRenamed = rendered.filename !== draft.filename || rendered.directory !== draft.directory;
  let confidence = draft.confidence;
  if (!isChanged) confidence = Math.max(confidence, Math.min(0.99, Math.round((confidence + 0.03) * 100) / 100));
  else if (!hasName) confidence = Math.max(confidence, rendered.isNew ? 0.5 : 0.2);
  else if (isRenamed) confidence = Math.min(confidence, changedConfidence);
  return {
    kind,
    fields,
    filename: rendered.filename,
    directory: rendered.directory,
    confidence,
    engine: "ollama",
    evidence,
    sureness,
    alternatives,
    notes,
  };
}
