import { type Claim, type Claims, claim } from "./claims.ts";
import type { Context } from "./context.ts";
import { isVarious } from "./folders.ts";
import { isJunkAlbum, isJunkArtist } from "./noise.ts";
import { foldText, isSimilar, plainText } from "./text.ts";

/** Files of the same folder and album: what they have in common, this file has as well. */
export interface Company {
  /** Claims for album, album artist, artist and year that most of the files support. */
  readonly claims: Pick<Claims, "album" | "albumArtist" | "artist" | "year">;
  /** Digits that the highest track number of the album takes. */
  readonly trackDigits: number;
}

type Tags = Readonly<Record<string, string>>;

/** Stronger than a single tag, so that one odd spelling gives way; weaker than a tag and a folder together. */
const commonWeight = 0.83;
const leastFiles = 2;
/** What fewer than this share of the files say is not common. */
const commonShare = 0.6;
/** So many performers, none of them leading, make a compilation. */
const compilationArtists = 4;
/** A performer of more than this share of the files leads. */
const leadingShare = 0.4;

const number = (text: string | undefined) => Number(/^\d+/.exec(text ?? "")?.[0] ?? 0);

/** The value that most texts give, spelled as most write it, and how many do; undefined when none is common. */
function commonValue(values: readonly string[], of: number): { value: string; count: number } | undefined {
  const byFold = new Map<string, string[]>();
  for (const value of values) {
    const key = foldText(value) || value;
    byFold.set(key, [...(byFold.get(key) ?? []), value]);
  }
  const [most] = [...byFold.values()].sort((a, b) => b.length - a.length);
  if (!most || most.length < leastFiles || most.length < of * commonShare) return undefined;
  const spellings = new Map<string, number>();
  for (const value of most) spellings.set(value, (spellings.get(value) ?? 0) + 1);
  const [spelling] = [...spellings].sort((a, b) => b[1] - a[1]);
  return spelling && { value: spelling[0], count: most.length };
}

/** Files beside this one that are of its album; of a file that names none, those of the one album that all are of. */
function companions(context: Context): Tags[] {
  const named = (context.input.neighbours ?? [])
    .map(({ tags }) => tags)
    .filter((tags) => tags.album !== undefined && !isJunkAlbum(plainText(tags.album)));
  const own = context.tags.album ?? (context.folder?.shaped ? context.folder.album : undefined);
  if (own !== undefined) return named.filter((tags) => isSimilar(tags.album ?? "", own));
  const total = context.input.neighbours?.length ?? 0;
  const albums = new Set(named.map((tags) => foldText(tags.album ?? "")));
  const isNumbered = context.tags.trackNumber !== undefined || /^\d{1,3}\D/.test(context.stem);
  const isTaken = named.some((tags) => number(tags.trackNumber) === number(context.tags.trackNumber ?? context.stem));
  return albums.size === 1 && named.length >= total * 0.8 && isNumbered && !isTaken ? named : [];
}

function sharedClaim(tags: readonly Tags[], field: string, isJunk: (text: string) => boolean): Claim[] {
  const values = tags.map((one) => plainText(one[field] ?? "")).filter((value) => value !== "" && !isJunk(value));
  const common = commonValue(values, tags.length);
  if (!common) return [];
  const share = common.count / tags.length;
  return claim(
    common.value,
    "sibling",
    `${common.count} of ${tags.length} files beside it: ${common.value}`,
    commonWeight * share,
  );
}

/** The first of joined performers: `A` of `A feat. B`. */
const leadOf = (artist: string) =>
  foldText(artist.split(/\s+(?:feat\.?|ft\.?|featuring|&|and|vs\.?|x|b2b|with)\s+|,\s|\s\(/i)[0] ?? "");

/** An album without an album artist, by many performers of whom none leads. */
function compilation(tags: readonly Tags[]): Claim[] {
  if (tags.some((one) => one.albumArtist !== undefined)) return [];
  const counts = new Map<string, number>();
  for (const { artist = "" } of tags) counts.set(leadOf(artist), (counts.get(leadOf(artist)) ?? 0) + 1);
  counts.delete("");
  const isLed = [...counts.values()].some((count) => count > tags.length * leadingShare);
  if (counts.size < compilationArtists || isLed) return [];
  return claim("Various Artists", "sibling", `${counts.size} artists in one album`, 0.6);
}

/** What the files of the same album in this folder have in common. */
export function readCompany(context: Context): Company {
  const tags = companions(context);
  const highest = Math.max(
    number(context.input.tags.trackNumber?.split("/")[1]),
    number(context.tags.trackNumber),
    ...tags.map((one) => number(one.trackNumber)),
  );
  const trackDigits = Number.isFinite(highest) ? String(highest).length : 1;
  if (tags.length < leastFiles) return { claims: {}, trackDigits };
  const various = (text: string) => isJunkArtist(text) || isVarious(text);
  return {
    claims: {
      album: sharedClaim(tags, "album", isJunkAlbum),
      albumArtist: [...sharedClaim(tags, "albumArtist", isJunkArtist), ...compilation(tags)],
      artist: context.tags.artist === undefined ? sharedClaim(tags, "artist", various) : [],
      year: sharedClaim(tags, "year", () => false),
    },
    trackDigits,
  };
}
