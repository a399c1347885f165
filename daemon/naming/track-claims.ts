import { type Claim, type Claims, claim, doubt, tagClaim } from "./claims.ts";
import { listedTitle, ownEntry } from "./companions.ts";
import type { Context } from "./context.ts";
import { findDates } from "./dates.ts";
import { isVarious } from "./folders.ts";
import { withoutGroup } from "./group.ts";
import { isGenericFolder, isHostile, isJunkArtist } from "./noise.ts";
import { mixBracket } from "./person.ts";
import { fixCase, foldText, isSimilar, knownSpelling } from "./text.ts";
import { readTaperCode, stripNoise, type TrackName } from "./track-name.ts";
/** What the file's own name gives, and the context's other texts that may hold better capitals. */
export interface TrackReading {
  readonly name: TrackName;
  readonly artist?: string;
  readonly title?: string;
  readonly album?: string;
  readonly number?: string;
  readonly disc?: string;
  /** The name says that its album is a compilation. */
  readonly various?: boolean;
}

/** The title without a repeated `Artist - ` before it. */
export function withoutArtist(title: string, artist: string | undefined): string {
  if (!artist) return title;
  const [first = "", ...rest] = title.split(/\s+[-–—]\s+/);
  return rest.length > 0 && foldText(first) === foldText(artist) ? rest.join(" - ") : title;
}

const fileOf = (context: Context) => context.input.path.slice(context.input.path.lastIndexOf("/") + 1);

/** What lists beside the file call the album, or its artist, where an entry names the file. */
function listedAlbum(context: Context, key: "album" | "albumArtist"): Claim[] {
  return context.companions.flatMap((c) => {
    const value = ownEntry(c, fileOf(context))?.[key];
    return claim(value, "companion", `${c.name}: ${value ?? ""}`, 0.5);
  });
}

/** What a cue sheet whose entry names the file says of its place and its year. */
function cueEntry(context: Context, key: "number" | "year"): Claim[] {
  return context.companions.flatMap((c) => {
    const entry = c.isCue ? ownEntry(c, fileOf(context)) : undefined;
    const value = key === "year" ? c.fields.year : entry?.number;
    return entry ? claim(value, "companion", `${c.name}: ${value ?? ""}`, 0.5) : [];
  });
}

/** Texts that may hold the same words in mixed case. */
export function betterTexts(context: Context): string[] {
  const { tags } = context;
  return [
    tags.artist,
    tags.albumArtist,
    tags.title,
    tags.album,
    ...context.dirs,
    // The id of a video has small letters of its own.
    context.stem.replace(/\[[\w-]{11}\]/g, ""),
    ...context.siblings,
    ...context.companions.flatMap((c) => [...Object.values(c.fields), ...c.headlines]),
  ].filter((text): text is string => text !== undefined);
}

/** Fixes capitals, judged over the whole of the place a value was read from. */
export function makeCase(context: Context): {
  name: (v: string | undefined) => string | undefined;
  tag: (v: string | undefined) => string | undefined;
  folder: (v: string | undefined) => string | undefined;
} {
  const { tags } = context;
  let better: string[] | undefined;
  const fix = (value: string | undefined, whole: string) => {
    if (value === undefined) return undefined;
    better ??= betterTexts(context);
    return fixCase(value, whole, better);
  };
  const dirs = context.dirs.filter((dir) => !isGenericFolder(dir)).join(" ");
  const tagWhole = [tags.artist, tags.title, tags.album, tags.albumArtist]
    .filter((text) => text !== undefined)
    .join(" ");
  return {
    name: (value) => fix(value, withoutGroup(context.stem, context.group)),
    tag: (value) =>
      fix(value, tagWhole.replace(/ /g, "") === value?.replace(/ /g, "") ? `${tagWhole} ${context.stem}` : tagWhole),
    folder: (value) => fix(value, dirs),
  };
}

/** Album: tag, folder, name. */
export function albumClaims(
  context: Context,
  reading: TrackReading,
  trustTags: boolean,
  casing: ReturnType<typeof makeCase>,
  artist: string | undefined,
): Claim[] {
  const { tags, folder } = context;
  const fromTag = trustTags ? tagClaim(context.input.tags, "album", casing.tag(tags.album), 0.8) : [];
  const isArtistFolder =
    folder?.album !== undefined &&
    folder.artist === undefined &&
    !folder.shaped &&
    (artist === undefined ? reading.number === undefined : isSimilar(folder.album, artist));
  const isNumbered = reading.number !== undefined || tags.trackNumber !== undefined;
  const usable =
    folder?.album !== undefined &&
    !isArtistFolder &&
    (folder.shaped ||
      isNumbered ||
      (folder.artist !== undefined && artist !== undefined && isSimilar(folder.artist, artist)));
  const fromFolder = usable && folder ? claim(casing.folder(folder.album), "folder", folder.raw, 0.65) : [];
  const fromName = claim(casing.name(reading.album), "filename", reading.name.plain, 0.55);
  const fromText = context.companions.flatMap((c) =>
    c.isCue ? [] : claim(c.fields.album, "companion", `${c.name}: ${c.fields.album ?? ""}`, 0.5),
  );
  return [
    ...fromTag,
    ...fromFolder,
    ...fromName,
    ...fromText,
    ...listedAlbum(context, "album"),
    ...(fromTag.length + fromFolder.length + fromName.length === 0 ? taperAlbum(context) : []),
  ];
}

