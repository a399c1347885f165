import type { FieldName, Fields } from "../contract/fields.ts";
import { padNumber } from "./render.ts";
import type { Choice } from "./template-choice.ts";
import type { TemplateNode } from "./template-parse.ts";
import { readValues } from "./template-values.ts";

/** What is settled so far on one way through a text: values, and null for what is known to be absent. */
type Bound = Readonly<Partial<Record<FieldName | "YYYY" | "MM" | "DD", string | null>>> & {
  readonly trackDigits?: number;
};
/** Goes on behind a piece. */
type Next = (at: number, bound: Bound, cost: number) => void;

interface Search {
  readonly text: string;
  /** What has been found to render the same, the cheapest so far. */
  best: { found: Found; cost: number } | null;
  steps: number;
}

/** Fields, and what rendering needs beside them to make the same text. */
export interface Found {
  readonly fields: Fields;
  readonly manyDiscs: boolean;
  readonly trackDigits?: number;
}

/** Ways are tried until so many steps are done; then the best so far counts. A usual name takes some thousands. */
const mostSteps = 60_000;
/** What rendering a finding costs, in steps. */
const renderSteps = 20;
/** The length of the artist counts less than any other difference. */
const artistCost = 0.001;

const isStart = (text: string, at: number) => at === 0 || text[at - 1] === "/";
const isEnd = (text: string, at: number) => at === text.length || text[at] === "/";

/** The end of a literal at `at`, -1 when it is not there. Cleaning drops spaces at ends and beside others, and last dots. */
function skipLiteral(text: string, literal: string, at: number): number {
  let end = at;
  for (const character of literal) {
    if (text.startsWith(character, end)) end += character.length;
    else if (character === " " && (isStart(text, end) || isEnd(text, end) || text[end - 1] === " ")) continue;
    else if (character === "." && isEnd(text, end)) continue;
    else return -1;
  }
  return end;
}

