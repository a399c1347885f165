import type { NamingInput } from "../contract/naming.ts";
import { boundInput } from "./bounds.ts";
import { stemOf } from "./clean-name.ts";
import type { CompanionReading } from "./companion-reading.ts";
import { readCompanion } from "./companions.ts";
import { type FolderReading, readFolders } from "./folders.ts";
import { findKnown } from "./gazetteer.ts";
import { groupOf } from "./group.ts";
import { emptyLibrary, type Library } from "./library.ts";
import { decodeCp1251, isCp1251 } from "./mojibake.ts";
import { isEmptyText, isJunkAlbum, isJunkArtist, isJunkStem, isJunkTitle, isVideoId } from "./noise.ts";
import { foldText, isSimilar, plainText } from "./text.ts";

/** Tag texts, repaired, with junk taken out. `year` is four digits; `date` is only there when a tag holds a month or a full day (`00`: none). */
export interface CleanTags {
  readonly artist?: string;
  readonly title?: string;
  readonly album?: string;
  readonly albumArtist?: string;
  readonly genre: string;
  readonly trackNumber?: string;
  readonly discNumber?: string;
  readonly discTotal?: number;
  readonly year?: string;
  readonly date?: string;
}
/** All that the rules look at, read once. */
export interface Context {
  readonly input: NamingInput;
  readonly stem: string;
  readonly dirs: readonly string[];
  readonly siblings: readonly string[];
  readonly group: string | undefined;
  readonly tags: CleanTags;
  readonly folder: FolderReading | null;
  readonly companions: readonly CompanionReading[];
  /** The file came from a video or sound site: its date is the upload's, its artist may be the channel. */
  readonly isUpload: boolean;
  /** What a person has taught this library. */
  readonly library: Library;
  readonly notes: string[];
}

const uploadSite =
  /youtu\.?be|soundcloud|mixcloud|vimeo|twitch\.tv|hearthis|archive\.org\/details|bilibili|dailymotion|facebook\.com|uploaded by/i;
const uploadFolder = /^(?:youtube|yt|yt-dlp|ytdl|youtube-dl|youtube downloads|soundcloud|mixcloud)$/i;

function numberTag(text: string | undefined, limit: number): { number?: string; total?: number } {
  const match = /^\s*(\d{1,9})\s*(?:(?:\/|of)\s*(\d{1,5}))?\s*$/i.exec(text ?? "");
  const number = Number(match?.[1] ?? 0);
  // A date or an identifier in the number's place is no number.
  if (!match || number < 1 || number > limit) return {};
  const total = Number(match[2] ?? 0);
  return { number: String(number), ...(total > 0 ? { total } : {}) };
}

function sideTag(text: string | undefined): string | undefined {
  return /^\s*([A-H]{1,2}\d{0,2})\s*$/.exec(text ?? "")?.[1];
}

function yearTag(text: string | undefined): string | undefined {
  const year =
    /(?:^|\D)((?:19|20)\d{2})(?!\d)/.exec(text ?? "")?.[1] ??
    /^((?:19|20)\d{2})(?:\d{4})?$/.exec((text ?? "").trim())?.[1];
  return year;
}

function cleanTags(input: NamingInput, isUpload: boolean, stem: string, notes: string[]): CleanTags {
  const isCyrillic = isCp1251(
    ["artist", "title", "album", "albumArtist"].map((key) => input.tags[key] ?? "").join(" "),
  );
  const read = (key: string) => {
    const raw = input.tags[key];
    const text = raw === undefined ? "" : plainText(isCyrillic ? decodeCp1251(raw) : raw);
    return text === "" || isEmptyText(text) ? undefined : text;
  };
  const title = read("title");
  const album = read("album");
  const albumArtist = read("albumArtist");
  const [performer, ...named] = splitTitle(title, stem, input.tags.artist);
  const artist = performer ?? artistTag(read("artist"), title, stem, isUpload, notes);
  const track = numberTag(input.tags.trackNumber, 999);
  const disc = numberTag(input.tags.discNumber, 99);
  const day = /^\s*(\d{4})-(\d{2})-(\d{2})/.exec(input.tags.date ?? input.tags.year ?? "");
  const month = /^\s*((?:19|20)\d{2})-(0[1-9]|1[0-2])\s*$/.exec(input.tags.date ?? "");
  const date = month
    ? `${month[1]}-${month[2]}-00`
    : day && !(day[2] === "01" && day[3] === "01")
      ? `${day[1]}-${day[2]}-${day[3]}`
      : undefined;
  const year = yearTag(input.tags.year) ?? yearTag(input.tags.date);
  const trackNumber = track.number ?? sideTag(input.tags.trackNumber);
  if (title && isJunkTitle(title)) notes.push(`The title tag "${title}" says nothing.`);
  return {
    genre: read("genre") ?? "",
    ...(artist ? { artist } : {}),
    ...(title && !isJunkTitle(title) && !isNumberTitle(title, stem) ? { title: named.join(" - ") || title } : {}),
    ...(album && !isJunkAlbum(album) ? { album } : {}),
    ...(albumArtist && !isJunkArtist(albumArtist) ? { albumArtist } : {}),
    ...(trackNumber ? { trackNumber } : {}),
    ...(disc.number ? { discNumber: disc.number } : {}),
    ...(disc.total ? { discTotal: disc.total } : {}),
    ...(year ? { year } : {}),
    ...(date ? { date } : {}),
  };
}

