import festivals from "./data/festivals.json";
import places from "./data/places.json";
import radioshows from "./data/radioshows.json";
import streams from "./data/streams.json";
import venues from "./data/venues.json";
import { foldText } from "./text.ts";

/** What a known name is. */
export type KnownKind = "festival" | "radioshow" | "stream" | "club" | "hall" | "city" | "country" | "region";
/** A name of the gazetteer, in its own spelling. */
export interface KnownName {
  readonly kind: KnownKind;
  readonly name: string;
  /** A name that is also an everyday word: it counts only where a place is expected. */
  readonly ambiguous: boolean;
}
/** A known name at `start`…`end` of the searched text. */
export interface KnownMatch extends KnownName {
  readonly start: number;
  readonly end: number;
}

interface Entry extends KnownName {
  readonly words: readonly string[];
}

const wordPattern = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}]+)*/gu;

function entriesOf(kind: KnownKind, names: readonly string[], ambiguous: readonly string[] = []): Entry[] {
  const doubtful = new Set(ambiguous);
  return names.map((name) => ({ kind, name, ambiguous: doubtful.has(name), words: wordsOf(name).map((w) => w.word) }));
}

function wordsOf(text: string): { word: string; start: number; end: number }[] {
  return [...text.matchAll(wordPattern)].map((match) => ({
    word: /^[a-z\d]+$/i.test(match[0]) ? match[0].toLowerCase() : foldText(match[0]).replace(/ /g, ""),
    start: match.index,
    end: match.index + match[0].length,
  }));
}

function indexByFirstWord(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const index = new Map<string, Entry[]>();
  for (const entry of entries) {
    const [first] = entry.words;
    if (!first) continue;
    const list = index.get(first);
    if (list) list.push(entry);
    else index.set(first, [entry]);
  }
  for (const list of index.values()) list.sort((a, b) => b.words.length - a.words.length);
  return index;
}

const eventIndex = indexByFirstWord([
  ...entriesOf("radioshow", radioshows.names, radioshows.ambiguous),
  ...entriesOf("festival", festivals.names, festivals.ambiguous),
  ...entriesOf("stream", streams.names, streams.ambiguous),
  ...entriesOf("hall", venues.halls),
  ...entriesOf("club", venues.clubs),
]);
const placeIndex = indexByFirstWord([
  ...entriesOf("city", places.cities),
  ...entriesOf("country", places.countries),
  ...entriesOf("region", places.regions),
]);

function findIn(text: string, index: ReadonlyMap<string, readonly Entry[]>): KnownMatch[] {
  const words = wordsOf(text);
  const found: KnownMatch[] = [];
  for (let i = 0; i < words.length; i++) {
    const entry = index.get(words[i]?.word ?? "")?.find((e) => e.words.every((word, k) => words[i + k]?.word === word));
    const [first, last] = [words[i], words[i + (entry?.words.length ?? 1) - 1]];
    if (!entry || !first || !last) continue;
    // The mark of a name such as `Melt!` belongs to it.
    const end = text[last.end] === "!" && entry.name.endsWith("!") ? last.end + 1 : last.end;
    found.push({ kind: entry.kind, name: entry.name, ambiguous: entry.ambiguous, start: first.start, end });
    i += entry.words.length - 1;
  }
  return found;
}

/** Known festivals, shows, streams, clubs and halls in a text; the longest name at each place wins. */
export function findKnown(text: string): KnownMatch[] {
  return findIn(text, eventIndex);
}

/** Known cities, countries and (in capitals only) states in a text. */
export function findPlaces(text: string): KnownMatch[] {
  return findIn(text, placeIndex).filter(
    (match) => match.kind !== "region" || text.slice(match.start, match.end) === match.name,
  );
}

/** True when a text is nothing but cities, countries and states. */
export function isOnlyPlace(text: string): boolean {
  const words = wordsOf(text);
  if (words.length === 0) return false;
  let covered = 0;
  for (const match of findPlaces(text)) covered += wordsOf(text.slice(match.start, match.end)).length;
  return covered === words.length;
}
