import type { ProposalKind } from "../contract/fields.ts";
import type { Evidence } from "../contract/naming.ts";
import type { Context } from "./context.ts";
import words from "./data/words.json";
import { findDates } from "./dates.ts";
import { findKnown } from "./gazetteer.ts";
import { isEventful } from "./set-place.ts";
import type { SetReading } from "./set-reading.ts";
import { foldText } from "./text.ts";
import { readTaperCode } from "./track-name.ts";

const otherFolders = new Set(words.otherFolders.map(foldText));
const otherGenres = new Set(words.otherGenres.map(foldText));
const sampleFolders = new Set(words.sampleFolders.map(foldText));
const sampleWord = new RegExp(`(?<!\\p{L})(?:${words.sampleWords.join("|")})s?(?!\\p{L})`, "iu");
const speechShows = new Set(words.speechShows.map(foldText));
const speechName =
  /\b(?:chapter|kapitel|chapitre|capítulo|capitolo|hoofdstuk|глава)[ _.-]*\d|\b(?:unabridged|abridged|ungekürzt|gelesen von|read by|narrated by|audiobook|hörbuch|s\d{1,2}e\d{1,3})\b/iu;
const speechWord =
  /\b(?:interview|talks?|lecture|sermon|speech|conversation|discussion|news|debate|storytime|vortrag|gespräch|keynote|history|politics|comedy)\b/iu;
const mixGenre =
  /\b(?:dj[ -]?(?:set|mix)|live[ -]?set|mixtape|radio ?show|mix(?:ed)?|techno|house|trance|electronic|dance|drum ?(?:and|&|n) ?bass|dnb|dubstep)\b/i;
const setWord =
  /\b(?:dj[ _-]?(?:set|mix)|live[ _-]?set|mix[ _-]?tape|full[ _-](?:set|concert|show)|guest[ _-]?mix|promo[ _-]?mix|studio[ _-]?mix|in the mix|whole set)\b/i;
const setFolder =
  /^(?:sets?|dj ?sets?|live ?sets?|mixes|dj ?mixes|mixtapes|radio ?shows?|radio|podcasts?|concerts?|konzerte|bootlegs?|boots|festivals?|clubs?|gigs)$/i;
/** Shorter files are tracks unless their name says otherwise. */
export const trackMaxSec = 900;
const setMinSec = 1_200;

function hasFolder(context: Context, set: ReadonlySet<string>): boolean {
  return context.dirs.some(
    (dir) => set.has(foldText(dir)) || [...set].some((word) => word.includes(" ") && foldText(dir).includes(word)),
  );
}

function isSample(context: Context): boolean {
  const { durationSec } = context.input;
  const { tags } = context;
  if (tags.album && tags.artist && !otherGenres.has(foldText(tags.genre))) return false;
  const inFolder = context.dirs.some(
    (dir) =>
      sampleFolders.has(foldText(dir)) ||
      /\b(?:sample|drum ?kit|one[ -]?shot|sound effects|sfx|jingle|loop)s?(?: ?pack)?\b/i.test(dir),
  );
  const isShort = durationSec !== null && durationSec < 8;
  if (inFolder) return durationSec === null || durationSec < 90;
  return sampleWord.test(context.stem.replace(/_/g, " ")) && isShort && !tags.artist;
}

function isSpeech(context: Context): boolean {
  const { tags, stem } = context;
  if (otherGenres.has(foldText(tags.genre)) || hasFolder(context, otherFolders)) return true;
  if (speechName.test(stem.replace(/_/g, " ")) && !tags.genre.match(mixGenre)) return true;
  const names = [...context.dirs, stem, tags.album ?? "", tags.artist ?? ""].map(foldText);
  if (
    [...speechShows].some((show) => names.some((name) => name === show || (show.includes(" ") && name.includes(show))))
  )
    return true;
  const isPodcast = /\bpodcasts?\b/i.test(tags.genre) || context.dirs.some((dir) => /^podcasts?$/i.test(dir));
  return isPodcast && !isMixSeries(context);
}

