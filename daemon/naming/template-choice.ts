import type { FieldName } from "../contract/fields.ts";
import { type TemplateField, templateFields } from "./templates.ts";

/** Something wrong with a template, and where: index of UTF-16 units from 0, and how many of them. */
export interface TemplateError {
  readonly at: number;
  readonly length: number;
  readonly message: string;
}

/** One of the things between braces, the first known of which is taken. */
export type Choice =
  /** `digits`: at least so many, 0 for as it is; `label`: word to go before a number. */
  | { readonly what: "field"; readonly field: FieldName; readonly digits: number; readonly label: string }
  /** Pieces are `YYYY`, `MM`, `DD` and what stands between them. */
  | { readonly what: "date"; readonly pieces: readonly string[] }
  | { readonly what: "literal"; readonly text: string };

/** Takes an error: where, how long, and what. */
export type Complain = (at: number, length: number, message: string) => void;

const datePattern = /^(?:YYYY|MM|DD)(?:[-._, ]*(?:YYYY|MM|DD))*$/i;
const padPattern = /^0{1,9}$/;
const fieldsByWord = new Map(templateFields.map((field) => [field.word.toLowerCase(), field]));

/** How many letters must be put in, left out or replaced to make one word the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** What to write in place of a word that is no field. */
function remedyFor(word: string): string {
  const folded = word.toLowerCase();
  if (folded === "date") return "Write the date as YYYY.MM.DD.";
  const near = templateFields
    .map((field) => ({ word: field.word, away: distance(folded.slice(0, 40), field.word.toLowerCase()) }))
    .sort((a, b) => a.away - b.away)[0];
  if (near && near.away <= Math.max(2, word.length / 2)) return `Did you mean ${near.word}?`;
  return `Fields are ${templateFields.map((field) => field.word).join(", ")} and YYYY.MM.DD.`;
}

/** A text between quotes, from the quote at `at` to the one that ends it. */
function quotedChoice(piece: string, at: number, complain: Complain): Choice | null {
  const [quoted = ""] = /^"(?:\\.|[^"\\])*"/.exec(piece) ?? [];
  const rest = piece.slice(quoted.length);
  const text = quoted.slice(1, -1).replace(/\\(.)/gs, "$1");
  if (rest.trim() !== "") complain(at + quoted.length, rest.length, "A text in quotes stands alone, or beside or.");
  else if (text.trim() === "") complain(at, quoted.length, "The quotes are empty. Write what stands in for the field.");
  else if (text.includes("/")) complain(at, quoted.length, "A text in quotes cannot hold a /.");
  else return { what: "literal", text };
  return null;
}

/** The digits a number is padded to; null, with the error told, when that is not possible. */
function digitsOf(known: TemplateField, format: string | undefined, at: number, complain: Complain): number | null {
  if (format === undefined) return 0;
  if (!known.isNumber) complain(at, format.length + 1, `Only numbers can be padded, and ${known.word} is none.`);
  else if (!padPattern.test(format.trim()))
    complain(at, format.length + 1, `Padding is written as zeros: {${known.word}:00} makes two digits.`);
  else return format.trim().length;
  return null;
}

function fieldChoice(piece: string, at: number, complain: Complain): Choice | null {
  const [, name = "", gap = "", , format] = /^([^:]*?)((\s+)N)?\s*(?::(.*))?$/is.exec(piece) ?? [];
  const word = name.trimEnd();
  const known = fieldsByWord.get(word.toLowerCase());
  if (!known) {
    const length = Math.max(1, word.length || piece.length);
    const message = word.includes("/")
      ? "A / cannot stand between braces. It parts folders: write {YYYY}/{MM}."
      : `There is no field ${word || piece}. ${remedyFor(word || piece)}`;
    complain(at, length, message);
    return null;
  }
  const colon = piece.indexOf(":");
  const digits = digitsOf(known, format, at + Math.max(0, colon), complain);
  if (gap !== "" && !known.hasLabel) {
    complain(at, word.length + gap.length, `N puts a word before a number, as in {Part N}; ${known.word} is none.`);
    return null;
  }
  return digits === null ? null : { what: "field", field: known.field, digits, label: gap === "" ? "" : word };
}

function readChoice(piece: string, at: number, complain: Complain): Choice | null {
  if (piece.startsWith('"')) return quotedChoice(piece, at, complain);
  const [date = ""] = piece.split(":");
  if (!datePattern.test(date.trim())) return fieldChoice(piece, at, complain);
  if (piece.length > date.length) {
    complain(at + date.length, piece.length - date.length, "A date cannot be padded.");
    return null;
  }
  return {
    what: "date",
    pieces: piece
      .toUpperCase()
      .split(/(YYYY|MM|DD)/)
      .filter(Boolean),
  };
}

/** What stands between braces: choices parted by `or`. `at` is the index of the text in the template. */
export function readChoices(text: string, at: number, complain: Complain): Choice[] {
  const tokens = [...text.matchAll(/"(?:\\.|[^"\\])*"|[^\s"]+/gs)].map((match) => ({
    text: match[0],
    from: match.index,
    to: match.index + match[0].length,
  }));
  if (tokens.length === 0) {
    complain(at - 1, text.length + 2, "The braces are empty. Write a field into them, such as {Artist}.");
    return [];
  }
  const choices: Choice[] = [];
  let from = 0;
  for (let i = 0; i <= tokens.length; i++) {
    const token = tokens[i];
    if (token && token.text.toLowerCase() !== "or") continue;
    const [first, last] = [tokens[from], tokens[i - 1]];
    if (from < i && first && last) {
      const choice = readChoice(text.slice(first.from, last.to), at + first.from, complain);
      if (choice) choices.push(choice);
    } else {
      const beside = token ?? tokens[i - 1];
      if (beside) complain(at + beside.from, beside.text.length, "Beside or stands a field, or a text in quotes.");
    }
    from = i + 1;
  }
  return choices;
}
