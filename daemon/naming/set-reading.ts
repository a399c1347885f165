import type { FoundDate } from "./dates.ts";
import { findKnown, isOnlyPlace } from "./gazetteer.ts";
import { isJunkArtist, isJunkStem } from "./noise.ts";
import { isStage, isStation, type Place, stageEnd } from "./set-event.ts";
import { readSetText } from "./set-name.ts";
import { isEventful, knownIn, readPlace } from "./set-place.ts";
import { splitPieces } from "./spacing.ts";
import { foldText, isSimilar } from "./text.ts";

/** What a name (file, title tag, headline) says about a set. */
export interface SetReading extends Place {
  readonly plain: string;
  /** The name without noise, dates and parts: what its capitals are judged by. */
  readonly bare: string;
  readonly artist?: string;
  readonly dates: readonly FoundDate[];
  readonly years: readonly number[];
  readonly part?: string;
  readonly day?: string;
  readonly marks: readonly string[];
  /** A connective such as `live at` or `@` stands in the name. */
  readonly connected: boolean;
}

const connective =
  /(?:^|\s+|(?<=¦))(?:(?:recorded|full)\s+)?(?:live(?:[ -]?set| pa| dj[ -]?set| mix)?|dj[ -]?set|liveset|live!|recorded)\s+(?:at|@|from|in|on|im|in der|auf|aus|en|dans|au|à|a|dal|al|op|bij|na|w|v|i|på)\s+|\s*(?:live\s*)?@\s*|\s+at\s+(?=\S)|\s+(?:presents|pres\.?|präsentiert|presenta|présente)\s*[-:]?\s+/iu;