/** A taped show without an album: date and venue as the companion's first lines give them. */
function taperAlbum(context: Context): Claim[] {
  const taper = readTaperCode(context.stem);
  const [date] = findDates(context.stem.replace(/^[a-z]+/i, ""));
  const reading = date?.readings[0];
  if (!taper || !reading || date.readings.length > 1) return [];
  const day = `${reading.year}-${String(reading.month).padStart(2, "0")}-${String(reading.day).padStart(2, "0")}`;
  const header = context.companions.find(
    (c) => c.header.length > 2 && c.header.some((line) => findDates(line).length > 0),
  )?.header;
  const venue = header?.slice(1).find((line) => findDates(line).length === 0);
  const [hall = ""] = venue?.split(/,\s+/) ?? [];
  return venue ? claim(`${day} ${hall}`, "companion", `${venue}; ${context.stem}`, 0.5) : [];
}

/** The performer with whom all names beside this one begin: `A - 01 - B`, `A - 02 - C`, and here only `03 - D`. */
function siblingArtist(context: Context): Claim[] {
  const heads = context.siblings.map((sibling) => /^(?!\d{1,3}\s)(\S.*?)\s+-\s+\S/u.exec(sibling)?.[1] ?? "");
  const [first = ""] = heads;
  const isShared =
    heads.length > 1 && foldText(first) !== "" && heads.every((head) => foldText(head) === foldText(first));
  return isShared && !isJunkArtist(first) && !isVarious(first)
    ? claim(first, "sibling", context.siblings[0] ?? first, 0.5)
    : [];
}

/** Artist: tag, name, folder, companion; the name first where the tags are not believed. */
export function artistClaims(
  context: Context,
  reading: TrackReading,
  trustTags: boolean,
  casing: ReturnType<typeof makeCase>,
): Claim[] {
  const { tags, folder } = context;
  const tagArtist = tags.artist !== undefined && !isVarious(tags.artist) ? tags.artist : undefined;
  const fromTag = tagClaim(context.input.tags, "artist", casing.tag(tagArtist), 0.8);
  const fromName = claim(casing.name(reading.artist), "filename", reading.name.plain, 0.65);
  const folderArtist = folder?.artist !== undefined && !isJunkArtist(folder.artist) ? folder.artist : undefined;
  const fromFolder = claim(casing.folder(folderArtist), "folder", folder?.artistRaw ?? "", 0.55);
  const lone =
    folder?.album !== undefined &&
    !folder.shaped &&
    folder.artist === undefined &&
    reading.number === undefined &&
    !folder.various &&
    knownSpelling(folder.album) !== undefined;
  const fromLone = lone && folder ? claim(casing.folder(folder.album), "folder", folder.raw, 0.4) : [];
  const header = readTaperCode(context.stem)
    ? context.companions.find((c) => c.header.length > 2)?.header[0]
    : undefined;
  const fromCompanion = [
    ...context.companions.flatMap((c) => {
      const performer = ownEntry(c, fileOf(context))?.artist ?? c.fields.artist;
      return claim(performer, "companion", `${c.name}: ${performer ?? ""}`, 0.6);
    }),
    ...claim(header, "companion", header ?? "", 0.5),
  ];
  const shared = folderArtist === undefined && reading.artist === undefined ? siblingArtist(context) : [];
  const isDoubtful = tags.artist !== undefined && isHostile(tags.artist) && reading.artist !== undefined;
  if (!trustTags || isDoubtful)
    return [...fromName, ...fromFolder, ...doubt(fromTag, 0.5), ...fromCompanion, ...shared];
  const named = folder?.various && fromTag.length === 0 ? fromName : [...fromName, ...fromFolder];
  return [...fromTag, ...named, ...fromCompanion, ...shared, ...(fromTag.length + named.length === 0 ? fromLone : [])];
}

/** `03 - Moby - Porcelain`: number and performer, as tags and file names have them, before the title. */
function withoutNumber(title: string, number: string | undefined, artist: string | undefined): string {
  const [, digits, rest = ""] = /^0*(\d{1,3})\s*[-–.]\s*(\S.*)$/.exec(title) ?? [];
  const isBefore = digits !== undefined && digits === number && artist !== undefined;
  return isBefore && foldText(rest).startsWith(`${foldText(artist)} `) ? rest : title;
}

/** A tag's title with the version in brackets that the file's name adds to it: tags often lack it. */
function withVersion(tag: string | undefined, name: string | undefined): string | undefined {
  const bracket = name === undefined ? null : mixBracket.exec(name);
  if (tag === undefined || name === undefined || !bracket || mixBracket.test(tag)) return tag;
  const before = name.slice(0, bracket.index);
  return foldText(before) === foldText(tag) ? `${tag} ${bracket[0].trim()}` : tag;
}

