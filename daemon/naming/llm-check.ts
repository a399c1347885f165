import { type FieldName, type Fields, fieldNames } from "../contract/fields.ts";
import type { NamingInput } from "../contract/naming.ts";
import { extensionOf, stemOf } from "./clean-name.ts";
import { findDates } from "./dates.ts";
import { foldText, plainText } from "./text.ts";

const numberFields = new Set<FieldName>(["trackNumber", "discNumber", "episode", "part"]);
/** Fields whose value may well stand in another's as well, or says nothing that could be repeated. */
const apart = new Set<FieldName>(["album", "trackNumber", "discNumber", "year", "part", "source", "date"]);
const relatives = [new Set<FieldName>(["artist", "albumArtist"]), new Set<FieldName>(["title", "mix"])];
/** Fields that may begin with `Live at`: `Live at Leeds` is an album. */
const ownNames = new Set<FieldName>(["artist", "title", "mix", "album", "albumArtist"]);

const camelot = "(?:1[0-2]|0?[1-9])[ABab]";
const musicalKey = `(?:${camelot}|[A-G](?:#|b)?m(?:in|aj)?)`;
const start = "(?<![\\p{L}\\p{N}])";
const end = "(?![\\p{L}\\p{N}])";
/** Numbers that count nothing: tempo, musical key, quality, a year. */
const measures = new RegExp(
  [
    `${start}\\d+(?:[.,]\\d+)?[\\s_-]*(?:bpm|kbps|kbit|khz|hz|bit|fps|p|k)${end}`,
    `${start}bpm[\\s:=_-]*\\d+(?:[.,]\\d+)?`,
    `${start}\\d{2,3}[\\s._-]+${musicalKey}${end}`,
    `${start}${musicalKey}[\\s._-]+\\d{2,3}${end}`,
    `${start}${camelot}${end}`,
    "(?<!\\d)(?:19|20)\\d{2}(?!\\d)",
  ].join("|"),
  "giu",
);

function withoutDates(text: string): string {
  let out = "";
  let at = 0;
  for (const date of findDates(text)) {
    out += `${text.slice(at, date.start)} | `;
    at = date.end;
  }
  return out + text.slice(at);
}

function numbersIn(text: string): Set<number> {
  return new Set([...text.matchAll(/\d+/g)].map(([digits]) => Number(digits)));
}

const countWords: Readonly<Record<string, number>> = { i: 1, ii: 2, iii: 3, iv: 4, v: 5, a: 1, b: 2, c: 3, d: 4 };

/** What a value's numbers are looked for in; made once for a file. */
export interface NumberText {
  /** Numbers of all texts, dates apart. */
  readonly any: ReadonlySet<number>;
  /** Numbers of the name and the title tag that can count something. */
  readonly counting: ReadonlySet<number>;
  /** As `counting`, without the place in the folder that begins the name (`01-`). */
  readonly inside: ReadonlySet<number>;
  /** The name and the title tag, folded, without what counts nothing. */
  readonly folded: string;
}

/** Reads the numbers of a file's texts (`raw`: all of them). */
export function numberTextOf(input: NamingInput, raw: string): NumberText {
  const own = [stemOf(input.path), input.tags.title ?? ""].map((text) =>
    withoutDates(plainText(text)).replace(measures, " | "),
  );
  const countingIn = (texts: readonly string[]) => {
    const found = numbersIn(texts.join("\n"));
    found.delete(Math.round(Number(input.tags.bpm)));
    return found;
  };
  return {
    any: numbersIn(raw.split("\n").map(withoutDates).join("\n")),
    counting: countingIn(own),
    inside: countingIn(own.map((text) => text.replace(/^\W*\d{1,3}(?=[\s._-])/, ""))),
    folded: ` ${own.map(foldText).join(" | ")} `,
  };
}

/** Whether every number of a value stands in the texts as a number of its own: `1` does not stand in `125`. */
export function hasOwnNumbers(field: FieldName, value: string, text: NumberText): boolean {
  if (field === "date" || field === "year") return true;
  if (!numberFields.has(field)) return [...numbersIn(value)].every((number) => text.any.has(number));
  const numbers = field === "trackNumber" ? text.counting : text.inside;
  if (/^\d{1,4}$/.test(value) && numbers.has(Number(value))) return true;
  const folded = foldText(value);
  if (/\D/.test(value) && !/^[a-d]?$/.test(folded)) return text.folded.includes(` ${folded} `);
  if (field !== "part" && field !== "discNumber") return false;
  // `Part II`, `CD B`; an `a` elsewhere is an article.
  const counted = [...text.folded.matchAll(/ (?:part|pt|cd|disc|disk|side|set) (i{1,3}|iv|v|[a-d])(?= )/g)];
  return counted.some(([, word = ""]) => word === folded || countWords[word] === Number(value));
}

function repeats(a: string, b: string): boolean {
  if (a === "" || b === "") return false;
  if (a.replace(/ /g, "") === b.replace(/ /g, "")) return true;
  return ` ${a} `.includes(` ${b} `) || ` ${b} `.includes(` ${a} `);
}

/** The field of the draft whose value the given one repeats, holds or is a part of. */
export function repeatedField(field: FieldName, value: string, fields: Fields): FieldName | undefined {
  const folded = foldText(value).replace(/\b0+(?=\d)/g, "");
  return fieldNames.find((other) => {
    const theirs = fields[other];
    if (other === field || theirs === undefined || relatives.some((pair) => pair.has(field) && pair.has(other)))
      return false;
    // A number is held against names (`99` of `99 Nights`), names never against a number.
    if (apart.has(other) || (apart.has(field) && !numberFields.has(field))) return false;
    return repeats(folded, foldText(theirs).replace(/\b0+(?=\d)/g, ""));
  });
}

/** What is wrong with the form of a value, in words that follow "was left out:"; undefined when nothing is. */
export function faultOf(field: FieldName, value: string, path: string): string | undefined {
  if (field === "date") return undefined;
  if (numberFields.has(field) && /^[-+]/.test(value)) return "it is no number that counts anything";
  const extension = extensionOf(path);
  const at = extension === "" ? -1 : value.toLowerCase().indexOf(extension);
  if (at >= 0 && !/^[\p{L}\p{N}]/u.test(value.slice(at + extension.length))) return "it is a file's name";
  if (/[/\\]/.test(value)) return "it holds a slash";
  if (findDates(value).some(({ readings }) => readings.some(({ day }) => day > 0))) return "it holds a date";
  if (!ownNames.has(field) && /^live\s*(?:at\b|@)/i.test(value)) return "it begins with what the name says anyway";
  const mayBeWhole = field === "artist" || field === "title" || numberFields.has(field);
  return !mayBeWhole && foldText(value) === foldText(plainText(stemOf(path)))
    ? "it is the file's whole name"
    : undefined;
}
