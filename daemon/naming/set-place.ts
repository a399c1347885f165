import { findKnown, findPlaces, isOnlyPlace, type KnownMatch } from "./gazetteer.ts";
import { isNoisePhrase } from "./noise.ts";
import {
  festivalEnd,
  festivalWord,
  isStage,
  type Place,
  readFestival,
  readSeries,
  readShow,
  readStream,
  setSource,
  strongStage,
  takeStage,
  weakStage,
} from "./set-event.ts";
import { foldText } from "./text.ts";

const tourWord = /\b(?:tour|tournee|tournée|gira|unplugged|in concert|concert|konzert)\b/iu;
const partyWord =
  /\b(?:party|closing|opening|anniversary|birthday|geburtstag|showcase|after ?hours?|rave|nye|new years? eve|silvester|night|nacht)\b/iu;
/** A closing or a birthday without a name of its own says less than the place. */
const plainParty =
  /^(?:the )?(?:grand |season )?(?:opening|closing|sunrise|sunset|warm[ -]?up|extended|marathon|all (?:night|day)(?: long)?|birthday|anniversary|nye|new years? eve|silvester|after ?hours?|after|\d+(?:th|st|nd|rd)?|the)(?:\s(?:party|fiesta|night|set|anniversary|birthday|weekend))*$/iu;
const episodeAlone = /^(?:(?:episode|ep|folge|show|no|nr|vol|volume|edition|part of)\.?\s*)?#?\s*(\d{1,4})$/iu;
/** `RA.423`, `SW23`: a code of a series or a label, never a place. */
const seriesCode = /^([A-Z]{2,6})[. -]?(\d{2,4})$/;
function readVenue(piece: string, known: KnownMatch | undefined, place: Place): void {
  const venue = takeStage(piece, place);
  if (venue === "") return;
  if (known) setSource(place, known.kind === "hall" ? "concert" : "club");
  if (place.venue && known && !place.event) place.event = place.venue;
  else if (place.venue) return;
  place.venue = venue;
}

/** What is known of a piece, best first: shows and festivals before places; everyday words only as a whole piece. */
export function knownIn(piece: string, inPlace: boolean): KnownMatch | undefined {
  const rank = { radioshow: 0, festival: 1, stream: 2, hall: 3, club: 4, city: 9, country: 9, region: 9 } as const;
  const usable = findKnown(piece).filter((known) => !known.ambiguous || (inPlace && known.start === 0));
  return usable.sort((a, b) => rank[a.kind] - rank[b.kind] || b.end - b.start - (a.end - a.start))[0];
}

/** Whether a piece names a festival, a show or a stream by itself, wherever it stands. */
export function isEventful(piece: string): boolean {
  const known = knownIn(piece, false);
  if (known && (known.kind === "radioshow" || known.kind === "festival" || known.kind === "stream")) return true;
  return festivalWord.test(piece) || readSeries(piece, {});
}

function readPiece(piece: string, place: Place, isWhole = false): void {
  const episode = episodeAlone.exec(piece);
  if (episode?.[1]) {
    if (place.source === "radioshow") place.episode ??= episode[1];
    return;
  }
  if (seriesCode.test(piece)) {
    const [, letters = "", digits = ""] = seriesCode.exec(piece) ?? [];
    if (place.source === "radioshow") place.episode ??= digits;
    else if (/[.]/.test(piece) && !place.event)
      Object.assign(place, { event: letters, episode: digits, source: "radioshow" });
    else place.code ??= { letters, digits };
    return;
  }
  if (isOnlyPlace(piece)) {
    const [city] = findPlaces(piece);
    if (city?.kind === "city" || !place.city) place.city ??= piece;
    return;
  }
  if (isStage(piece) && !festivalWord.test(piece.replace(/stage$/i, "")) && strongStage.exec(piece)?.index === 0) {
    place.stage ??= piece;
    return;
  }
  const known = knownIn(piece, true);
  if (known?.kind === "radioshow" && /\btour\b/i.test(piece.slice(known.end))) {
    place.event ??= piece;
    setSource(place, "concert");
    return;
  }
  if (known?.kind === "radioshow") readShow(piece, known, place);
  else if (known?.kind === "festival") readFestival(piece, known.start, festivalEnd(piece, known.end), place);
  else if (known?.kind === "stream") readStream(piece, known, place);
  else if (!readSeries(piece, place)) readOther(piece, known, place, isWhole);
}

function readOther(piece: string, known: KnownMatch | undefined, place: Place, isWhole: boolean): void {
  const word = festivalWord.exec(piece);
  if (word) readFestival(piece, 0, word.index + word[0].length, place);
  else readPlainPiece(piece, known, place, isWhole);
}

