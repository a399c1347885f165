import { mapBrackets } from "./brackets.ts";
import spellings from "./data/spellings.json";
import { isVarious } from "./folders.ts";
import { withoutGroup } from "./group.ts";
import {
  isMark,
  isNoiseBracket,
  isNoisePhrase,
  isVersionBracket,
  isVersionText,
  isVideoId,
  stripTrailingMarks,
} from "./noise.ts";
import { isTight, spaceOut, splitTight } from "./spacing.ts";
import { foldText, plainText, stripEmoji } from "./text.ts";

/** What a track's file name says. `pieces` are its parts without number and noise, in order. */
export interface TrackName {
  readonly plain: string;
  readonly pieces: readonly string[];
  readonly number?: string;
  readonly disc?: string;
  /** The number is written so that only a track number is meant: padded, with a separator, in brackets. */
  readonly numberIsSure: boolean;
  readonly year?: string;
}
/** What tags, folder and siblings tell about a name before it is read. */
export interface TrackHints {
  readonly group?: string | undefined;
  /** Names from tags and folders whose hyphens, digits and marks are their own. */
  readonly keep: readonly string[];
  /** `203` means disc 2, track 03: several discs are known. */
  readonly manyDiscs: boolean;
  /** Siblings are numbered the same way, or the tags give this number. */
  readonly numbered: boolean;
}

const digitArtists = new Set(spellings.digitArtists.map(foldText));
const taperCode =
  /^[a-z]{1,10}[ _.-]?\d{2,4}-\d{2}-\d{2}.*?(?:d|s|cd|set|disc)[ _.-]?(\d)[ _.-]?t(?:rack)?[ _.-]?(\d{2})(?:[ _.-]+(.*))?$/i;
const taperFlat = /^[a-z]{1,10}[ _.-]?\d{2,4}-\d{2}-\d{2}.*?[ _.-]?t(?:rack)?(\d{2})(?:[ _.-]+(.*))?$/i;

/** `gd77-05-08d1t01`: disc (or set), track, and a title when one follows. */
export function readTaperCode(stem: string): { disc?: string; number: string; title?: string; isSet: boolean } | null {
  const full = taperCode.exec(stem);
  if (full?.[1] && full[2]) {
    const title = full[3] ? spaceOut(full[3]) : "";
    return {
      disc: full[1],
      number: String(Number(full[2])),
      isSet: /s(?:et)?[ _.-]?\d[ _.-]?t/i.test(stem),
      ...(title ? { title } : {}),
    };
  }
  const flat = taperFlat.exec(stem);
  if (!flat?.[1]) return null;
  const title = flat[2] ? spaceOut(flat[2]) : "";
  return { number: String(Number(flat[1])), isSet: false, ...(title ? { title } : {}) };
}

/** Without brackets that say nothing about the music; a year in brackets is taken out. */
export function stripNoise(text: string): { text: string; year?: string } {
  let year: string | undefined;
  let at = 0;
  const out = mapBrackets(text, (bracket) => {
    const lead = text.slice(at, bracket.start).trim() === "" && at === 0;
    at = bracket.end;
    if (/^(?:19|20)\d{2}$/.test(bracket.inside)) {
      year ??= bracket.inside;
      return " ";
    }
    if (
      bracket.open === "[" &&
      (lead || !/\s/.test(bracket.inside)) &&
      /^(?=.*[A-Z])[A-Z0-9]{2,}[ ._-]?[A-Z]*\d{2,5}[A-Z]*$/.test(bracket.inside)
    )
      return " ";
    if (isNoiseBracket(bracket.inside) && !isVersionBracket(bracket.inside)) return " ";
    return bracket.open === "[" && isVideoId(bracket.inside) ? " " : null;
  });
  const announced = out
    .replace(
      /^\s*(?:(?:video |track |mix )?premi(?:e|è)re|exclusive|out now|free (?:dl|download)|preview)\s*[:|]\s*/iu,
      "",
    )
    // Tempo and key behind a title, as promo pools write them: `(Clean) 105 4A`.
    .replace(/\s+(?:[6-9]\d|1\d\d|2[01]\d)\s+(?:1[0-2]|0?[1-9])[AB]\s*$/i, "")
    // A label behind the version: `(Original Mix) [Label]`.
    .replace(/(?<=\))\s*\[([^[\]]{2,40})\]\s*$/u, (whole, inside: string) => (isVersionText(inside) ? whole : ""))
    .replace(/(?:^|\s)#\p{L}[\p{L}\p{N}_]+/gu, " ");
  const tidy = / /.test(text) ? announced.replace(/\s+/g, " ") : announced.replace(/ /g, "");
  return { text: tidy.trim(), ...(year ? { year } : {}) };
}

