import { bestClaim, type Claim, type Claims, claim, doubt, tagClaim } from "./claims.ts";
import { stemOf } from "./clean-name.ts";
import { fromReading, headedPlace, keyedPlace, optional, type SetPlace } from "./companion-place.ts";
import type { Context } from "./context.ts";
import { findKnown } from "./gazetteer.ts";
import { groupOf } from "./group.ts";
import { isGenericFolder, isJunkArtist, isJunkStem } from "./noise.ts";
import { resolveDate } from "./set-date.ts";
import { isEventful } from "./set-place.ts";
import { readSet, type SetReading } from "./set-reading.ts";
import { fixCase, foldText, isSimilar } from "./text.ts";
import { betterTexts } from "./track-claims.ts";

/** What the texts that may name a set say, each by itself. */
export interface SetReadings {
  readonly stem: SetReading;
  readonly title?: SetReading;
  readonly folder?: SetReading;
}

/** `gd77-05-08`, `Phish1997-11-17`; a written-out name with a separator before its date is no code. */
const taperStem = /^(?:[a-z]{1,10}[ _.-]?|[A-Z]{1,5}[ _.-]?|[A-Za-z]{1,10})\d{2,4}[-.]\d{2}[-.]\d{2}/;

/** Reads the texts of a file that may name a set: its name, its title tag (with the artist's), its folder; `wide` is
 * false for a short file, most likely a track, whose own name is enough to tell. */
export function readSetNames(context: Context, wide = true): SetReadings {
  const { tags, stem, group } = context;
  const own = readSet(stem, group, tags.artist);
  if (!wide) return { stem: own };
  const withArtist =
    tags.artist && tags.title && !foldText(tags.title).includes(foldText(tags.artist))
      ? `${tags.artist} - ${tags.title}`
      : tags.title;
  const from = context.dirs.findIndex((dir) => isEventful(dir.replace(/[_.]/g, " ")) && !isGenericFolder(dir));
  const folderName =
    from >= 0 && from < context.dirs.length - 1 && !context.dirs.at(-1)?.includes("_")
      ? context.dirs.slice(from).join(" - ")
      : context.dirs.at(-1);
  const usable = folderName !== undefined && !isGenericFolder(folderName) && !taperStem.test(folderName);
  return {
    stem: own,
    ...(withArtist ? { title: readSet(withArtist, undefined, tags.artist) } : {}),
    ...(usable ? { folder: readSet(folderName, groupOf(folderName)) } : {}),
  };
}

function isFreeOfNames(reading: SetReading): boolean {
  return reading.artist === undefined && reading.event === undefined && reading.venue === undefined;
}

/** A name of one piece: no place, date or `live`; it may be a performer's or anything else. */
function isBareName(reading: SetReading): boolean {
  const { artist, event, venue, dates, years, connected } = reading;
  return artist !== undefined && !connected && (event ?? venue) === undefined && dates.length + years.length === 0;
}

/** A folder gives an event, a place and a date; an artist only when it is shaped like a set's name. */
function folderPlace(readings: SetReadings, context: Context): SetPlace[] {
  const { folder, stem } = readings;
  if (!folder || (isJunkStem(context.stem) && !folder.connected && !folder.event)) return [];
  const isOwn =
    folder.artist !== undefined && (folder.connected || folder.dates.length > 0 || folder.event !== undefined);
  const isArtistFolder =
    stem.artist === undefined && !isFreeOfNames(stem) && folder.artist !== undefined && folder.event === undefined;
  const place = { ...fromReading(folder, "folder", 0.55) };
  const known = folder.event !== undefined || isOwn;
  if (!known && !isArtistFolder && folder.source === undefined) return [];
  const { artist, venue, ...rest } = place;
  return [{ ...rest, ...(isOwn || isArtistFolder ? optional({ artist }) : {}), ...(known ? optional({ venue }) : {}) }];
}

/** `Festivals/2018/Houghton/The Warehouse`: below a folder of festivals, one of the event and one of the stage. */
function categoryPlace(context: Context): SetPlace[] {
  const at = context.dirs.findIndex((dir) => /^(?:festivals?|festivales|festivais)$/i.test(dir.trim()));
  const [event, stage] = context.dirs.slice(at + 1).filter((dir) => !/^(?:19|20)\d{2}$/.test(dir));
  if (at < 0 || event === undefined || /\s[-–@]\s|_/.test(event) || isGenericFolder(event)) return [];
  const name = event.replace(/[\s(]*(?:19|20)\d{2}\)?$/, "").trim();
  const isPlain = stage !== undefined && !/\s[-–@]\s|_|\d{4}/.test(stage);
  return [
    {
      from: "folder",
      text: context.dirs.join("/"),
      weight: 0.5,
      ...optional({ event: name, ...(isPlain ? { stage } : {}) }),
      source: "festival",
    },
  ];
}

