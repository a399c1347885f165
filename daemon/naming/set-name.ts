import { type Bracket, findBrackets, mapBrackets } from "./brackets.ts";
import words from "./data/words.json";
import { type FoundDate, findDates, findYears } from "./dates.ts";
import { findKnown, isOnlyPlace } from "./gazetteer.ts";
import { withoutGroup } from "./group.ts";
import { isMark, isNoiseBracket, isVideoId, stripTrailingMarks } from "./noise.ts";
import { breakMark, isTight, spaceOut, splitTight } from "./spacing.ts";
import { plainText, stripEmoji } from "./text.ts";

/** A set's name with dates, parts, days and noise taken out; `text` holds what is left, with breaks. */
export interface SetName {
  readonly plain: string;
  readonly text: string;
  readonly dates: readonly FoundDate[];
  readonly years: readonly number[];
  readonly part?: string;
  readonly day?: string;
  readonly marks: readonly string[];
}

const partPatterns: readonly RegExp[] = [
  /[[(]?\b(?:part|pt|teil|partie|parte|deel|osa|część|czesc|часть|hour|std|stunde)[\s._#-]*(\d{1,2}|(?:iv|v?i{1,3}))\b(?:\s*(?:of|von|de|\/)\s*\d{1,2})?[\])]?/iu,
  /[[(]?\b(\d{1,2})\s?(?:of|von|из)\s?\d{1,2}\b[\])]?/iu,
  /[[(](\d)\s?\/\s?\d[\])]/u,
  /[[(]?\b(?:cd|disc|disk|dvd|tape|kassette|reel)[\s._#-]*(\d{1,2})(?!\d|\p{L})[\])]?/iu,
];
const sidePattern = /[[(]?\b(?:side|seite|face|lado|lato|kant|cara)[\s._-]*([a-h]|[1-8])\b[\])]?/iu;
const dayNumber =
  /[[(]?\b(day|weekend|night|tag|jour|dia|día|giorno|dag|wknd|we)[\s._-]*([1-4]|one|two|three)\b[\])]?/iu;
const weekdays = new Set(words.weekdays);
const weekday = new RegExp(`[[(]?(?<!\\p{L})(${words.weekdays.join("|")})(?!\\p{L})[\\])]?`, "iu");
const dayWords: Readonly<Record<string, string>> = {
  night: "Night",
  weekend: "Weekend",
  wknd: "Weekend",
  we: "Weekend",
};
const numberWords: Readonly<Record<string, string>> = {
  one: "1",
  two: "2",
  three: "3",
  i: "1",
  ii: "2",
  iii: "3",
  iv: "4",
  v: "5",
  vi: "6",
  vii: "7",
  viii: "8",
};

function cut(text: string, start: number, end: number): string {
  return `${text.slice(0, start)}${breakMark}${text.slice(end)}`;
}

function takeDates(text: string): { text: string; dates: FoundDate[] } {
  const dates = findDates(text);
  let out = text;
  for (const date of [...dates].reverse()) out = cut(out, date.start, date.end);
  return { text: out, dates };
}

function takePart(text: string): { text: string; part?: string } {
  const side = sidePattern.exec(text);
  const numbered = partPatterns.map((pattern) => pattern.exec(text)).find((match) => match !== null);
  if (numbered?.[1]) {
    const number = numberWords[numbered[1].toLowerCase()] ?? String(Number(numbered[1]));
    return { text: cut(text, numbered.index, numbered.index + numbered[0].length), part: number };
  }
  if (side?.[1]) {
    return { text: cut(text, side.index, side.index + side[0].length), part: `Side ${side[1].toUpperCase()}` };
  }
  return { text };
}

function takeDay(text: string): { text: string; day?: string } {
  const numbered = dayNumber.exec(text);
  if (numbered?.[1] && numbered[2]) {
    const word = dayWords[numbered[1].toLowerCase()] ?? "Day";
    const number = numberWords[numbered[2].toLowerCase()] ?? numbered[2];
    return { text: cut(text, numbered.index, numbered.index + numbered[0].length), day: `${word} ${number}` };
  }
  if (!text.match(/\p{L}{4,}/gu)?.some((word) => weekdays.has(word.toLowerCase()))) return { text };
  const named = weekday.exec(text);
  if (!named?.[1]) return { text };
  const day = named[1].charAt(0).toUpperCase() + named[1].slice(1).toLowerCase();
  return { text: cut(text, named.index, named.index + named[0].length), day };
}

/** Whether a round bracket ends the first of several pieces. */
function isFirstPiece(text: string, { start, end, open }: Bracket): boolean {
  return open === "(" && /^\s+[-–—]\s/.test(text.slice(end)) && !/\s[-–—@]\s|@/.test(text.slice(0, start));
}

const isPlainWords = (text: string) =>
  /^[\p{L}' .&-]{3,}$/u.test(text) && !/^(?:live|dj|set|dj set|live set|pa|live pa|feat.*|part.*)$/i.test(text);

function openBrackets(text: string): { text: string; noise: string[] } {
  const noise: string[] = [];
  let at = 0;
  const out = mapBrackets(text, (bracket) => {
    const lead = text.slice(at, bracket.start).trim() === "" && bracket.start < 3;
    at = bracket.end;
    const isCode = lead && /^[A-Z]{2,8}[ ._-]?\d{2,5}[A-Z]?$/.test(bracket.inside);
    if (isCode || isNoiseBracket(bracket.inside) || (bracket.open === "[" && isVideoId(bracket.inside))) {
      noise.push(bracket.inside);
      return breakMark;
    }
    // `Optimo (Espacio) - …`: a bracket of the first piece is the performer's own.
    const isOwn = isFirstPiece(text, bracket) && !isOnlyPlace(bracket.inside) && isPlainWords(bracket.inside);
    if (isOwn) return `\u27E8${bracket.inside}\u27E9`;
    return ` ${breakMark} ${bracket.inside} ${breakMark} `;
  });
  return { text: findBrackets(out).length > 0 ? out.replace(/[()[\]{}]/g, " ") : out, noise };
}

/** Marks between the hyphens of a tight name (`-SAT-`, `_CABLE_`), and at the end of any piece. */
function dropMarks(text: string): { text: string; marks: string[] } {
  const marks: string[] = [];
  // `WEB-DL`, `DVD-Rip`: a hyphen within a mark parts nothing.
  const whole = text.replace(/(?<![\p{L}\d])(web|dvd|hd|bd|sat|tv)-(dl|rip)(?![\p{L}\d])/giu, "$1$2");
  const pieces = whole.split(/(\s+-\s+|\s*¦\s*|-)/).map((piece) => {
    if (piece !== "" && isMark(piece)) {
      marks.push(piece.trim().toUpperCase());
      return breakMark;
    }
    const stripped = stripTrailingMarks(piece);
    // `Worldwide FM` is a station, not a recording off air.
    const isName = stripped !== piece && findKnown(piece).some((known) => known.end > stripped.length);
    const kept = isName ? piece : stripped;
    if (kept !== piece) marks.push(...piece.slice(kept.length).trim().toUpperCase().split(/\s+/));
    return kept === piece ? piece : `${kept} ${breakMark}`;
  });
  return { text: pieces.join(""), marks };
}

function takeYears(text: string): { text: string; years: number[] } {
  const found = findYears(text);
  let out = text;
  for (const year of [...found].reverse()) out = cut(out, year.start, year.end);
  return { text: out, years: found.map((year) => year.year) };
}

/** The leading number of a scene name or a numbered file; a bare number before a space only when it is padded. */
export function dropLeadingNumber(text: string): string {
  return text.replace(
    /^\s*(?:[[(]\d{1,3}[\])]\s*[-._]?\s*|\d{1,3}\s*[-._)]+\s*(?=\p{L}|\p{N}|[[(¦])|0\d\s+(?=\p{L}))/u,
    "",
  );
}

/** Takes a set's name apart; `keep` are names (from tags) whose hyphens are their own. */
export function readSetText(raw: string, group: string | undefined, keep: readonly string[] = []): SetName {
  const plain = stripEmoji(plainText(withoutGroup(raw.trim(), group))).replace(/\s#\p{L}[\p{L}\p{N}_]*/gu, "");
  const dated = takeDates(plain);
  const tight = isTight(dated.text);
  const opened = openBracketsKeepingParts(dropLeadingNumber(dated.text));
  const spaced = spaceOut(opened.text);
  const marked = dropMarks(spaced);
  const split = tight ? splitTight(marked.text, keep) : marked.text;
  const parted = takePart(split);
  const yeared = takeYears(parted.text);
  const dayed = takeDay(yeared.text);
  const again = dropMarks(dayed.text);
  return {
    plain,
    text: again.text
      .replace(/\s*¦(?:\s*¦)*\s*/g, ` ${breakMark} `)
      .replace(/ {2,}/g, " ")
      .trim(),
    dates: dated.dates,
    years: yeared.years,
    ...(parted.part ? { part: parted.part } : {}),
    ...(dayed.day ? { day: dayed.day } : {}),
    marks: [...marked.marks, ...again.marks, ...opened.noise.map((noise) => noise.toUpperCase())],
  };
}

/** Bracketed parts (`[2of2]`, `(CD 1)`) are information: they must not be judged as noise. */
function openBracketsKeepingParts(text: string): { text: string; noise: string[] } {
  const kept = mapBrackets(text, (bracket) =>
    partPatterns.some((pattern) => pattern.test(bracket.inside)) || /^\d\s?\/\s?\d$/.test(bracket.inside)
      ? ` ${breakMark} ${/^\d\s?\/\s?\d$/.test(bracket.inside) ? `part ${bracket.inside[0]}` : bracket.inside} ${breakMark} `
      : null,
  );
  return openBrackets(kept);
}
