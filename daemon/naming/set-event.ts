import radioshows from "./data/radioshows.json";
import { findKnown, findPlaces, isOnlyPlace, type KnownMatch } from "./gazetteer.ts";
import { foldText } from "./text.ts";
/** Where a set comes from. */
export type SourceWord = "festival" | "concert" | "club" | "radioshow" | "stream";
/** What the place part of a set's name says. `guest` is a performer named after the show. */
export interface Place {
  event?: string;
  episode?: string;
  venue?: string;
  stage?: string;
  city?: string;
  source?: SourceWord;
  guest?: string;
  /** A series by its initials, and a number: `BIS 512`. It is an episode where the event has these initials. */
  code?: { letters: string; digits: string };
}

const stations = new Set(radioshows.stations.map(foldText));
/** A stage or floor at the end of a text, sure by its words. */
export const strongStage =
  /(?:^|\s)(?:main[ -]?stage(?: ?\d)?|(?:[\p{L}\d'&.+]+ ){0,4}stage|(?:[\p{L}\d'&.+]+ ){0,3}tent|main ?(?:room|floor|arena)|room (?:\d{1,2}|one|two|three|[a-d])|(?:\d(?:st|nd|rd)|first|second|third|upper|lower|techno|house|trance) (?:room|floor)|floor \d|area (?:[ivx]{1,4}|\d{1,2}|[a-z])|arena \d|hall \d|(?:[\p{L}\d']+ )?(?:terrace|terrasse|terraza|hauptbühne|bühne|zeltbühne|escenario(?: \p{L}+)?|scène(?: \p{L}+)?|palco(?: \p{L}+)?|podium))$/iu;
/** Words that name a stage only at a festival. */
export const weakStage =
  /\b(?:arena|dome|hangar|garden|yard|deck|barn|beach|warehouse|pool|circus|forest|castle|floor|room|hall|area|zelt|stage|theat(?:re|er)|pavilion|amphitheat(?:re|er))\b/iu;
/** A piece that ends with such a word: `Carl Cox & Friends Arena`. */
export const stageEnd = /\s(?:arena|dome|hangar|stage|tent|theat(?:re|er)|pavilion|bühne|zelt)$/iu;
const joinedStage =
  /\s+((?:main[ -]?stage(?: ?\d)?|main ?(?:room|floor)|room (?:\d{1,2}|one|two|three)|area (?:[ivx]{1,4}|\d{1,2}|[a-z])|floor \d|(?:upper|lower|main) terrace|terrace|terrasse))$/iu;
/** Words that make a name a festival's. */
export const festivalWord =
  /\b(?:music festival|festival|festivalen|open[ -]?air|weekender|fest|parade|fesztivál|festiwal|festivali|festivaali|love-?in)\b(?: weekend)?|\p{L}{3,}fest\b|фестиваль|φεστιβάλ|페스티벌|페스티발|フェスティバル|フェス(?!\p{L})|音[乐樂][节節]|音楽祭/iu;
const episodeTail =
  /^(.*?)[\s,:.#-]*(?:\b(?:episode|episodio|ep|folge|show|no|nr|vol|volume|edition|émission|выпуск)\b\.?[\s#:-]*|#\s*)?\b(\d{1,4})$/iu;
const episodeStart =
  /^[\s,:.#-]*(?:(?:episode|episodio|ep|folge|show|no|nr|vol|volume|edition|radioshow|radio show|podcast)\b\.?[\s#:-]*|#\s*)?(\d{1,4})\b/iu;
const seriesName =
  /^(?:.*\s)?(?:pod-?casts?|pod-?cats|radio ?show|radio|sessions?|mix ?series|mix ?show|guest ?mix|mixcast|\p{L}+cast|transmissions?|show|mix|fm|livestream)$/iu;

/** The pattern is slow and most pieces hold no stage's word. */
const stageHint = /stage|tent|room|floor|area|arena|hall|terra|bühne|scène|escenario|palco|podium/iu;

/** Whether a piece names a stage. */
export function isStage(text: string): boolean {
  return stageHint.test(text) && strongStage.test(text);
}

/** A station, as against a show on it. */
export function isStation(known: KnownMatch): boolean {
  return stations.has(foldText(known.name));
}

/** The first source found stays. */
export function setSource(place: Place, source: SourceWord): void {
  if (!place.source) place.source = source;
}

/** Extends a known festival's name over `Festival`, `Open Air` and the like that follow it. */
export function festivalEnd(piece: string, end: number): number {
  const more = /^!?(?:\s+(?:electronic )?(?:music )?(?:festival|open[ -]?air|weekender|fest|parade))+/iu.exec(
    piece.slice(end),
  );
  return more ? end + more[0].length : end;
}

function takeCity(rest: string, place: Place): string {
  const trimmed = rest.replace(/^[\s,:–-]+/, "");
  const [city] = findPlaces(trimmed);
  if (city?.start !== 0) return trimmed;
  const text = trimmed.slice(0, city.end);
  const after = trimmed.slice(city.end).replace(/^[\s,]+/, "");
  if (!place.city && city.kind === "city") place.city = text;
  return after === "" || isOnlyPlace(after) ? "" : takeStage(after, place);
}

/** Takes a stage off the end of a text and returns the rest. */
export function takeStage(text: string, place: Place): string {
  const joined = joinedStage.exec(` ${text}`);
  if (joined?.[1]) {
    place.stage ??= joined[1].trim();
    return ` ${text}`.slice(0, joined.index).trim();
  }
  if (!isStage(text)) return text;
  place.stage ??= text.trim();
  return "";
}

/** Reads a piece that holds a festival's name at `start`…`end`: city, stage and venue around it. */
export function readFestival(piece: string, start: number, end: number, place: Place): void {
  if (place.source === "radioshow" && place.event) {
    place.venue ??= piece;
    return;
  }
  const before = piece
    .slice(0, start)
    .replace(/[\s,–-]+$/, "")
    .trim();
  let name = piece.slice(start, end);
  const rest = takeStage(takeCity(piece.slice(end), place), place);
  if (before !== "") {
    if (isStage(before)) place.stage ??= before;
    else if (!/^(?:the|at|@|live)$/i.test(before)) name = `${before} ${name}`;
    else if (/^the$/i.test(before)) name = `${before} ${name}`;
  }
  if (rest !== "" && !isOnlyPlace(rest)) {
    const [venue] = findKnown(rest);
    if (venue && (venue.kind === "club" || venue.kind === "hall")) place.venue ??= rest;
    else if (weakStage.test(rest)) place.stage ??= rest;
    else name = `${name} ${rest}`;
  }
  place.event = name.trim();
  place.source = "festival";
}

/** Reads a piece that holds a known radio show: episode and guest after it. */
export function readShow(piece: string, known: KnownMatch, place: Place): void {
  const name = piece.slice(known.start, known.end);
  const station = isStation(known);
  const before = piece
    .slice(0, known.start)
    .replace(/[\s:,–-]+$/, "")
    .trim();
  const rest = piece.slice(known.end);
  if (place.event && (station || place.source === "festival")) return;
  place.event = before !== "" && /\b(?:radio|fm)$/i.test(before) && station ? `${before} ${name}` : name;
  place.source = "radioshow";
  const episode = episodeStart.exec(rest);
  if (episode?.[1]) place.episode = episode[1];
  const after = episode ? rest.slice(episode[0].length) : rest;
  const guest =
    /(?:^|\s)(?:with|w\/|feat\.?|guest ?mix(?: by)?|guest|mixed by|hosted by|by|mit|avec|con)\s+(.+)$/iu.exec(after);
  if (guest?.[1]) place.guest ??= guest[1].trim();
  else if (/^\s+\p{L}/u.test(after) && !episode) extendShow(after.trim(), place);
  else if (/^[\s:,]+\p{L}{2}/u.test(after) && !isOnlyPlace(after)) place.guest ??= after.replace(/^[\s:,–-]+/, "");
}

/** Words after a show's name: `Radio Show 112` belongs to it, `London` is the city, the rest may be a guest. */
function extendShow(after: string, place: Place): void {
  const series = /^(?:podcast|radio ?show|radio|sessions?|show|mix|live)\b/iu.exec(after);
  const tail = series ? after.slice(series[0].length) : after;
  if (series && !/^live$/i.test(series[0])) place.event = `${place.event} ${series[0]}`;
  const episode = episodeStart.exec(tail);
  if (episode?.[1]) place.episode ??= episode[1];
  else if (isOnlyPlace(tail)) place.city ??= tail.trim();
  else if (tail.trim() !== "" && !/^\s*(?:live|on|from)\b/i.test(tail)) place.guest ??= tail.trim();
}

/** Reads a piece that holds a known streaming series: its city belongs to the event. */
export function readStream(piece: string, known: KnownMatch, place: Place): void {
  const name = piece.slice(known.start, known.end);
  const rest = piece
    .slice(known.end)
    .replace(/^[\s:,x×-]+/, "")
    .replace(/^(?:dj[ -]?set|live(?:[ -]?set)?|full set)\b\s*/i, "")
    .trim();
  const [city] = findPlaces(rest);
  place.source = "stream";
  if (city?.start === 0) {
    place.city ??= rest.slice(0, city.end);
    place.event = `${name} ${rest.slice(0, city.end)}`;
    const after = rest.slice(city.end).replace(/^[\s:,-]+/, "");
    if (after !== "" && !isOnlyPlace(after)) place.guest ??= after;
  } else {
    place.event = name;
    if (rest !== "" && !isOnlyPlace(rest)) place.guest ??= rest;
  }
}

/** Reads `Name Podcast 112` and the like; false when the piece is no series. */
export function readSeries(piece: string, place: Place): boolean {
  const numbered = episodeTail.exec(piece);
  const name = numbered?.[1]?.trim() ?? "";
  if (numbered?.[2] && name !== "" && seriesName.test(name)) {
    place.event = name;
    place.episode = numbered[2];
  } else if (/(?:pod-?cast|radio ?show|guest ?mix)$/iu.test(piece)) {
    place.event = piece;
  } else {
    return false;
  }
  place.source = "radioshow";
  return true;
}