function pickArtist(context: Context, places: readonly SetPlace[]): Claim[] {
  const { tags } = context;
  const named = places.filter((place) => place.artist && !isJunkArtist(place.artist));
  const claims = named.flatMap((place) =>
    claim(casing(context, place.artist, place.bare ?? place.text), place.from, place.text, place.weight),
  );
  const cased = casing(context, tags.artist, `${tags.artist ?? ""} ${tags.title ?? ""}`);
  const fromTag = tagClaim(context.input.tags, "artist", cased, 0.8);
  const [tag] = fromTag;
  const [first] = named;
  if (!tag || !tags.artist) return claims;
  if (!first?.artist) return [...fromTag, ...claims];
  const inName = claims[0]?.source === "filename" ? claims[0] : undefined;
  // `A b2b B` in the name tells more than a tag with A alone; a guest behind a show's name tells less than a tag.
  if (inName && isSimilar(tags.artist, inName.value)) {
    return foldText(inName.value).length > foldText(tags.artist).length &&
      / (?:b2b|vs\.?|&|and|feat\.?|ft\.?|x) /i.test(inName.value)
      ? [...claims, ...doubt(fromTag, 0.5)]
      : [...fromTag, ...claims];
  }
  if (inName && first.guest !== first.artist) {
    context.notes.push(`The artist tag "${tags.artist}" differs from the file's name; the name was followed.`);
    return [...claims, ...doubt(fromTag, 0.5)];
  }
  return [...fromTag, ...claims];
}

function casing(context: Context, value: string | undefined, whole: string): string | undefined {
  return value === undefined ? undefined : fixCase(value, whole, betterTexts(context));
}

/** As `casing`; what is written just as it is known (`HÖR`) stays. */
function placeCasing(context: Context, value: string, whole: string): string | undefined {
  return findKnown(value).some(({ name }) => name === value) ? value : casing(context, value, whole);
}

/** The number of a series that is named by its initials: `BIS 512` of Beats in Space. */
function codedEpisode(places: readonly SetPlace[], event: string | undefined): Claim[] {
  const initials = foldText(event ?? "")
    .split(" ")
    .map((word) => word.charAt(0))
    .join("");
  return places.flatMap(({ code, from, text, weight }) =>
    code && initials.length > 1 && code.letters.toLowerCase() === initials
      ? claim(code.digits, from, text, weight)
      : [],
  );
}

function claimsOf(
  context: Context,
  places: readonly SetPlace[],
  key: "event" | "venue" | "stage" | "episode" | "part" | "day",
): Claim[] {
  return places.flatMap((place) => {
    const value = place[key];
    return value === undefined
      ? []
      : claim(
          key === "part" || key === "day" || key === "episode"
            ? value
            : placeCasing(context, value, place.bare ?? place.text),
          place.from,
          place.text,
          place.weight,
        );
  });
}

const sourceFolders: readonly (readonly [RegExp, string])[] = [
  [/^festivals?$/i, "festival"],
  [/^(?:concerts?|konzerte|gigs|bootlegs?|boots|live concerts|tapers?)$/i, "concert"],
  [/^(?:radio|radio ?shows?|podcasts?)$/i, "radioshow"],
  [/^(?:clubs?|club nights?)$/i, "club"],
  [/^(?:live ?streams?|streams?)$/i, "stream"],
];

function sourceClaims(context: Context, readings: SetReadings, places: readonly SetPlace[]): Claim[] {
  const named = places.flatMap((place) => claim(place.source, place.from, place.text, place.weight));
  if (named.length > 0) return named;
  const stem = context.stem.replace(/[_.]/g, " ");
  const marks = [...readings.stem.marks, ...(context.dirs.at(-1) ?? "").toUpperCase().split(/[.\s_-]+/)];
  if (/\b(?:concert|konzert|concierto|tour|unplugged)\b/i.test(`${stem} ${context.tags.genre}`))
    return claim("concert", "filename", context.stem, 0.6);
  if (/\b(?:radio ?show|radio|podcast)\b/i.test(`${context.tags.genre}`) && places.some((place) => place.event))
    return tagClaim(context.input.tags, "genre", "radioshow", 0.5);
  if (
    marks.some((mark) => /^(?:SBD|AUD|MTX|MATRIX|SOUNDBOARD|DSBD|SOUNDBOARD RECORDING|AUDIENCE RECORDING)$/.test(mark))
  )
    return claim("concert", "filename", marks.join(" "), 0.5);
  for (const dir of context.dirs) {
    const word = sourceFolders.find(([pattern]) => pattern.test(dir.trim()));
    if (word) return claim(word[1], "folder", dir, 0.5);
  }
  return [];
}