/** `Artist - Title` in the title tag of a file that has no artist tag and a name that says nothing. */
function splitTitle(title: string | undefined, stem: string, artist: string | undefined): string[] {
  const pieces = title?.split(/\s+[-–—]\s+/) ?? [];
  return artist === undefined && pieces.length > 1 && isJunkStem(stem) ? pieces : [];
}

/** Whether a channel is named in a title as the owner of a series or a night, behind or around the performer. */
function isOwner(artist: string, shown: string): boolean {
  const pieces = shown.split(/\s+[-–—]\s+|\s*\|\s*/);
  const isSeries = (piece: string) =>
    new RegExp(`^${foldText(artist)} (?:podcast|radio|sessions?|mix|mixes|mix series|show|cast|guest mix)(?: |$)`).test(
      foldText(piece),
    );
  const at = pieces.findIndex((piece) => foldText(piece) === foldText(artist));
  return pieces.length > 1 && (pieces.some(isSeries) || (at > 0 && /\|/.test(shown) && pieces.length > 2));
}

/** A title that is a bare track number repeated from the file name. */
function isNumberTitle(title: string, stem: string): boolean {
  return /^\d{1,2}$/.test(title) && foldText(stem) === foldText(title);
}

function artistTag(
  raw: string | undefined,
  title: string | undefined,
  stem: string,
  isUpload: boolean,
  notes: string[],
): string | undefined {
  if (raw === undefined) return undefined;
  const artist = raw.replace(/\s+-\s+Topic$/i, "");
  const name = plainText(stem);
  if (isJunkArtist(artist)) {
    notes.push(`The artist tag "${artist}" says nothing.`);
    return undefined;
  }
  const known = findKnown(artist).some((match) => match.start === 0 && match.end === artist.length);
  const shown = [title, name].find((text) => text !== undefined && /\s[-|–@]\s|\blive\s+(?:at|@|in)\b/i.test(text));
  const first = shown?.split(/\s+[-|–@]\s+|\s+live\s+(?:at|@|in)\s+/i)[0] ?? "";
  const isChannel =
    known ||
    (shown !== undefined && isOwner(artist, shown)) ||
    (isUpload && shown !== undefined && !isSimilar(artist, first) && !foldText(shown).includes(foldText(artist))) ||
    /(?:vevo|official channel)$/i.test(artist) ||
    (/ (?:records|recordings|music group|tv|radio|channel)$/i.test(artist) && isUpload);
  if (isChannel && shown !== undefined && (!isSimilar(artist, first) || isOwner(artist, shown))) {
    notes.push(`The artist tag "${artist}" looks like a channel.`);
    return undefined;
  }
  return /vevo$/i.test(artist) && foldText(first).replace(/ /g, "") === foldText(artist).replace(/vevo$/, "")
    ? first
    : artist;
}

/** Lengths this much apart (as a share) are different ones. */
const lengthTolerance = 0.1;

/** The input with the length that was heard, where the container says nothing or something else. */
function withHeardLength(input: NamingInput, notes: string[]): NamingInput {
  const heard = input.sound?.durationSec ?? null;
  const said = input.durationSec;
  if (heard === null || heard <= 0) return input;
  if (said !== null && Math.abs(said - heard) <= lengthTolerance * Math.max(said, heard)) return input;
  if (said !== null)
    notes.push(`The file says that it lasts ${Math.round(said)} s; ${Math.round(heard)} s could be heard.`);
  return { ...input, durationSec: heard };
}

/** Reads companions of a file; what was left out of them goes into the notes. */
function readCompanions(input: NamingInput, companions: NamingInput["companions"], notes: string[]) {
  const { durationSec, path, siblings } = input;
  const file = path.slice(path.lastIndexOf("/") + 1);
  const others = siblings.filter((sibling) => sibling !== file);
  const readings = companions.map(({ name, text }) => readCompanion(name, text, { file, others, durationSec }));
  for (const [at, { ignored }] of companions.entries())
    notes.push(...(ignored ? [ignored] : []), ...(readings[at]?.ignored ?? []));
  return readings;
}

/** Reads everything about a file once. */
export function makeContext(given: NamingInput, library: Library = emptyLibrary): Context {
  const bounded = boundInput(given);
  const notes: string[] = [...(bounded.ignored ?? [])];
  const input = withHeardLength(bounded, notes);
  const dirs = input.path
    .split("/")
    .slice(0, -1)
    .filter((dir) => dir !== "" && dir !== "." && dir !== "..");
  const stem = stemOf(input.path);
  const siblings = input.siblings.map(stemOf);
  const folderName = dirs.at(-1) ?? "";
  const remarks = ["comment", "description", "url", "purl", "website", "encodedBy", "source"]
    .map((key) => input.tags[key] ?? "")
    .join(" ");
  const endId = /\[([\w-]{11})\]\s*$/.exec(stem)?.[1];
  const isUpload =
    uploadSite.test(remarks) ||
    dirs.some((dir) => uploadFolder.test(dir.trim())) ||
    (endId !== undefined && isVideoId(endId));
  const tags = cleanTags(input, isUpload, stem, notes);
  const stems = new Set(siblings.map((sibling) => sibling.toLowerCase()));
  const ours = input.companions.filter(
    ({ name }) => stemOf(name).toLowerCase() === stem.toLowerCase() || !stems.has(stemOf(name).toLowerCase()),
  );
  const companions = readCompanions(input, ours.slice(0, 8), notes);
  return {
    input,
    stem,
    dirs,
    siblings,
    group: groupOf(stem, folderName, siblings),
    tags,
    folder: readFolders(dirs, tags.album),
    companions,
    isUpload,
    library,
    notes,
  };
}