interface Numbered {
  number?: string;
  disc?: string;
  sure: boolean;
  rest: string;
}

const numberForms: readonly { pattern: RegExp; sure: boolean; disc?: boolean }[] = [
  {
    pattern: /^(?:cd|disc|disk)[\s._-]?(\d{1,2})[\s._-]+(?:track)?[\s._-]?(\d{1,3})(?:\s*[-._)]+\s*|\s+)(?=\S)/iu,
    sure: true,
    disc: true,
  },
  { pattern: /^[[(]?(\d{1,2})[-.](\d{2})[\])]?(?:\s*[-._)]+\s*|\s+)(?=\S)/u, sure: true, disc: true },
  { pattern: /^[[(](\d{1,3})[\])]\s*[-._]*\s*(?=\S)/u, sure: true },
  // `A.M.C` are initials, not side A.
  { pattern: /^[[(]?([A-H]{1,2}\d{1,2}|[A-H])[\])]?(?:\s*[-.)]+\s*|\s+-\s+)(?=\S)(?!\p{L}\.)/u, sure: true },
  { pattern: /^([A-H]\d)\s+(?=\p{L})/u, sure: true },
  // Scene names are all lower-case: `a1-artist-title-grp`.
  { pattern: /^([a-h]\d)-(?=\p{L})/u, sure: true },
  { pattern: /^(?:track|titel|piste|pista)[\s._-]?(\d{1,3})\s*[-._]\s*(?=\p{L})/iu, sure: true },
  { pattern: /^(\d{1,3})(?:\s*[-–_)]+\s*|\.\s*[-–]?\s*)(?=\S)/u, sure: true },
  { pattern: /^(0\d{1,2})\s+(?=\S)/u, sure: true },
  { pattern: /^(\d{1,3})\s+(?=\S)/u, sure: false },
];

function takeNumber(text: string, hints: TrackHints): Numbered {
  for (const form of numberForms) {
    const match = form.pattern.exec(text);
    if (!match?.[1]) continue;
    const rest = text.slice(match[0].length);
    if (form.disc && match[2])
      return { disc: String(Number(match[1])), number: String(Number(match[2])), sure: true, rest };
    if (startsWithDigitName(text, hints)) return { sure: false, rest: text };
    // Few albums hold more than forty tracks, many titles begin with a number.
    if (!form.sure && (!hints.numbered || Number(match[1]) > 40) && !hints.manyDiscs)
      return { sure: false, rest: text };
    return { ...splitDisc(match[1], hints), sure: form.sure, rest };
  }
  return { sure: false, rest: text };
}

/** `50 Cent - In da Club`: the digits belong to a name that is known or that a tag holds. */
function startsWithDigitName(text: string, hints: TrackHints): boolean {
  const [head = ""] = text.split(/\s+[-–]\s+/);
  const folded = foldText(head);
  return (
    digitArtists.has(folded) || hints.keep.some((name) => /^\d/.test(name) && foldText(text).startsWith(foldText(name)))
  );
}