/** A literal as cleaning leaves it, but for its ends. What a last colon becomes hangs on what follows: both are given. */
function cleanLiterals(literal: string): string[] {
  const clean = literal
    .normalize("NFC")
    .replace(/[\p{Cc}?"*<>|]/gu, "")
    .replace(/[/\\]/g, "-")
    .replace(/\s/g, " ")
    .replace(/:(?= )/g, " -");
  const inner = clean.replace(/:(?!$)/g, "-");
  return inner.endsWith(":") ? [inner.replace(/:$/, "-"), inner.replace(/:$/, " -")] : [inner];
}

/** Goes on behind a literal of the template. */
function walkLiteral(search: Search, literal: string, at: number, bound: Bound, next: Next) {
  for (const clean of cleanLiterals(literal)) {
    const end = skipLiteral(search.text, clean, at);
    if (end >= 0) next(end, bound, 0);
  }
}

/** The next border of folders, or the end. */
const limitAt = (text: string, at: number) => {
  const border = text.indexOf("/", at);
  return border < 0 ? text.length : border;
};

/** A field whose value is settled, read again: where a folder ends, its last dots have gone. */
function walkSettled(search: Search, choice: Extract<Choice, { what: "field" }>, at: number, bound: Bound, next: Next) {
  const { text } = search;
  const { field, digits, label } = choice;
  const value = bound[field] ?? "";
  const wide = field === "trackNumber" && digits > 0 ? Math.max(digits, bound.trackDigits ?? 0) : digits;
  const padded = padNumber(value, wide);
  const written = label !== "" && /^\d/.test(padded) ? `${label} ${padded}` : padded;
  const whole = skipLiteral(text, written, at);
  if (whole < 0) return;
  next(whole, bound, 0);
  // The dots that a folder has lost stand in the file name.
  const dots = /^\.+/.exec(text.slice(whole))?.[0] ?? "";
  if (dots !== "") next(whole + dots.length, { ...bound, [field]: `${value}${dots}` }, 0);
}

function walkDate(search: Search, pieces: readonly string[], at: number, bound: Bound, next: Next) {
  if (bound.date === null) return;
  const settled: Record<string, string> = { date: "known" };
  let end = at;
  for (const piece of pieces) {
    if (piece !== "YYYY" && piece !== "MM" && piece !== "DD") {
      end = skipLiteral(search.text, piece, end);
      if (end < 0) return;
      continue;
    }
    const [written] = (piece === "YYYY" ? /^\d{4}/ : /^(?:\d\d|xx)/).exec(search.text.slice(end, end + 4)) ?? [];
    if (written === undefined || (bound[piece] ?? settled[piece] ?? written) !== written) return;
    settled[piece] = written;
    end += written.length;
  }
  next(end, { ...bound, ...settled }, 0);
}

function walkChoice(search: Search, choice: Choice, at: number, bound: Bound, next: Next) {
  const { text } = search;
  if (choice.what === "date") return walkDate(search, choice.pieces, at, bound, next);
  if (choice.what === "literal") return walkLiteral(search, choice.text, at, bound, next);
  const { field } = choice;
  if (bound[field] === null) return;
  if (bound[field] !== undefined) return walkSettled(search, choice, at, bound, next);
  for (const { value, end, cost, trackDigits } of readValues(choice, text, at, limitAt(text, at))) {
    const settled = { ...bound, [field]: value, ...(trackDigits === undefined ? {} : { trackDigits }) };
    next(end, settled, cost + (field === "artist" ? value.length * artistCost : 0));
  }
}

/** The choice taken as not known; null when it is known. */
function without(choice: Choice, bound: Bound): Bound | null {
  if (choice.what === "literal") return null;
  const name = choice.what === "date" ? "date" : choice.field;
  return bound[name] ? null : { ...bound, [name]: null };
}

/** All of the choices taken as not known. */
function withoutAll(choices: readonly Choice[], bound: Bound): Bound | null {
  return choices.reduce<Bound | null>((left, choice) => left && without(choice, left), bound);
}

function walkField(
  search: Search,
  node: Extract<TemplateNode, { what: "field" }>,
  at: number,
  bound: Bound,
  mustShow: boolean,
  next: Next,
) {
  const from = node.spaceBefore ? skipLiteral(search.text, " ", at) : at;
  let left: Bound | null = bound;
  for (const choice of node.choices) {
    if (left === null) return;
    if (from >= 0) walkChoice(search, choice, from, left, next);
    left = without(choice, left);
  }
  // A name without an artist is the last to be thought of.
  const isArtist = node.choices.some((choice) => choice.what === "field" && choice.field === "artist");
  if (left !== null && !mustShow) next(at, left, isArtist ? 1 : 0);
}

/** What follows when a group does not show: of one field, that it is not known. Null: it must show. */
function hidden(nodes: readonly TemplateNode[], bound: Bound): Bound | null {
  const fields = nodes.filter((node) => node.what === "field");
  const [only] = fields;
  if (only && fields.length === 1) return withoutAll(only.choices, bound);
  if (only) return fields.some((field) => withoutAll(field.choices, bound)) ? bound : null;
  return nodes.reduce<Bound | null>((left, node) => {
    return left && node.what === "group" ? hidden(node.nodes, left) : left;
  }, bound);
}

interface Way {
  readonly nodes: readonly TemplateNode[];
  /** Which of the nodes is next. */
  readonly index: number;
  readonly bound: Bound;
  readonly cost: number;
  /** In a group that shows: no field of it may be absent. */
  readonly mustShow: boolean;
}

/** Goes all ways from `at` that fit the text and may still be better than the best. */
function walk(search: Search, at: number, way: Way, next: Next): void {
  const { nodes, index, bound, cost, mustShow } = way;
  if (++search.steps > mostSteps || (search.best && cost >= search.best.cost)) return;
  const node = nodes[index];
  if (!node) {
    next(at, bound, cost);
    return;
  }
  const onwards: Next = (end, settled, more) =>
    walk(search, end, { ...way, index: index + 1, bound: settled, cost: cost + more }, next);
  const { text } = search;
  if (node.what === "text") walkLiteral(search, node.text, at, bound, onwards);
  else if (node.what === "folder") {
    if (text[at] === "/") onwards(at + 1, bound, 0);
    else if (isStart(text, at) || at === text.length) onwards(at, bound, 0);
  } else if (node.what === "field") walkField(search, node, at, bound, mustShow, onwards);
  else {
    const inside = { nodes: node.nodes, index: 0, bound, cost, mustShow: true };
    walk(search, at, inside, (end, settled, total) => onwards(end, settled, total - cost));
    const left = hidden(node.nodes, bound);
    if (left) onwards(at, left, 0);
  }
}

function fieldsOf(bound: Bound): Fields {
  const { YYYY, MM, DD, trackDigits: _digits, date, ...others } = bound;
  const fields: Fields = {};
  for (const [name, value] of Object.entries(others)) if (value) fields[name as FieldName] = value;
  if (date && YYYY) fields.date = `${YYYY}-${MM ?? "xx"}-${DD ?? "xx"}`;
  return fields;
}

/**
 * The likeliest fields with which `nodes` make `text` and that `holds` agrees to; null when there are none. Likeliest:
 * the least text in fields that could be anything, and then the shortest artist.
 */
export function searchFields(
  nodes: readonly TemplateNode[],
  text: string,
  start: Fields,
  holds: (found: Found) => Found | null,
): { found: Found; cost: number } | null {
  const search: Search = { text, best: null, steps: 0 };
  walk(search, 0, { nodes, index: 0, bound: start, cost: 0, mustShow: false }, (at, bound, cost) => {
    if (at !== text.length || (search.best && cost >= search.best.cost)) return;
    search.steps += renderSteps;
    const found = holds({
      fields: fieldsOf(bound),
      manyDiscs: Boolean(bound.discNumber),
      ...(bound.trackDigits === undefined ? {} : { trackDigits: bound.trackDigits }),
    });
    if (found) search.best = { found, cost };
  });
  return search.best;
}
