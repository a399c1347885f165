import words from "./data/words.json";

/** One way to read a date; unknown parts are 0. */
export interface DateReading {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}
/** Day before month, or month before day. */
export type DayMonthOrder = "dm" | "md";
/** A date as it stands in a text: every reading that is a real day, and where it stands. */
export interface FoundDate {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly readings: readonly DateReading[];
  /** Set when the numbers alone show the order of day and month. */
  readonly order?: DayMonthOrder;
}

const monthByName = new Map(
  Object.entries(words.months).flatMap(([month, names]) => names.map((name) => [name, Number(month)] as const)),
);
const monthAlternatives = [...monthByName.keys()].sort((a, b) => b.length - a.length).join("|");
const gap = "[-./_ ]";
const numeric = new RegExp(`(?<![\\d])(\\d{1,4})(${gap})(\\d{1,2})(${gap})(\\d{4}|\\d{2})(?![\\d])`, "g");
const dayRange = /(?<!\d)\d{1,2}(?:-|–|\+|\/|& ?)\d{1,2}([./])(\d{1,2})\1(\d{4})(?!\d)/g;
const compact = /(?<![\d.])(\d{8})(?!\d)/g;
const dayMonthName = new RegExp(
  `(?<![\\p{L}\\d])(\\d{1,2})(?:st|nd|rd|th|er|\\.|º)?[-./_ ]*(?:of |de |d')?(${monthAlternatives})(?![\\p{L}])\\.?,?[-./_ ]*(?:de |of )?(\\d{4}|'\\d{2})(?!\\d)`,
  "giu",
);
const monthNameDay = new RegExp(
  `(?<![\\p{L}])(${monthAlternatives})\\.?[-./_ ]*(\\d{1,2})(?:st|nd|rd|th)?,?[-./_ ]+(\\d{4})(?!\\d)`,
  "giu",
);
const monthNameYear = new RegExp(
  `(?<![\\p{L}])(${monthAlternatives})\\.?,?[-./_ ]*(?:de |of )?(\\d{4}|'\\d{2})(?!\\d)`,
  "giu",
);
const yearMonthName = new RegExp(
  `(?<!\\d)(\\d{4})[-./_ ]+(${monthAlternatives})(?:[-./_ ]+(\\d{1,2}))?(?![\\p{L}\\d])`,
  "giu",
);
const spacedDashes = /(?<!\d)(\d{1,4})( - )(\d{1,2})( - )(\d{4}|\d{2})(?!\d)/g;
const cjk = /(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?/g;
const yearMonth = /(?<![\d.-])((?:19|20)\d{2})[-.](0[1-9]|1[0-2])(?:[-.](?:xx|\?\?|00))?(?![\d.-])/gi;
const unknownDay = /(?<!\d)((?:19|20)\d{2})[-.](?:xx|\?\?)[-.](?:xx|\?\?)/gi;

function isYear(year: number): boolean {
  return year >= 1900 && year <= 2099;
}

function isReal(reading: DateReading): boolean {
  if (!isYear(reading.year) || reading.month < 1 || reading.month > 12 || reading.day < 1) return false;
  return reading.day <= new Date(Date.UTC(reading.year, reading.month, 0)).getUTCDate();
}

function fullYear(text: string): number {
  const digits = text.replace("'", "");
  const number = Number(digits);
  if (digits.length === 4) return number;
  return number > 45 ? 1900 + number : 2000 + number;
}

function distinct(readings: readonly DateReading[]): DateReading[] {
  const seen = new Map(readings.filter(isReal).map((r) => [`${r.year}-${r.month}-${r.day}`, r]));
  return [...seen.values()];
}

/** Readings of `a b c`, year at the end (four digits). */
function trailingYear(a: number, b: number, year: number): DateReading[] {
  return distinct([
    { year, month: b, day: a },
    { year, month: a, day: b },
  ]);
}

function orderOf(a: number, b: number): DayMonthOrder | undefined {
  if (a > 12 && b <= 12) return "dm";
  return b > 12 && a <= 12 ? "md" : undefined;
}

function readNumeric(m: RegExpExecArray): Omit<FoundDate, "start" | "end"> | null {
  const [text, first = "", gapOne, second = "", gapTwo, third = ""] = m;
  if (gapOne !== gapTwo) return null;
  const [a, b, c] = [Number(first), Number(second), Number(third)];
  if (first.length === 4) {
    if (third.length === 4) return null;
    const readings = distinct([{ year: a, month: b, day: c }]);
    return readings.length > 0 ? { text, readings } : null;
  }
  if (first.length === 3) return null;
  if (third.length === 4) return withOrder(text, trailingYear(a, b, c), orderOf(a, b));
  return readShort(text, a, b, c, first, third, gapOne ?? "");
}

function withOrder(text: string, readings: DateReading[], order: DayMonthOrder | undefined) {
  if (readings.length === 0) return null;
  return order ? { text, readings, order } : { text, readings };
}

/** A year of two digits in front is hardly one to come. */
const newestShortYear = 2026;

/** `05.06.10`: two-digit years. A part over 31 is the year; dots write day, month, year; else every reading counts. */
function readShort(text: string, a: number, b: number, c: number, first: string, third: string, gapMark: string) {
  if (third.length !== 2 || gapMark === " " || (first.length === 1 && !/[-/]/.test(gapMark))) return null;
  const last = trailingYear(a, b, fullYear(third));
  const isPast = fullYear(first) <= newestShortYear;
  const leading = first.length === 2 && isPast ? distinct([{ year: fullYear(first), month: b, day: c }]) : [];
  if (c > 31) return withOrder(text, last, orderOf(a, b));
  if (a > 31) return withOrder(text, leading, undefined);
  if (gapMark === "." && a > 12) return withOrder(text, last, "dm");
  return withOrder(text, distinct([...last, ...leading]), leading.length === 0 ? orderOf(a, b) : undefined);
}

function readCompact(digits: string): DateReading[] {
  const part = (from: number, to: number) => Number(digits.slice(from, to));
  const leading = distinct([{ year: part(0, 4), month: part(4, 6), day: part(6, 8) }]);
  if (leading.length > 0) return leading;
  return trailingYear(part(0, 2), part(2, 4), part(4, 8));
}

function named(year: string, month: string, day: string | undefined): DateReading[] {
  const reading = { year: fullYear(year), month: monthByName.get(month.toLowerCase()) ?? 0, day: Number(day ?? 0) };
  if (reading.day === 0) return isYear(reading.year) && reading.month > 0 ? [reading] : [];
  return distinct([reading]);
}

type Reader = (m: RegExpExecArray) => Omit<FoundDate, "start" | "end"> | null;
const plainReading = (text: string, readings: DateReading[]) => (readings.length > 0 ? { text, readings } : null);

const nameReaders: readonly (readonly [RegExp, Reader])[] = [
  [dayMonthName, (m) => plainReading(m[0], named(m[3] ?? "", m[2] ?? "", m[1]))],
  [monthNameDay, (m) => plainReading(m[0], named(m[3] ?? "", m[1] ?? "", m[2]))],
  [yearMonthName, (m) => plainReading(m[0], named(m[1] ?? "", m[2] ?? "", m[3]))],
  [monthNameYear, (m) => plainReading(m[0], named(m[2] ?? "", m[1] ?? "", undefined))],
];
const numberReaders: readonly (readonly [RegExp, Reader])[] = [
  [cjk, (m) => plainReading(m[0], cjkReading(m))],
  [
    dayRange,
    (m) => plainReading(m[0], isYear(Number(m[3])) ? [{ year: Number(m[3]), month: Number(m[2]), day: 0 }] : []),
  ],
  [unknownDay, (m) => plainReading(m[0], [{ year: Number(m[1]), month: 0, day: 0 }])],
  [numeric, readNumeric],
  [spacedDashes, readNumeric],
  [compact, (m) => plainReading(m[0], readCompact(m[1] ?? ""))],
  [yearMonth, (m) => plainReading(m[0], [{ year: Number(m[1]), month: Number(m[2]), day: 0 }])],
];

function cjkReading(m: RegExpExecArray): DateReading[] {
  const reading = { year: Number(m[1]), month: Number(m[2]), day: Number(m[3] ?? 0) };
  return reading.day === 0 ? [reading] : distinct([reading]);
}

/** The patterns with month names are slow; most texts hold none. */
function hasMonthName(text: string): boolean {
  return text.match(/\p{L}{3,}/gu)?.some((word) => monthByName.has(word.toLowerCase())) ?? false;
}

/** Every date in a text, left to right, none overlapping. Bare years are left to `findYears`. */
export function findDates(text: string): FoundDate[] {
  if (!/\d{2}/.test(text)) return [];
  const found: FoundDate[] = [];
  // Marks what is read already, so that a text of nothing but dates takes no longer than another.
  const taken = new Uint8Array(text.length);
  const readers = hasMonthName(text) ? [...nameReaders, ...numberReaders] : numberReaders;
  for (const [pattern, read] of readers) {
    for (const match of text.matchAll(pattern)) {
      const end = match.index + match[0].length;
      if (taken.subarray(match.index, end).includes(1)) continue;
      const date = read(match as RegExpExecArray);
      if (!date) continue;
      found.push({ ...date, start: match.index, end });
      taken.fill(1, match.index, end);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Bare years, 1940 to 2049, that are not part of a longer number or of a count such as `2000 watts`. */
export function findYears(text: string): { start: number; end: number; year: number }[] {
  const short = [...text.matchAll(/(?<![\p{L}\d])['’](\d{2})(?![\p{L}\d])/gu)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    year: fullYear(match[1] ?? ""),
  }));
  const long = [...text.matchAll(/(?<![\p{L}\d#.,-])(19[4-9]\d|20[0-4]\d)(?![\p{L}\d]|[.,]\d)/gu)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    year: Number(match[1]),
  }));
  return short.length > 0 ? [...long, ...short].sort((a, b) => a.start - b.start) : long;
}

/** The order of day and month that these texts show; `mixed` when they disagree. */
export function learnOrder(texts: readonly string[]): DayMonthOrder | "mixed" | undefined {
  let learned: DayMonthOrder | undefined;
  for (const text of texts) {
    for (const date of findDates(text)) {
      if (!date.order) continue;
      if (learned && learned !== date.order) return "mixed";
      learned = date.order;
    }
  }
  return learned;
}

/** Keeps the readings written in this order; a text without two readings is left alone. */
export function applyOrder(date: FoundDate, order: DayMonthOrder): readonly DateReading[] {
  if (date.readings.length < 2) return date.readings;
  const numbers = date.text.match(/\d{8}|\d+/g) ?? [];
  const joined = numbers[0]?.length === 8 ? numbers[0] : numbers.map((n) => n.padStart(2, "0")).join("");
  const [a, b] = [Number(joined.slice(0, 2)), Number(joined.slice(2, 4))];
  const [day, month] = order === "dm" ? [a, b] : [b, a];
  const kept = date.readings.filter(
    (r) => r.day === day && r.month === month && r.year % 100 === Number(joined.slice(-2)),
  );
  return kept.length > 0 ? kept : date.readings;
}

/** What all readings agree on, as `YYYY-MM-DD` with `xx` for the rest; undefined when not even the year is sure. */
export function agreedDate(readings: readonly DateReading[]): string | undefined {
  const [first] = readings;
  if (!first || readings.some((r) => r.year !== first.year)) return undefined;
  const sameMonth = readings.every((r) => r.month === first.month);
  const sameDay = sameMonth && readings.every((r) => r.day === first.day);
  const two = (n: number, known: boolean) => (known && n > 0 ? String(n).padStart(2, "0") : "xx");
  return `${first.year}-${two(first.month, sameMonth)}-${two(first.day, sameDay)}`;
}