/** A podcast of mixes: a known show, a DJ word, a series named after a mix with a guest, or a track list beside it. */
function isMixSeries(context: Context): boolean {
  const text = [context.stem, context.tags.title ?? "", context.tags.album ?? "", ...context.dirs]
    .join(" ¦ ")
    .replace(/_/g, " ");
  if (findKnown(text).some((known) => known.kind === "radioshow" || (known.kind === "club" && !known.ambiguous)))
    return true;
  if (
    setWord.test(text) ||
    /\b(?:live (?:at|@|from)|mixed by|dj|b2b)\b/i.test(text) ||
    mixGenre.test(context.tags.genre)
  )
    return true;
  if (context.companions.some((companion) => companion.tracks.filter((track) => track.artist).length > 2)) return true;
  if (/^(?:\d+\s*-\s*)?[A-Z]{2,6}\.\d{2,4}\b/.test(context.stem)) return true;
  if (speechWord.test(text)) return false;
  const isDate = (piece: string) => /^[([]?\d{1,4}[-. ]\d{1,2}[-. ]\d{1,4}[)\]]?$/.test(piece.trim());
  const pieces = context.stem
    .replace(/_/g, " ")
    .replace(/\s*[([]\d{1,4}[-./]\d{1,2}[-./]\d{1,4}[)\]]/g, "")
    .split(/\s+[-–—|]\s+/)
    .filter((piece) => !isDate(piece));
  return (
    pieces.length <= 2 &&
    pieces.some((piece) =>
      /(?:podcast|mix|session|sessions|radio|radioshow|cast|show)\s*(?:episode|ep\.?|folge|no\.?)?\s*#?\d{1,4}$|^(?:.*\s)?podcast\s*#?\d{1,4}\b/i.test(
        piece.trim(),
      ),
    )
  );
}

/** The file's own name says set: a show, a festival, `live at`, outside brackets; or a full date. */
function namesSet(context: Context, reading: SetReading): boolean {
  const bare = context.stem.replace(/_/g, " ").replace(/\([^()]*\)/g, " ");
  const joined = /\b(?:live|dj[ -]?set|liveset)\s+(?:at|@|from|in|on)\b|@/i.test(bare.replace(/[-.]/g, " "));
  return (joined && reading.connected) || setWord.test(bare) || isEventful(bare.replace(/[-.]/g, " "));
}

