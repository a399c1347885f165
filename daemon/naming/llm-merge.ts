import { type Evidence, type FieldName, fieldNames, type NamingInput, type ProposalDraft } from "../contract/naming.ts";
import { stemOf } from "./clean-name.ts";
import { agreedDate, findDates } from "./dates.ts";
import type { ModelAnswer } from "./llm-reply.ts";
import { isGenericFolder, isHostile, isJunkAlbum, isJunkArtist, isJunkTitle, isMark } from "./noise.ts";
import { renderName } from "./render.ts";
import { type RulesReading, readByRules } from "./rules.ts";
import { type InputText, isSupported, textOfInput } from "./support.ts";
import type { Templates } from "./templates.ts";
import { foldText, isSimilar, plainText } from "./text.ts";

/** From here on a rules' value stays even when the model says otherwise. */
const strong = 0.6;
const sources = new Set(["festival", "concert", "club", "radioshow", "stream"]);
const numberFields = new Set<FieldName>(["trackNumber", "discNumber", "episode", "part"]);
const trackFields = new Set<FieldName>(["title", "mix", "album", "albumArtist", "trackNumber", "discNumber", "year"]);
const setFields = new Set<FieldName>(["event", "episode", "venue", "stage", "day", "part", "source", "date"]);
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

type Verdict = { accept: true } | { accept: false; note?: string };

function judge(
  field: FieldName,
  value: string,
  rules: string | undefined,
  sureness: number,
  input: NamingInput,
  text: InputText,
): Verdict {
  if (rules !== undefined && (isSimilar(value, rules) || foldText(value) === foldText(rules))) return { accept: false };
  if (rules !== undefined && (sureness >= strong || field === "date")) {
    return { accept: false, note: `The model suggests ${field} "${value}"; "${rules}" has better evidence.` };
  }
  if (field === "source")
    return sources.has(value) &&
      rules === undefined &&
      foldText(text.raw).includes(value === "radioshow" ? "radio" : value)
      ? { accept: true }
      : { accept: false };
  const nowhere = {
    accept: false,
    note: `The model's ${field} "${value}" stands nowhere in the file's texts and was left out.`,
  } as const;
  if (field === "date") return isSureDate(value, input) ? { accept: true } : nowhere;
  const own = numberFields.has(field)
    ? textOfInput({
        ...input,
        path: stemOf(input.path),
        companions: [],
        siblings: [],
        tags: { title: input.tags.title ?? "" },
      })
    : text;
  if (isJunk(field, value) || !isSupported(field, value, own)) return nowhere;
  return { accept: true };
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
  const hasName = Boolean(draft.fields.artist) && (draft.kind !== "track" || Boolean(draft.fields.title));
  const kind = kindOf(answer, draft, input, hasName);
  const fields = { ...draft.fields };
  const evidence = { ...draft.evidence };
  const notes = [...draft.notes];
  let used = 0;
  for (const field of fieldNames) {
    const value = plainText(answer.fields[field] ?? "");
    if (value === "" || (kind === "track" ? setFields : trackFields).has(field)) continue;
    const rules = fields[field];
    const heard: Evidence = { source: "llm", text: excerptOf(value, trusted) };
    const verdict = judge(field, value, rules, reading.sureness[field] ?? (rules === undefined ? 0 : 1), trusted, text);
    if (verdict.accept) {
      fields[field] = value;
      evidence[field] = [heard];
      used++;
    } else if (verdict.note) {
      notes.push(verdict.note);
    } else if (rules !== undefined) {
      evidence[field] = [...(evidence[field] ?? []), heard];
      used++;
    }
  }
  if (used === 0) return { ...draft, notes: [...notes, "Nothing in the model's answer could be used."] };
  const rendered = renderName(kind, fields, { templates, path: input.path, manyDiscs: reading.manyDiscs });
  const changed = JSON.stringify(fields) !== JSON.stringify(draft.fields);
  const confidence = changed
    ? Math.max(draft.confidence, rendered.isNew ? 0.5 : 0.2)
    : Math.min(0.99, draft.confidence + 0.03);
  return {
    kind,
    fields,
    filename: rendered.filename,
    directory: rendered.directory,
    confidence,
    engine: "ollama",
    evidence,
    notes,
  };
}