function splitDisc(number: string, hints: TrackHints): { number: string; disc?: string } {
  if (/^[1-9]\d{2}$/.test(number) && hints.manyDiscs)
    return { disc: number.charAt(0), number: String(Number(number.slice(1))) };
  return { number: /^\d+$/.test(number) ? String(Number(number)) : number.toUpperCase() };
}

function splitParts(text: string): string[] {
  return text
    .split(/\s+[-–—]+\s*(?=\S)|(?<=\S)[-–—]+\s+|\s+\|\s+/)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "");
}

function isBeatportNoise(piece: string): boolean {
  return (
    /^(?:[6-9]\d|1\d\d|2[01]\d)(?:\s?bpm)?$/i.test(piece) ||
    /^[A-G][b#♭♯]?\s?(?:maj|min|major|minor|m)$/i.test(piece) ||
    /^\d{1,2}[AB]$/.test(piece)
  );
}

const camelotKey = /^(?:1[0-2]|0?[1-9])[AB]$/i;
const isTempo = (piece: string) => /^(?:[6-9]\d|1\d\d|2[01]\d)(?:\.\d+)?(?: ?bpm)?$/i.test(piece);

/** `8A - 124 - Artist - Title`, as programs for DJs write names: key and tempo in front, in either order. */
function dropTempoAndKey(pieces: readonly string[]): string[] {
  const [first = "", second = ""] = pieces;
  const isBoth = (camelotKey.test(first) && isTempo(second)) || (isTempo(first) && camelotKey.test(second));
  if (isBoth && pieces.length > 3) return pieces.slice(2);
  return camelotKey.test(first) && pieces.length > 2 ? pieces.slice(1) : [...pieces];
}

/** `YOASOBI「アイドル」 Official Music Video`: corner brackets hold the title where nothing else parts the name. */
function openCorners(plain: string): string {
  const [, artist = "", title = "", rest = ""] = /^([^「『]+?)\s*[「『]([^」』]+)[」』]\s*(.*)$/u.exec(plain) ?? [];
  if (title === "" || / [-–—] /.test(plain)) return plain;
  const more = stripNoise(rest).text;
  return `${artist} - ${title}${more === "" || isNoisePhrase(more) ? "" : ` ${more}`}`;
}

/** Takes a track's file name apart. */
export function readTrackName(stem: string, hints: TrackHints): TrackName {
  const plain = stripEmoji(plainText(withoutGroup(stem.trim(), hints.group)));
  const tight = isTight(plain) && !/^[^-]*\d-\d[^-]*$/.test(plain);
  // `02_-_Svefn-g-englar`: where `_-_` parts a name, a bare hyphen is its own.
  const isParted = /^\W*\d{1,3}_-_[^_-]*-/.test(plain) && !/_-_.*_-_/.test(plain);
  const scene = tight && !isParted && (/_/.test(plain) || /^\d{1,3}-/.test(plain) || hints.group !== undefined);
  const numbered = takeNumber(openCorners(plain).replace(/^(\d{1,3})_(?!-)/, "$1 - "), hints);
  const noiseless = stripNoise(numbered.rest);
  const spaced = scene ? splitTight(spaceOut(noiseless.text), hints.keep) : spaceOut(noiseless.text);
  const parts = splitParts(spaced).map((piece) => stripTrailingMarks(piece));
  const kept = parts.filter(
    (piece, i) => i === 0 || !(isMark(piece) || (i > 1 && i === parts.length - 1 && isBeatportNoise(piece))),
  );
  const withoutYear = scene && kept.length > 2 && /^(?:19|20)\d{2}$/.test(kept.at(-1) ?? "") ? kept.slice(0, -1) : kept;
  const beatport = /__\d{2,3}__/.test(plain) ? withoutYear.filter((piece) => !isBeatportNoise(piece)) : withoutYear;
  const keyed = beatport.length > 2 ? dropTempoAndKey(beatport) : beatport;
  const code =
    keyed.length > 2 && /^[A-Z]{2,}[A-Z0-9]*[ -]?\d{2,4}[A-Z]?$/.test(keyed[0] ?? "") ? keyed.slice(1) : keyed;
  const year = noiseless.year;
  return {
    plain,
    pieces: code,
    numberIsSure: numbered.sure,
    ...(numbered.number ? { number: numbered.number } : {}),
    ...(numbered.disc ? { disc: numbered.disc } : {}),
    ...(year ? { year } : {}),
  };
}

function isWork(piece: string): boolean {
  return /\b(?:op\.? ?\d|bwv ?\d|kv? ?\d{2,}|k\. ?\d|rv ?\d|hob\.|d\. ?\d{2,}|in [a-h](?:[- ](?:flat|sharp|dur|moll))? (?:major|minor|dur|moll))/i.test(
    piece,
  );
}

/** `Artist - Album - 04 Title`, as shops name files; of a compilation `Various Artists - Album - 04 Artist - Title`. */
function readShopName(pieces: readonly string[]): AssignedName | undefined {
  const at = pieces.findIndex((piece, i) => i > 1 && /^\d{2,3}\s+\S/.test(piece));
  const [, digits, head = ""] = /^(\d{2,3})\s+(\S.*)$/.exec(pieces[at] ?? "") ?? [];
  const [artist = ""] = pieces;
  if (at < 2 || digits === undefined) return undefined;
  const rest = pieces.slice(at + 1);
  const isSplit = isVarious(artist) && rest.length > 0;
  return {
    artist: isSplit ? head : artist,
    title: (isSplit ? rest : [head, ...rest]).join(" - "),
    album: pieces.slice(1, at).join(" - "),
    number: String(Number(digits)),
    ...(isVarious(artist) ? { various: true } : {}),
  };
}

/** What the pieces of a name are. `various`: the name says that the album is a compilation. */
export interface AssignedName {
  artist?: string;
  title?: string;
  album?: string;
  number?: string;
  various?: boolean;
}

/** Assigns pieces to artist and title; a number between them is the track's, a piece equal to the album is dropped. */
export function assignPieces(
  name: TrackName,
  known: { artist?: string | undefined; album?: string | undefined; title?: string | undefined },
): AssignedName {
  let pieces = [...name.pieces];
  let number: string | undefined;
  const shop = name.number ? undefined : readShopName(pieces);
  if (shop) return shop;
  const at = pieces.findIndex((piece, i) => i > 0 && i < pieces.length - 1 && /^(?:\d{1,3}|[A-D]\d{1,2})$/.test(piece));
  if (at > 0 && !name.number) {
    number = /^\d+$/.test(pieces[at] ?? "") ? String(Number(pieces[at])) : pieces[at];
    const album = at > 1 ? pieces.slice(1, at).join(" - ") : undefined;
    const title = pieces.slice(at + 1).join(" - ");
    return {
      ...(pieces[0] ? { artist: pieces[0] } : {}),
      title,
      ...(album ? { album } : {}),
      ...(number ? { number } : {}),
    };
  }
  const same = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && foldText(a) === foldText(b);
  if (pieces.length > 2)
    pieces = pieces.filter(
      (piece, i) =>
        !(i < pieces.length - 1 && same(piece, known.album) && !same(piece, known.artist)) ||
        (i === 0 && same(piece, known.artist)),
    );
  if (pieces.length === 1) return pieces[0] ? { title: pieces[0] } : {};
  // `Quartet No. 8 in C minor, Op. 110 - II. Allegro` is a work and its movement.
  if (name.number !== undefined && isWork(pieces[0] ?? "")) return { title: pieces.join(" - ") };
  const [first = "", ...others] = pieces;
  const title = others.join(" - ");
  // `Title - Artist`: only when tag or folder say so.
  if (others.length === 1 && same(title, known.artist) && !same(first, known.artist))
    return { artist: title, title: first };
  if (known.title && foldText(known.title) === foldText(pieces.join(" ")) && known.artist)
    return { title: pieces.join(" - ") };
  return { artist: first, title };
}
