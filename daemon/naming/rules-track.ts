import { bestClaim, type Claims, claim } from "./claims.ts";
import type { Context } from "./context.ts";
import { isGenericFolder, isJunkArtist, isJunkStem } from "./noise.ts";
import { mixBracket } from "./person.ts";
import { isSimilar } from "./text.ts";
import {
  albumArtistClaims,
  albumClaims,
  artistClaims,
  makeCase,
  numberClaims,
  type TrackReading,
  titleClaims,
  withoutArtist,
  yearClaims,
} from "./track-claims.ts";
import { assignPieces, readTaperCode, readTrackName, type TrackName } from "./track-name.ts";

/** Disc numbers that siblings carry in their names. */
export function siblingDiscs(context: Context): Set<string> {
  const discs = new Set<string>();
  for (const sibling of context.siblings) {
    const taper = readTaperCode(sibling);
    const disc =
      taper?.disc ??
      /^(?:cd|disc)?[ _-]?(\d)[-.](?:\d{2})\b/i.exec(sibling)?.[1] ??
      /^([1-9])\d{2}(?!\d)/.exec(sibling)?.[1];
    if (disc) discs.add(disc);
  }
  return discs;
}

/** Whether several discs are known, so that `203` reads as disc 2, track 03 (rule 9). */
export function hasManyDiscs(context: Context, disc: string | undefined): boolean {
  const { tags, folder } = context;
  if (Number(disc ?? tags.discNumber ?? 0) > 1 || (tags.discTotal ?? 0) > 1 || (folder?.discTotal ?? 0) > 1)
    return true;
  if (folder?.disc) return true;
  const discs = siblingDiscs(context);
  const own = disc ?? /^([1-9])\d{2}(?!\d)/.exec(context.stem)?.[1];
  return own !== undefined && [...discs].some((other) => other !== own);
}

const countedName = /^(?:track|titel|piste|pista|traccia|трек)[\s._-]*0*(\d{1,3})$/i;

/** `track03` beside `track01`: all that the name says is its place. */
function countedTrack(context: Context): string | undefined {
  const own = countedName.exec(context.stem)?.[1];
  return own && context.siblings.some((sibling) => countedName.test(sibling) && sibling !== context.stem)
    ? own
    : undefined;
}

/** Reads the file name as a track's, helped by tags, folder and siblings. */
export function readTrack(context: Context): TrackReading {
  const { tags, folder, group } = context;
  const taper = readTaperCode(context.stem);
  if (taper) {
    const name: TrackName = { plain: context.stem, pieces: [], numberIsSure: true };
    return {
      name,
      number: taper.number,
      ...(taper.disc ? { disc: taper.disc } : {}),
      ...(taper.title ? { title: taper.title } : {}),
    };
  }
  const keep = [tags.artist, tags.title, tags.album, folder?.artist, folder?.album].filter(
    (text) => text !== undefined,
  );
  const starts = /^(\d{1,3})\D/.exec(context.stem)?.[1];
  const numbered =
    (starts !== undefined && tags.trackNumber === String(Number(starts))) ||
    context.siblings.filter((sibling) => /^\d{1,3}\s/.test(sibling)).length > 0 ||
    folder?.shaped === true ||
    (folder?.album !== undefined && (folder.artist !== undefined || / - /.test(context.stem)));
  const name = readTrackName(context.stem, {
    group: group ?? folder?.group,
    keep,
    manyDiscs: hasManyDiscs(context, undefined),
    numbered,
  });
  const known = { artist: tags.artist ?? folder?.artist, album: tags.album ?? folder?.album, title: tags.title };
  const assigned = isJunkStem(name.pieces.join(" ")) ? {} : assignPieces(name, known);
  const number = assigned.number ?? name.number ?? countedTrack(context);
  const isTitleOnly = assigned.artist !== undefined && isJunkArtist(assigned.artist);
  return {
    name,
    ...(assigned.artist && !isTitleOnly ? { artist: assigned.artist } : {}),
    ...(assigned.title ? { title: assigned.title } : {}),
    ...(assigned.album ? { album: assigned.album } : {}),
    ...(assigned.various ? { various: true } : {}),
    ...(number ? { number } : {}),
    ...(name.disc ? { disc: name.disc } : {}),
  };
}

const isLatin = (text: string) => /\p{Script=Latin}/u.test(text) || !/\p{L}/u.test(text);

/** The context with artist and title the other way round, when the names say that the tags have them so. */
function withoutSwap(context: Context, reading: TrackReading): Context {
  const { tags, folder } = context;
  const artist = reading.artist ?? folder?.artist;
  if (!tags.artist || !tags.title || !artist || !reading.title || isSimilar(tags.artist, tags.title)) return context;
  if (!isSimilar(tags.artist, reading.title) || !isSimilar(tags.title, artist)) return context;
  context.notes.push(`The tags have artist and title the wrong way round: "${tags.artist}", "${tags.title}".`);
  return { ...context, tags: { ...tags, artist: tags.title, title: tags.artist } };
}

/** Whether the names (file, folder, lists) and the tags speak of two different recordings; then the names win. */
function namesWin(context: Context, reading: TrackReading): boolean {
  const { tags, folder } = context;
  if (!reading.title || !tags.title) return false;
  const whole = reading.name.pieces.join(" ");
  // A name in Latin letters of tags in others is a transliteration, which cannot be compared.
  if (isLatin(whole) && !isLatin(tags.title)) return false;
  const tagTitle = withoutArtist(tags.title, tags.artist ?? reading.artist);
  if (isSimilar(tagTitle, reading.title) || isSimilar(tags.title, whole) || isSimilar(tagTitle, whole)) return false;
  const listed = context.companions.some((c) => c.tracks.some((track) => isSimilar(track.title, reading.title ?? "")));
  const albumDiffers = folder?.album !== undefined && tags.album !== undefined && !isSimilar(folder.album, tags.album);
  const artistDiffers =
    reading.artist !== undefined && tags.artist !== undefined && !isSimilar(reading.artist, tags.artist);
  return listed || albumDiffers || artistDiffers;
}

/** Resolves a track's fields. */
export function resolveTrack(given: Context, reading: TrackReading): Claims {
  const context = withoutSwap(given, reading);
  const trustTags = !namesWin(context, reading);
  const casing = makeCase(context);
  const artist = artistClaims(context, reading, trustTags, casing);
  const title = titleClaims(context, reading, trustTags, casing, bestClaim(artist)?.value);
  if (!trustTags)
    context.notes.push(`The tags ("${context.tags.title ?? ""}") contradict the file's name; the name was followed.`);
  const named = bestClaim(title);
  const mix = named && mixBracket.exec(named.value)?.[1];
  const [first, second] = title;
  const differs =
    trustTags &&
    first?.source === "tag" &&
    second?.source === "filename" &&
    !isSimilar(first.value, second.value) &&
    !isSimilar(first.value, reading.name.pieces.join(" "));
  if (differs) context.notes.push(`The title tag and the file's name differ: "${first.value}", "${second.value}".`);
  const album = albumClaims(context, reading, trustTags, casing, bestClaim(artist)?.value);
  return {
    artist,
    title,
    mix: named && mix ? claim(mix.trim(), named.source, named.text, named.weight) : [],
    album: album.filter((a) => !isGenericFolder(a.value) || a.source !== "folder" || context.folder?.shaped === true),
    albumArtist: albumArtistClaims(context, reading, trustTags, casing),
    ...numberClaims(context, reading, trustTags),
    year: yearClaims(context, reading, trustTags),
  };
}
