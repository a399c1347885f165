import { mapBrackets } from "./brackets.ts";
import { findDates } from "./dates.ts";
import { groupOf, withoutGroup } from "./group.ts";
import { isGenericFolder, isMark, isNoiseBracket, stripTrailingMarks } from "./noise.ts";
import { isTight, spaceOut, splitTight } from "./spacing.ts";
import { plainText } from "./text.ts";

/** What the folders above a file say about an album. `raw` is the folder the album was read from. */
export interface FolderReading {
  readonly artist?: string;
  readonly album?: string;
  readonly year?: string;
  readonly disc?: string;
  /** The folder says how many discs there are: `3CD`. */
  readonly discTotal?: number;
  readonly various: boolean;
  readonly group?: string;
  readonly raw: string;
  readonly artistRaw?: string;
  /** The folder's form (`Artist - Album (Year)`, scene name) marks an album even without other evidence. */
  readonly shaped: boolean;
}

const discWords: Readonly<Record<string, string>> = { one: "1", two: "2", three: "3", four: "4", five: "5", six: "6" };
const discFolder =
  /^(?:cd|disc|disk|disque|dvd|vinyl|lp|platte|диск)[\s._-]*(\d{1,2}|[a-d]|one|two|three|four|five|six)(?:\s*[-–:].*|\s*\(.*\))?$/iu;
const discTail = /[\s._-]*[[(,-]?\s*(?:cd|disc|disk|disque)[\s._-]*(\d{1,2})\s*[\])]?$/iu;
const variousName =
  /^(?:va|v\.a\.?|v\/a|various|various artists|verschiedene|verschiedene interpreten|verschiedene künstler|artistes? divers|divers|varios(?: artistas)?|artisti vari|vari|diverse|diverse artiesten|vários|składanka|сборник)$/iu;

/** `VA` and its forms in other languages. */
export function isVarious(name: string): boolean {
  return variousName.test(name.trim());
}

interface Draft {
  text: string;
  year?: string;
  discTotal?: number;
}

function takeBrackets(text: string): Draft {
  const draft: Draft = { text };
  const gap = / /.test(text) ? " " : "";
  draft.text = mapBrackets(text, ({ inside, open }) => {
    const year = /^(?:(?:19|20)\d{2})(?=$|[-./,; ])/.exec(inside);
    if (year && (inside.length === 4 || findDates(inside).length > 0 || /^\d{4}[,; ]/.test(inside))) {
      draft.year ??= year[0];
      return gap;
    }
    if (/^(?:19|20)\d{2}\s*[-–]\s*(?:(?:19|20)?\d{2}|present)$/i.test(inside)) return gap;
    const discs = /^(\d{1,2})[ -]?(?:cds?|discs?|lps?)$/i.exec(inside);
    if (discs) draft.discTotal = Number(discs[1]);
    // Scene names have no spaces and often no capitals.
    const isSceneCode = gap === "" && /^[a-z]{2,}[a-z0-9]*[-_]?[a-z]*\d{2,}[a-z]?$/i.test(inside);
    const isCatalogue = open === "{" || isSceneCode || /^[A-Z]{2,}[A-Z0-9]*[ -]?[A-Z]*\d{2,}[A-Z]*$/.test(inside);
    return discs || isCatalogue || isNoiseBracket(inside) || isFormat(inside) ? gap : null;
  });
  return draft;
}

function isFormat(inside: string): boolean {
  return (
    /\b(?:flac|mp3|wav|aac|alac|vinyl|web|cd|lossless|kbps|24[- ]?bit|16[- ]?bit|24-\d{2,3}|16-44|320|v0|dsd\d*|sacd|rip|reissue \d{4})\b/i.test(
      inside,
    ) && !/\b(?:edition|version|mix|deluxe|ep)\b/i.test(inside)
  );
}

function readScene(text: string, draft: Draft): string[] {
  // `_-_` separates here, and what hangs on by a bare hyphen at the end is the release's format and year.
  const tail = /_-_/.test(text)
    ? (/(?:-(?:\d{1,2}(?:cds?|lps?)|(?:19|20)\d{2}|[A-Z]{2,8}))+$/i.exec(text)?.[0] ?? "")
    : "";
  const head = splitTight(spaceOut(text.slice(0, text.length - tail.length)), []).split(" - ");
  const pieces = [...head, ...tail.split("-")].map((piece) => piece.trim()).filter((piece) => piece !== "");
  const kept: string[] = [];
  for (const piece of pieces) {
    const discs = /^(\d{1,2})(?:cds?|lps?|discs?)$/i.exec(piece);
    if (discs) draft.discTotal = Number(discs[1]);
    else if (/^(?:19|20)\d{2}$/.test(piece) && kept.length > 0) draft.year ??= piece;
    else if (
      piece !== "" &&
      !(kept.length > 1 && (isMark(piece) || /^(?:cd|ep|cdep|cdm|cds|lp|vinyl|web|retail|promo|bootleg)$/i.test(piece)))
    )
      kept.push(piece);
  }
  return kept;
}

function splitName(text: string, draft: Draft): string[] {
  const scene = isTight(text) && (/_/.test(text) || /-(?:19|20)\d{2}$/.test(text));
  const pieces = scene
    ? readScene(text, draft)
    : spaceOut(text)
        .split(/\s+[-–—]\s+/)
        .map((piece) => piece.trim());
  const out: string[] = [];
  for (const piece of pieces) {
    if (/^(?:19|20)\d{2}$/.test(piece) && pieces.length > 1 && !draft.year) draft.year = piece;
    else if (piece !== "") out.push(piece);
  }
  return out;
}