function isNumberedPiece(context: Context, number: string | undefined): boolean {
  const { tags, folder, siblings } = context;
  if (tags.album && tags.trackNumber) return true;
  if (number === undefined) return false;
  const others = siblings.filter((sibling) => /^[[(]?\d{1,3}\b/.test(sibling) || /^[A-H]\d\b/.test(sibling)).length;
  return Boolean(tags.album) || folder?.shaped === true || others > 1;
}

/** `Artist - Album (1975)`: a folder of an album, whatever dates its tracks are called after. */
function isAlbumFolder({ folder, siblings }: Context): boolean {
  const others = siblings.filter((sibling) => /^\d{1,3}\b/.test(sibling));
  return (
    folder?.artist !== undefined && folder.year !== undefined && findDates(folder.raw).length === 0 && others.length > 1
  );
}

function isFullDate(reading: SetReading): boolean {
  return reading.dates.some((date) => date.readings.some((r) => r.day > 0));
}

function isLongSet(context: Context, reading: SetReading, title: SetReading | undefined): boolean {
  if (namesSet(context, reading) || isFullDate(reading)) return true;
  if (/(?<!\p{L})live(?!\p{L})/iu.test(context.stem.replace(/_/g, " ")) && !context.tags.album) return true;
  if (
    !context.tags.album &&
    context.stem
      .split(/\s+[-–|]\s+/)
      .some((piece) => /^\p{L}.*\s#?[1-9]\d{2}$/u.test(piece.trim()) && /[-–|]/.test(context.stem))
  )
    return true;
  const genre = /\b(?:dj[ -]?(?:set|mix)|live[ -]?set|mixtape|radio ?show|podcast|concert|bootleg|^live$|^mix$)\b/i;
  if (genre.test(context.tags.genre) || /^(?:live|mix)$/i.test(context.tags.genre)) return true;
  if (
    reading.source !== undefined ||
    (reading.event !== undefined && (reading.connected || reading.episode !== undefined))
  )
    return true;
  if (title && (title.source !== undefined || title.connected || isFullDate(title))) return true;
  if (
    context.companions.some(
      (c) =>
        c.fields.performed ||
        c.fields.event ||
        c.fields.venue ||
        saysSet(c.fields.title ?? "") ||
        c.headlines.some(saysSet),
    )
  )
    return true;
  if (context.companions.some((c) => c.isCue && isMixCue(c.tracks.map((track) => track.artist)))) return true;
  if (context.dirs.some((dir) => setFolder.test(dir.trim()))) return true;
  if (context.tags.album) return false;
  return (
    reading.part !== undefined ||
    (reading.venue === undefined && reading.event === undefined && reading.artist !== undefined)
  );
}

/** A title or headline of a companion that speaks of a performance. */
function saysSet(line: string): boolean {
  return /\s@\s|\b(?:live (?:at|@|from|in|on)|dj[ -]?set)\b/i.test(line) || (line !== "" && isEventful(line));
}

function isMixCue(artists: readonly (string | undefined)[]): boolean {
  return new Set(artists.filter((artist) => artist !== undefined)).size > 3;
}

/** What a file is, and what says so. */
export interface DecidedKind {
  readonly kind: ProposalKind;
  readonly because: Evidence;
}

const minutes = (sec: number) => `${Math.round(sec / 60)} min`;

/** What listening says of a long file, where nothing else does. */
function heardMix(context: Context): Evidence | undefined {
  const { sound, durationSec } = context.input;
  if (!sound?.isMix || context.tags.album) return undefined;
  const tempo = sound.bpm === null ? "a steady beat" : `a steady ${Math.round(sound.bpm)} BPM`;
  return { source: "audio", text: `${minutes(durationSec ?? 0)}, ${tempo}, several keys: a mix`, weight: 0.6 };
}

/** What a file is. `number` is the track number its name shows. */
export function decideKind(
  context: Context,
  reading: SetReading,
  title: SetReading | undefined,
  number: string | undefined,
): DecidedKind {
  const { durationSec } = context.input;
  const byName = (kind: ProposalKind, text = context.stem): DecidedKind => ({
    kind,
    because: { source: "filename", text, weight: 0.7 },
  });
  const byLength = (kind: ProposalKind): DecidedKind => ({
    kind,
    because: {
      source: "audio",
      text: durationSec === null ? "Its length is not known" : `It lasts ${minutes(durationSec)}`,
      weight: 0.6,
    },
  });
  const byMix = (): DecidedKind | undefined => {
    const because = heardMix(context);
    return because && { kind: "set", because };
  };
  if (isSample(context) || isSpeech(context)) return byName("other", context.input.path);
  if (readTaperCode(context.stem)) return byName("track");
  const named = namesSet(context, reading);
  const isInAlbum = Boolean(context.tags.album) || isAlbumFolder(context);
  if (isNumberedPiece(context, number) && !named && (isInAlbum || !isFullDate(reading))) return byName("track");
  if (durationSec === null) {
    const isDated = isFullDate(reading) && (reading.venue ?? reading.event) !== undefined;
    return named || isDated ? byName("set") : byLength("track");
  }
  if (durationSec < trackMaxSec) {
    const isPart = reading.part !== undefined && named && !context.tags.album && durationSec > 240;
    return isPart ? byName("set") : byLength("track");
  }
  if (durationSec < setMinSec) return named || isFullDate(reading) ? byName("set") : byLength("track");
  if (named || isFullDate(reading)) return byName("set");
  return byMix() ?? byLength(isLongSet(context, reading, title) ? "set" : "track");
}