/** `SonarLab` at Sonar: a festival's stages often carry its name. */
function isNamedAfter(piece: string, event: string | undefined): boolean {
  const [first = ""] = foldText(event ?? "").split(" ");
  return first.length > 3 && /^\S+$/.test(piece) && foldText(piece).startsWith(first) && foldText(piece) !== first;
}

function readPlainPiece(piece: string, known: KnownMatch | undefined, place: Place, isWhole: boolean): void {
  const numbered =
    /^(\p{L}.*?)[\s,-]+(?:episode|ep\.?|folge|#)\s*#?(\d{1,4})$/iu.exec(piece) ??
    /^(\p{L}.*?)\s+#?(0\d{2}|[1-9]\d{2})$/u.exec(piece);
  if (
    !known &&
    !place.event &&
    numbered?.[1] &&
    !/\b(?:studio|club|room|area|hall|warehouse|bar|route)$/i.test(numbered[1])
  ) {
    place.event = numbered[1];
    place.episode = numbered[2] ?? "";
    return;
  }
  if (!known && tourWord.test(piece)) {
    if (!/^(?:in )?(?:live )?(?:concert|konzert)$/i.test(piece)) place.event ??= piece;
    setSource(place, "concert");
    return;
  }
  const hosted = /^(.+?)\s+(?:hosted|presented|curated|powered) by\s+\S/iu.exec(piece)?.[1];
  if (hosted && place.source === "festival") {
    place.stage ??= hosted;
    return;
  }
  if (!known && !place.event && /\bradio\b/i.test(piece) && /\s/.test(piece)) {
    place.event = piece;
    setSource(place, "radioshow");
    return;
  }
  if (!known && plainParty.test(piece)) return;
  if (!known && partyWord.test(piece) && !place.event) {
    place.event = piece;
    return;
  }
  if (place.source === "festival" && !known && (weakStage.test(piece) || isNamedAfter(piece, place.event))) {
    place.stage ??= piece;
    return;
  }
  if (place.source === "radioshow" && !known) {
    place.guest ??= piece;
    return;
  }
  // What stands by itself beside a festival, or before it, is where in it; a town stands behind it.
  if (place.source === "festival" && !known && isWhole && !place.stage && !/\d/.test(piece)) {
    place.stage = piece;
    return;
  }
  readVenue(piece, known, place);
}

/** `above Cappadocia for Cercle`: the series behind `for` is a piece of its own. */
function splitFor(piece: string): string[] {
  const at = piece.search(/\s+for\s+/i);
  const behind = at < 0 ? "" : piece.slice(at).replace(/^\s+for\s+/i, "");
  return behind !== "" && knownIn(behind, true)?.start === 0 ? [piece.slice(0, at), behind] : [piece];
}

/** Reads the pieces behind the artist (`before`: those before `live at`): commas separate, and a city behind one is not part of the venue. */
export function readPlace(pieces: readonly string[], before: readonly string[] = [], connected = false): Place {
  const place: Place = {};
  const extra = before.filter((piece) => !isEventful(piece) && !episodeAlone.test(piece));
  const parts = pieces.flatMap((piece) => piece.split(/\s*,\s+|\s*@\s*/)).flatMap(splitFor);
  const cleaned = parts
    .map((part) =>
      part
        .replace(/^(?:[Ll]ive\s+)?(?:at|@|from|in|above)\s+/, "")
        .replace(/^the\s+(?=\p{Lu})/u, "")
        .trim(),
    )
    .filter((part) => part !== "" && !isNoisePhrase(part) && !/^(?:live|and|the|set|dj|dj set)$/i.test(part));
  // Shows and festivals first: what a plain piece means depends on them.
  const events = new Set(cleaned.filter(isEventful));
  for (const part of cleaned) if (events.has(part)) readPiece(part, place);
  for (const part of [...before.filter(isEventful), ...before.filter((piece) => episodeAlone.test(piece))])
    readPiece(part, place);
  const wholes = new Set(
    pieces.filter((piece) => !/,\s|@/.test(piece)).map((piece) => piece.replace(/^the\s+(?=\p{Lu})/u, "").trim()),
  );
  const isBeforeEvent = (at: number) => events.has(cleaned[at + 1] ?? "");
  for (const [at, part] of cleaned.entries())
    if (!events.has(part)) readPiece(part, place, wholes.has(part) || isBeforeEvent(at));
  // What stands between the performer and `live at` is the night's name.
  const [night] = extra;
  if (
    night &&
    !place.event &&
    !plainParty.test(night) &&
    !isOnlyPlace(night) &&
    !seriesCode.test(night) &&
    !/^\d+$/.test(night)
  )
    place.event = night;
  // `@ Exhale`: an everyday word behind `@` is a night there, not the radio show of that name.
  if (
    connected &&
    place.source === "radioshow" &&
    !place.episode &&
    place.event &&
    findKnown(place.event)[0]?.ambiguous
  )
    delete place.source;
  if (!place.venue && place.city) place.venue = place.city;
  return place;
}