/** One folder's name as `artist`, `album`, `year`; the artist is absent when the name has one piece. */
export function readFolderName(
  name: string,
  group: string | undefined,
): { pieces: string[]; year?: string; discTotal?: number; disc?: string } {
  const plain = plainText(withoutGroup(name, group));
  const discMatch = discTail.exec(plain);
  const hasDisc = discMatch?.[1] !== undefined && discMatch.index > 0;
  const draft = takeBrackets(hasDisc ? plain.slice(0, discMatch.index) : plain);
  const text = stripTrailingMarks(draft.text.replace(/\s+/g, " ").trim());
  const leading = /^((?:19|20)\d{2})(?:\s+[-–]\s+|[._]\s*-?\s*|\s{1,3}(?=\p{Lu}))(?=\D)(.+)$/u.exec(text);
  const isDate = findDates(text)[0]?.start === 0;
  if (leading?.[1] && leading[2] && !isDate) draft.year ??= leading[1];
  const pieces = splitName(leading?.[2] && !isDate ? leading[2] : text, draft);
  return {
    pieces,
    ...(draft.year ? { year: draft.year } : {}),
    ...(draft.discTotal ? { discTotal: draft.discTotal } : {}),
    ...(hasDisc ? { disc: discMatch[1] as string } : {}),
  };
}

/** A folder that begins with a date (`1992-08-30 - Reading Festival`) is one album name, date included. */
function joinDated(pieces: readonly string[]): { artist?: string; album?: string } {
  const at = pieces.findIndex((piece) => findDates(piece)[0]?.start === 0);
  if (at === 0) return { album: pieces.join(" - ") };
  if (at === 1 && pieces[0]) return { artist: pieces[0], album: pieces.slice(1).join(" - ") };
  return {};
}

function isTaperFolder(name: string): boolean {
  return /^[a-z]{1,10}[ _.-]?\d{2,4}-\d{2}-\d{2}/i.test(name) && !/ - /.test(name);
}

/** Reads the folders above a file, nearest first: disc folder, album folder, artist folder. */
export function readFolders(dirs: readonly string[], knownAlbum?: string): FolderReading | null {
  const rest = [...dirs];
  let disc: string | undefined;
  const last = rest.at(-1);
  const discMatch = last === undefined ? null : discFolder.exec(plainText(last).replace(/_/g, " "));
  if (discMatch?.[1] && rest.length > 1) {
    const word = discWords[discMatch[1].toLowerCase()];
    disc =
      word ??
      (/^[a-d]$/i.test(discMatch[1])
        ? String(discMatch[1].toLowerCase().charCodeAt(0) - 96)
        : String(Number(discMatch[1])));
    rest.pop();
  }
  if (rest.length > 1 && /^(?:side|seite|face|lado)[ _-]*[a-h]$/i.test(rest.at(-1) ?? "")) rest.pop();
  const raw = rest.pop();
  if (raw === undefined) return null;
  const isTagAlbum = knownAlbum !== undefined && plainText(raw).toLowerCase() === knownAlbum.toLowerCase();
  if ((isGenericFolder(raw) && !isTagAlbum) || isTaperFolder(raw))
    return disc ? { disc, various: false, raw, shaped: false } : null;
  const group = groupOf(raw);
  const name = readFolderName(raw, group);
  const parentRaw = rest.at(-1);
  const parent =
    parentRaw !== undefined && (!isGenericFolder(parentRaw) || isVarious(parentRaw)) ? plainText(parentRaw) : undefined;
  const dated = joinDated(name.pieces);
  const [first, ...others] = name.pieces;
  const various = first !== undefined && others.length > 0 && isVarious(first);
  // `Parent/Parent - Album` and `Artist/Album - Subtitle` differ only in whether the parent repeats.
  const splits =
    dated.album === undefined &&
    others.length > 0 &&
    (various || parent === undefined || first?.toLowerCase() === spaceOut(parent).toLowerCase());
  const album = dated.album ?? (splits ? others.join(" - ") : name.pieces.join(" - "));
  const artist =
    dated.artist ??
    (splits ? first : parent === undefined ? undefined : readFolderName(parent, undefined).pieces.join(" - "));
  const shaped = others.length > 0 || name.year !== undefined || disc !== undefined;
  return {
    ...(artist && !various && !isVarious(artist) ? { artist } : {}),
    ...(album ? { album } : {}),
    ...(name.year ? { year: name.year } : dated.album ? yearOf(dated.album) : {}),
    ...(disc ? { disc } : name.disc ? { disc: name.disc } : {}),
    ...(name.discTotal ? { discTotal: name.discTotal } : {}),
    ...(group ? { group } : {}),
    various: various || (artist !== undefined && isVarious(artist)),
    raw,
    ...(artist && !splits && dated.artist === undefined && parentRaw ? { artistRaw: parentRaw } : { artistRaw: raw }),
    shaped,
  };
}

function yearOf(album: string): { year?: string } {
  const [date] = findDates(album);
  const year = date?.readings[0]?.year;
  return year ? { year: String(year) } : {};
}