/** A set whose files differ only in their leading number is cut into parts. */
function siblingPart(context: Context): Claim[] {
  const own = /^(\d{1,2})[\s._-]+(.{8,})$/.exec(context.stem);
  if (!own?.[1] || !own[2]) return [];
  const twin = context.siblings.find(
    (sibling) =>
      sibling !== context.stem &&
      /^\d{1,2}[\s._-]+/.test(sibling) &&
      sibling.replace(/^\d{1,2}[\s._-]+/, "").toLowerCase() === own[2]?.toLowerCase(),
  );
  return twin ? claim(String(Number(own[1])), "sibling", twin, 0.6) : [];
}

/** Resolves a set's fields. */
export function resolveSet(context: Context, readings: SetReadings): Claims {
  const stemIsEmpty =
    isFreeOfNames(readings.stem) ||
    taperStem.test(context.stem) ||
    (isJunkStem(context.stem) && readings.stem.event === undefined);
  const stem = stemIsEmpty ? [] : [fromReading(readings.stem, "filename", 0.75)];
  const title =
    readings.title && (readings.title.event ?? readings.title.venue) !== undefined
      ? [fromReading(readings.title, "tag", 0.7)]
      : [];
  const companions = context.companions.flatMap((companion) => [...keyedPlace(companion), ...headedPlace(companion)]);
  const named = [...stem, ...title];
  // A file called `night.mp3` says nothing that its companion does not say better.
  const isBare = isBareName(readings.stem) && companions.some((place) => place.artist !== undefined);
  const places = [
    ...(isBare ? companions : named),
    ...(isBare ? named.map((place) => ({ ...place, weight: place.weight / 2 })) : companions),
    ...folderPlace(readings, context),
    ...categoryPlace(context),
  ];
  const artist = pickArtist(context, places);
  const performer = bestClaim(artist)?.value;
  const events = claimsOf(context, places, "event").filter(
    (claimed) => foldText(claimed.value) !== foldText(performer ?? ""),
  );
  const event = bestClaim(events)?.value;
  const venues = claimsOf(context, places, "venue").filter((venue) => venue.value !== event);
  const source = sourceClaims(
    context,
    readings,
    places.filter(
      (place) =>
        event === undefined || place.event !== undefined || place.source === "club" || place.source === "concert",
    ),
  );
  const kindOfEvent = bestClaim(source)?.value;
  // Where a radio show is meant and no event is known, what looked like a place is its name.
  const isShow =
    kindOfEvent === "radioshow" && events.length === 0 && venues.every(({ value }) => findKnown(value).length === 0);
  const isArtist = (text: string) => performer !== undefined && foldText(text) === foldText(performer);
  const day = claimsOf(context, places, "day").filter(
    (claimed) => /\d/.test(claimed.value) || kindOfEvent === "festival",
  );
  // `tape_04` with a text of its own is a recording of its own, not the fourth part of one.
  const hasOwnText = context.companions.some(({ name }) => foldText(stemOf(name)) === foldText(context.stem));
  const part = [
    ...(stemIsEmpty && hasOwnText ? [] : claim(readings.stem.part, "filename", context.stem, 0.8)),
    ...tagClaim(context.input.tags, "title", readings.title?.part, 0.6),
    ...siblingPart(context),
  ];
  return {
    artist,
    event: isShow ? venues : events,
    episode:
      event !== undefined && kindOfEvent !== "festival"
        ? [...claimsOf(context, places, "episode"), ...codedEpisode(places, event)]
        : [],
    venue: isShow ? [] : venues.filter((venue) => !isArtist(venue.value)),
    stage: claimsOf(context, places, "stage").filter((stage) => stage.value !== bestClaim(venues)?.value),
    day,
    part,
    source,
    date: resolveDate(context, readings.stem, readings.title, readings.folder),
  };
}