const trailingWords =
  /[\s,(-]+(?:live|live ?set|dj[ -]?set|set|live pa|live dj set|full set|presents|pres\.?|live!|\(live\)|in concert|recorded|in the mix|in session)$/iu;
const emptyPiece =
  /^(?:live|live ?set|dj[ -]?set|live pa|mix|dj mix|set|in the mix|full set|official|presents|pres\.?|live dj set|concert|full concert|bootleg)$/iu;

/** A number at the end of a name, as series have it: `White Noise 500`. */
const endsInEpisode = /\s#?(?:0\d{2}|[1-9]\d{2})$/;

function tidyArtist(text: string | undefined): string | undefined {
  let out = text?.trim() ?? "";
  for (let before = ""; before !== out; ) {
    before = out;
    out = out
      .replace(trailingWords, "")
      .replace(/^(?:with|w\/|by|(?:mixed|hosted|presented|curated|selected|compiled) by|mit|avec)\s+/i, "")
      .replace(/\s+(?:in|at|for|on|from|x)$/i, "")
      .replace(/^[\s,;:–—-]+|[\s,;:–—-]+$/g, "");
  }
  // A number of a file, not a name: `0000412`.
  if (/^(?:0\d+|\d{5,})$/.test(out)) return undefined;
  out = out.replace(/\s*\u27E8/g, " (").replace(/\u27E9/g, ")");
  if (out === "" || isJunkArtist(out) || isJunkStem(out) || !/[\p{L}\p{N}]/u.test(out)) return undefined;
  return out;
}

/** A label's catalogue number before the artist, when more follows. */
function isLabelCode(piece: string): boolean {
  return /^[A-Z]{2,}[A-Z0-9]*[ -]?\d{2,4}[A-Z]?$/.test(piece);
}

interface Split {
  readonly artist?: string;
  readonly places: readonly string[];
  readonly before?: readonly string[];
  readonly connected: boolean;
}

function splitConnected(text: string, match: RegExpExecArray, wanted: string | undefined): Split {
  const left = splitPieces(text.slice(0, match.index)).filter((piece) => !emptyPiece.test(piece));
  const right = splitPieces(text.slice(match.index + match[0].length));
  const named = left.length > 1 && left[0] && isLabelCode(left[0]) ? left.slice(1) : left;
  const artist = pickArtist(named, wanted) ?? pickBehind(right);
  return {
    ...(artist ? { artist } : {}),
    places: right.filter((piece) => piece !== artist),
    before: named.filter((piece) => piece !== artist),
    connected: true,
  };
}

/** `Live @ Festival 2015 - Performer`: nobody stands before the connective. */
function pickBehind(right: readonly string[]): string | undefined {
  const [first] = right;
  if (!first || !(isEventful(first) || knownIn(first, true))) return undefined;
  return right
    .slice(1)
    .find((piece) => !isEventful(piece) && !knownIn(piece, true) && !isOnlyPlace(piece) && !isStage(piece));
}

function pickArtist(pieces: readonly string[], wanted: string | undefined): string | undefined {
  const [head] = pieces;
  const station =
    head !== undefined && pieces.length > 1
      ? findKnown(head).find((known) => known.start === 0 && known.end === head.length)
      : undefined;
  // A station or a stream in front, although its name is also a word: `NTS - Floating Points`.
  if (station && (station.kind === "stream" || (station.kind === "radioshow" && isStation(station))))
    return pickArtist(pieces.slice(1), wanted);
  const byTag = wanted ? pieces.find((piece) => isSimilar(piece, wanted) && !isEventful(piece)) : undefined;
  const usable = pieces.filter(
    (piece) =>
      !isEventful(piece) &&
      !isStage(piece) &&
      !/^(?:(?:episode|ep|folge|show|no|nr|vol)\.?\s*)?#?\d{1,4}$/i.test(piece),
  );
  // Between a festival and a performer stands the stage, whatever its name begins with.
  const bare = pieces.some(isEventful) ? usable.filter((piece) => !stageEnd.test(piece)) : usable;
  // `White Noise 500 - Dave Clarke`: a number at the end is a series', when another piece can be the performer.
  const performers = bare.length > 0 ? bare : usable;
  return byTag ?? performers.find((piece) => !endsInEpisode.test(piece)) ?? performers[0];
}

/** One piece with performer and event side by side: `Solomun Boiler Room Tulum`. */
function splitJoined(piece: string, wanted: string | undefined): Split {
  if (wanted && foldText(piece).startsWith(`${foldText(wanted)} `)) {
    const words = foldText(wanted).split(" ").length;
    const cut = piece
      .split(/(?<=[\s,:]+)/)
      .slice(0, words)
      .join("");
    return { artist: cut, places: [piece.slice(cut.length)], connected: false };
  }
  const by = /^(\p{L}.*\s#?\d{1,4})\s+(?:mixed by|hosted by|by|with|w\/)\s+(\S.*)$/iu.exec(piece);
  if (by?.[1] && by[2]) return { artist: by[2], places: [by[1]], connected: false };
  // A series by itself, of which a tag tells the performer: `Resident 210`.
  if (wanted && endsInEpisode.test(piece) && !isSimilar(piece, wanted)) return { places: [piece], connected: false };
  const coded = /^([A-Z]{2,6}\.\d{2,4})[\s:]+(?=\p{L})/u.exec(piece);
  if (coded?.[1]) return { artist: piece.slice(coded[0].length), places: [coded[1]], connected: false };
  const live = /^(.+?)\s+live\s+(?=\S)/iu.exec(piece);
  if (live?.[1] && !isEventful(live[1]))
    return { artist: live[1], places: [piece.slice(live[0].length)], connected: true };
  const known = findKnown(piece).find((match) => !match.ambiguous && match.kind !== "hall" && match.kind !== "club");
  if (known && known.start > 2)
    return { artist: piece.slice(0, known.start), places: [piece.slice(known.start)], connected: false };
  if (known || isEventful(piece)) return { places: [piece], connected: false };
  if (/,\s/.test(piece)) {
    const [artist = "", ...places] = piece.split(/,\s+/);
    return { artist, places, connected: false };
  }
  return { artist: piece, places: [], connected: false };
}

function splitPlain(text: string, wanted: string | undefined): Split {
  const all = splitPieces(text).filter((piece) => !emptyPiece.test(piece));
  const pieces = all.length > 2 && all[0] && isLabelCode(all[0]) && !isEventful(all[0]) ? all.slice(1) : all;
  const [first] = pieces;
  if (!first) return { places: [], connected: false };
  const places = pieces.slice(1).filter((piece) => !/^\d{1,4}$/.test(piece));
  if (
    places.length === 0 &&
    !(wanted && isSimilar(first, wanted) && foldText(first).length <= foldText(wanted).length)
  ) {
    return splitJoined(first, wanted);
  }
  const artist = pickArtist(pieces, wanted) ?? undefined;
  if (artist === undefined) return splitEventFirst(pieces);
  const joined = artist === first ? knownIn(first, false) : undefined;
  if (joined && joined.start > 2)
    return { artist: first.slice(0, joined.start), places: [first.slice(joined.start), ...places], connected: false };
  return { artist, places: pieces.filter((piece) => piece !== artist), connected: false };
}

/** Every piece names an event; one of them may still carry the performer before it. */
function splitEventFirst(pieces: readonly string[]): Split {
  for (const piece of pieces.filter((one) => !isStage(one))) {
    const split = splitJoined(piece, undefined);
    if (split.artist) return { ...split, places: [...split.places, ...pieces.filter((other) => other !== piece)] };
  }
  return { places: pieces, connected: false };
}

/**
 * Reads a set's name. `wanted` is the artist that a tag gives: it decides which piece is the artist when the order
 * is unusual, and protects hyphens of its own.
 */
export function readSet(raw: string, group?: string, wanted?: string): SetReading {
  const name = readSetText(raw, group, wanted ? [wanted] : []);
  const match = connective.exec(name.text);
  const hasLeft =
    match !== null && splitPieces(name.text.slice(0, match.index)).some((piece) => !emptyPiece.test(piece));
  const split =
    match && (hasLeft || match.index <= 2) ? splitConnected(name.text, match, wanted) : splitPlain(name.text, wanted);
  const place = readPlace(split.places, split.before, split.connected);
  const artist = tidyArtist(split.artist) ?? tidyArtist(place.guest);
  return {
    ...place,
    plain: name.plain,
    bare: name.text,
    dates: name.dates,
    years: name.years,
    marks: name.marks,
    connected: split.connected,
    ...(artist ? { artist } : {}),
    ...(name.part ? { part: name.part } : {}),
    ...(name.day ? { day: name.day } : {}),
  };
}
