import type { FieldName, Fields } from "../contract/fields.ts";
import type { Alternative, Evidence, NamingInput, ProposalDraft } from "../contract/naming.ts";
import { agreedDate, findDates } from "./dates.ts";
import { faultOf, hasOwnNumbers, type NumberText, numberTextOf, repeatedField } from "./llm-check.ts";
import { isOrder, trustedInput } from "./llm-orders.ts";
import { isGenericFolder, isJunkAlbum, isJunkArtist, isJunkTitle, isMark } from "./noise.ts";
import { type InputText, isSupported, textOfInput } from "./support.ts";
import { foldText, isSimilar, plainText } from "./text.ts";

/** From here on a rules' value stays even when the model says otherwise. */
const strong = 0.6;
const sources = new Set(["festival", "concert", "club", "radioshow", "stream"]);
/** Fields that differ from file to file in a folder: what stands in a sibling's name says nothing of this file. */
const ofOneFile = new Set<FieldName>(["title", "mix", "day", "part"]);
/** Places outside the texts that the model is shown; what the rules claim from there needs no support by them. */
const otherPlaces = new Set<Evidence["source"]>(["library", "fingerprint", "tracklist", "audio", "person", "rule"]);

/** `take` the value, count it as a word `for` the rules' own, or leave it, mostly with a note. */
export type Verdict =
  | { what: "take"; value: string; evidence: Evidence[] }
  | { what: "for" }
  | { what: "leave"; note?: string };

/** What a file's texts say, read once for all fields. */
export interface Heard {
  /** Without remarks and orders. */
  readonly input: NamingInput;
  /** The path as it is. */
  readonly path: string;
  readonly text: InputText;
  /** The same without the names of other files. */
  readonly own: InputText;
  /** All texts, also those that are not trusted. */
  readonly all: InputText;
  readonly numbers: NumberText;
}

/** Reads a file's texts for `judge`. */
export function hear(input: NamingInput): Heard {
  const trusted = trustedInput(input);
  const text = textOfInput(trusted);
  return {
    input: trusted,
    path: input.path,
    text,
    own: textOfInput({ ...trusted, siblings: [] }),
    all: textOfInput(input),
    numbers: numberTextOf(trusted, text.raw),
  };
}

function isJunk(field: FieldName, value: string): boolean {
  if (isOrder(value) || isMark(value)) return true;
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

/** The model's word for a value, with the line that it stands in. */
export function wordOf(value: string, heard: Heard): Evidence {
  return { source: "llm", text: excerptOf(value, heard.input) };
}

/** Whether the texts bear a value out. */
function stands(field: FieldName, value: string, { input, text, own, numbers }: Heard): boolean {
  if (isJunk(field, value)) return false;
  if (field === "date") return isSureDate(value, input);
  return isSupported(field, value, ofOneFile.has(field) ? own : text) && hasOwnNumbers(field, value, numbers);
}

/** Another value that the rules claim for the field, when the model chose it. */
function chosenClaim(field: FieldName, value: string, draft: ProposalDraft): Alternative | undefined {
  const folded = foldText(value);
  return draft.alternatives[field]?.find((one) => folded !== "" && foldText(one.value) === folded);
}

/** A note on a value that was left out. A value that only untrusted text gives is not repeated: it may be an order's. */
function noteOf(field: FieldName, value: string, fault: string | undefined, { text, all }: Heard): string {
  const isTrusted = isSupported(field, value, text) || !isSupported(field, value, all);
  if (!isTrusted || isOrder(value))
    return `The model's ${field} was left out: it stands only in a remark or in text that gives orders.`;
  return fault
    ? `The model's ${field} "${value}" was left out: ${fault}.`
    : `The model's ${field} "${value}" stands nowhere in the file's texts and was left out.`;
}

function judgeSource(value: string, rules: string | undefined, heard: Heard): Verdict {
  const word = value === "radioshow" ? "radio" : value;
  const isSaid = sources.has(value) && rules === undefined && foldText(heard.text.raw).includes(word);
  return isSaid ? { what: "take", value, evidence: [wordOf(value, heard)] } : { what: "leave" };
}

/**
 * What becomes of the model's value for a field. `fields`: what is settled so far. `sureness`: how sure the rules are of
 * theirs.
 */
export function judge(
  field: FieldName,
  value: string,
  { draft, fields, sureness, heard }: { draft: ProposalDraft; fields: Fields; sureness: number; heard: Heard },
): Verdict {
  const rules = fields[field];
  if (rules !== undefined && (value === rules || (foldText(value) === foldText(rules) && foldText(value) !== "")))
    return { what: "for" };
  if (field === "source") return judgeSource(value, rules, heard);
  const repeated = repeatedField(field, value, fields);
  const fault = faultOf(field, value, heard.path) ?? (repeated && `it repeats the ${repeated}`);
  if (fault) return { what: "leave", note: noteOf(field, value, fault, heard) };
  if (rules !== undefined && isSimilar(value, rules)) return { what: "for" };
  if (rules !== undefined && (sureness >= strong || field === "date")) {
    const isShown = isSupported(field, value, heard.text) || !isSupported(field, value, heard.all);
    return isShown && !isOrder(value)
      ? { what: "leave", note: `The model suggests ${field} "${value}"; "${rules}" has better evidence.` }
      : { what: "leave", note: noteOf(field, value, undefined, heard) };
  }
  const word = wordOf(value, heard);
  const claim = chosenClaim(field, value, draft);
  const isElsewhere = claim !== undefined && otherPlaces.has(claim.source) && !isOrder(claim.value + claim.text);
  if (claim && (isElsewhere || stands(field, claim.value, heard))) {
    const { value: spelled, ...place } = claim;
    return { what: "take", value: spelled, evidence: [place, word] };
  }
  return stands(field, value, heard)
    ? { what: "take", value, evidence: [word] }
    : { what: "leave", note: noteOf(field, value, undefined, heard) };
}