/** Title: tag, name, a companion's list. */
export function titleClaims(
  context: Context,
  reading: TrackReading,
  trustTags: boolean,
  casing: ReturnType<typeof makeCase>,
  artist: string | undefined,
): Claim[] {
  const { tags } = context;
  const tagTitle =
    tags.title === undefined
      ? undefined
      : withoutArtist(
          withoutNumber(stripNoise(tags.title).text || tags.title, tags.trackNumber, artist),
          artist ?? reading.artist,
        );
  const fromTag = tagClaim(
    context.input.tags,
    "title",
    withVersion(casing.tag(tagTitle), casing.name(reading.title)),
    0.85,
  );
  const fromName = claim(casing.name(reading.title), "filename", reading.name.plain, 0.65);
  const number = reading.number ?? tags.trackNumber;
  const disc = reading.disc === undefined ? undefined : Number(reading.disc);
  const listed = context.companions.flatMap((c) => {
    // A list that names the file is worth something beside a name; its numbers only where nothing else gives a title.
    const byNumber = fromName.length > 0 ? undefined : number;
    const track = fromTag.length > 0 ? undefined : listedTitle(c, fileOf(context), byNumber, disc);
    return track ? claim(track.title, "companion", `${c.name}: ${track.number} ${track.title}`, 0.6) : [];
  });
  // A text that tries to be a command is data like any other, but a file name that says otherwise is believed.
  const isDoubtful =
    tags.title !== undefined &&
    isHostile(tags.title) &&
    fromName.length > 0 &&
    !isSimilar(tags.title, reading.title ?? "");
  return [...(trustTags && !isDoubtful ? fromTag : doubt(fromTag, 0.5)), ...fromName, ...listed];
}

/** Year: tag, folder, name; of a taped show the year of its date. */
export function yearClaims(context: Context, reading: TrackReading, trustTags: boolean): Claim[] {
  const { tags, folder } = context;
  const fromTag =
    trustTags && !context.isUpload
      ? tagClaim(context.input.tags, context.input.tags.year ? "year" : "date", tags.year, 0.75)
      : [];
  const fromFolder = folder?.year && folder.album !== undefined ? claim(folder.year, "folder", folder.raw, 0.65) : [];
  const fromName = claim(reading.name.year, "filename", reading.name.plain, 0.6);
  if (!readTaperCode(context.stem)) return [...fromTag, ...fromFolder, ...fromName, ...cueEntry(context, "year")];
  const performed = [context.stem, ...context.dirs].flatMap((text) =>
    findDates(text.replace(/^[a-z]+/i, "")).map((date) => ({ text, year: date.readings[0]?.year })),
  );
  return [
    ...fromTag,
    ...fromFolder,
    ...performed.flatMap(({ text, year }) => (year ? claim(String(year), "filename", text, 0.6) : [])),
  ];
}

/** Track and disc number: a tag wins over a vinyl side. */
export function numberClaims(
  context: Context,
  reading: TrackReading,
  trustTags: boolean,
): Pick<Claims, "trackNumber" | "discNumber"> {
  const { tags, folder } = context;
  const fromTag = tagClaim(context.input.tags, "trackNumber", tags.trackNumber, 0.85);
  const fromName = claim(reading.number, "filename", context.stem, reading.name.numberIsSure ? 0.75 : 0.5);
  const discTag = tagClaim(context.input.tags, "discNumber", tags.discNumber, 0.85);
  const discName = claim(reading.disc, "filename", context.stem, 0.7);
  const discFolder = claim(folder?.disc, "folder", context.dirs.at(-1) ?? "", 0.75);
  return {
    trackNumber: [...(trustTags ? fromTag : doubt(fromTag, 0.5)), ...fromName, ...cueEntry(context, "number")],
    discNumber: [...discTag, ...discName, ...discFolder],
  };
}

/** Album artist: tag, or a folder or tag that says various. */
export function albumArtistClaims(
  context: Context,
  reading: TrackReading,
  trustTags: boolean,
  casing: ReturnType<typeof makeCase>,
): Claim[] {
  const { tags, folder } = context;
  const unify = (name: string | undefined) => (name !== undefined && isVarious(name) ? "Various Artists" : name);
  const fromTag = trustTags
    ? tagClaim(context.input.tags, "albumArtist", casing.tag(unify(tags.albumArtist)), 0.8)
    : [];
  const artistTag =
    tags.artist !== undefined && isVarious(tags.artist)
      ? tagClaim(context.input.tags, "artist", "Various Artists", 0.7)
      : [];
  const fromFolder = folder?.various ? claim("Various Artists", "folder", folder.raw, 0.75) : [];
  const fromName = reading.various ? claim("Various Artists", "filename", reading.name.plain, 0.7) : [];
  return [...fromTag, ...artistTag, ...fromFolder, ...fromName, ...listedAlbum(context, "albumArtist")];
}
