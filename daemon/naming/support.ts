import type { FieldName } from "../contract/fields.ts";
import type { NamingInput } from "../contract/naming.ts";
import { findDates, findYears } from "./dates.ts";
import { isVarious } from "./folders.ts";
import { foldText, plainText } from "./text.ts";

/** Every text of an input in one folded string, for asking whether a value stands in it. */
export interface InputText {
  readonly folded: string;
  readonly tight: string;
  readonly raw: string;
}

/** Joins and folds an input's texts once, for many questions. */
export function textOfInput(input: NamingInput): InputText {
  const parts = [
    input.path,
    ...Object.values(input.tags),
    ...input.companions.flatMap(({ name, text }) => [name, text]),
    ...input.siblings,
    ...(input.neighbours ?? []).flatMap(({ tags }) => Object.values(tags)),
    ...(input.copies ?? []).flatMap(({ path, tags }) => [path, ...Object.values(tags)]),
  ];
  const raw = parts.map(plainText).join("\n");
  const folded = ` ${foldText(raw)} `;
  return { folded, tight: folded.replace(/ /g, ""), raw };
}

function hasWords(value: string, text: InputText): boolean {
  const folded = foldText(value);
  if (folded === "") return text.raw.includes(value.trim());
  if (text.folded.includes(` ${folded} `)) return true;
  const words = folded.split(" ");
  return (
    words.length > 1 &&
    (text.tight.includes(words.join("")) || words.every((word) => text.folded.includes(` ${word} `)))
  );
}

function hasNumber(value: string, text: InputText): boolean {
  const number = /\d+/.exec(value)?.[0];
  if (number === undefined) return hasWords(value, text);
  const wanted = Number(number);
  return [...text.raw.matchAll(/\d+/g)].some(
    ([digits]) =>
      Number(digits) === wanted ||
      (digits.length >= 3 && [digits.slice(0, 1), digits.slice(1)].some((piece) => Number(piece) === wanted)),
  );
}

function hasDate(value: string, text: InputText): boolean {
  const [year = "", month = "xx", day = "xx"] = value.split("-");
  const dates = findDates(text.raw);
  const known = [
    ...dates.flatMap((date) => date.readings),
    ...findYears(text.raw).map((found) => ({ year: found.year, month: 0, day: 0 })),
  ];
  if (month === "xx" && text.raw.includes(year)) return true;
  return known.some(
    (r) =>
      r.year === Number(year) &&
      (month === "xx" || r.month === Number(month)) &&
      (day === "xx" || r.day === Number(day)),
  );
}

const partWords: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  i: 1,
  ii: 2,
  iii: 3,
  iv: 4,
  v: 5,
  a: 1,
  b: 2,
  c: 3,
  d: 4,
};

/** Whether a field's value stands in the input's texts, allowing for spelling, order of digits and known renamings. */
export function isSupported(field: FieldName, value: string, text: InputText): boolean {
  if (value.trim() === "") return true;
  if (field === "date") return hasDate(value, text);
  if (field === "source") return true;
  if (field === "year") return text.raw.includes(value) || hasDate(value, text);
  if (field === "trackNumber" || field === "episode") return hasNumber(value, text) || hasWords(value, text);
  if (field === "discNumber" || field === "part")
    return (
      hasNumber(value, text) ||
      hasWords(value, text) ||
      Object.entries(partWords).some(([word, n]) => String(n) === value && text.folded.includes(` ${word} `))
    );
  if (field === "albumArtist" && value === "Various Artists")
    return (
      text.raw.split(/[\n/|-]/).some((piece) => isVarious(piece.trim().split(/\s+-\s+/)[0] ?? "")) ||
      hasWords(value, text)
    );
  return hasWords(value, text);
}
