import type { FieldName } from "../contract/fields.ts";
import type { Choice } from "./template-choice.ts";

/** A stretch of a text read as a field's value. */
export interface Reading {
  readonly value: string;
  readonly end: number;
  /** How unlikely it is: the longer a text that could be anything, the more. */
  readonly cost: number;
  /** Digits a track number was padded to beyond what the template says. */
  readonly trackDigits?: number;
}

type FieldOf = Extract<Choice, { what: "field" }>;

/** A text that could be anything counts its length and this, so that few fields of few words win. */
const freeCost = 2;
/** Likewise in a field that mostly has a shape of its own. */
const oddCost = 12;

const weekday = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day";
/** What values mostly look like, in fields that are no free text. Whole numbers are known apart from these. */
const shapes: Partial<Record<FieldName, RegExp>> = {
  trackNumber: /[A-Z]\d{1,2}|[A-Z]{2}\d?(?![\p{L}\p{N}])/uy,
  discNumber: /[1-9]\d?/y,
  year: /\d{4}/y,
  episode: /\d+[A-Za-z]?(?![\p{L}\p{N}])/uy,
  part: /Side [A-Z]\d?(?![\p{L}\p{N}])/uy,
  day: new RegExp(`(?:Day|Weekend|Night) \\d+|${weekday}(?![\\p{L}\\p{N}])`, "uy"),
  source: /festival|concert|club|radioshow|stream/y,
};

const matchAt = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
};

/** Numbers at `at`, the longest first, that a template with these digits would write so. */
function readNumbers({ field, digits }: FieldOf, text: string, at: number): Reading[] {
  const run = /^\d{1,20}/.exec(text.slice(at, at + 20))?.[0] ?? "";
  const readings: Reading[] = [];
  for (let length = run.length; length > 0; length--) {
    const written = run.slice(0, length);
    const end = at + length;
    const value = digits > 0 ? written.replace(/^0+(?=\d)/, "") : written;
    if (field === "discNumber" && (value.length > 2 || value.startsWith("0"))) continue;
    if (field === "year" && length !== 4) continue;
    if (digits === 0 || length === digits || (length > digits && value === written))
      readings.push({ value, end, cost: 0 });
    else if (field === "trackNumber" && length > digits) readings.push({ value, end, cost: 1, trackDigits: length });
  }
  return readings;
}

/** All that could be a field's value at `at`, up to `limit`, the likeliest kinds first. */
export function readValues(choice: FieldOf, text: string, at: number, limit: number): Reading[] {
  const { field, label } = choice;
  const prefix = `${label} `;
  const isLabelled = label !== "" && text.startsWith(prefix, at) && /\d/.test(text[at + prefix.length] ?? "");
  const from = isLabelled ? at + prefix.length : at;
  const shape = shapes[field];
  const isNumber = shape !== undefined && field !== "day" && field !== "source";
  const readings = isNumber && (label === "" || isLabelled) ? readNumbers(choice, text, from) : [];
  const shaped = shape ? matchAt(shape, text, from) : "";
  if (shaped !== "" && !/^\d+$/.test(shaped)) readings.push({ value: shaped, end: from + shaped.length, cost: 0 });
  const base = shape ? oddCost : freeCost;
  if (text[from] === " ") return readings;
  for (let end = from + 1; end <= limit; end++) {
    if (text[end - 1] === " ") continue;
    readings.push({ value: text.slice(from, end), end, cost: base + end - from });
  }
  return readings;
}
