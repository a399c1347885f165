import type { Claim } from "./claims.ts";
import type { CompanionReading } from "./companion-reading.ts";
import { findDates } from "./dates.ts";
import { isJunkArtist } from "./noise.ts";
import type { Place } from "./set-event.ts";
import { readSetText } from "./set-name.ts";
import { readPlace } from "./set-place.ts";
import { readSet, type SetReading } from "./set-reading.ts";
import { splitPieces } from "./spacing.ts";
/** A place where fields of a set were read. */
export interface SetPlace extends Place {
  readonly from: Claim["source"];
  readonly text: string;
  /** The text whose capitals count for these values. */
  readonly bare?: string;
  readonly weight: number;
  readonly artist?: string;
  readonly part?: string;
  readonly day?: string;
}
/** What a name says, as one place among others. */
export function fromReading(reading: SetReading, from: Claim["source"], weight: number): SetPlace {
  return { ...reading, from, text: reading.plain, weight };
}

function placeOfText(text: string): { place: Place; day?: string; part?: string } {
  const name = readSetText(text, undefined);
  return {
    place: readPlace(splitPieces(name.text)),
    ...(name.day ? { day: name.day } : {}),
    ...(name.part ? { part: name.part } : {}),
  };
}

/** Fields that a companion gives as `key: value`, event and place taken apart like names. */
export function keyedPlace(companion: CompanionReading): SetPlace[] {
  const { fields } = companion;
  const own = (key: string) => fields[key]?.trim();
  const event = own("event");
  const venue = own("venue");
  const eventPlace = event ? placeOfText(event) : undefined;
  const venuePlace = venue ? placeOfText(venue) : undefined;
  const titled = own("title");
  const title = titled
    ? readSet(fields.artist ? `${fields.artist} - ${titled}` : titled, undefined, fields.artist)
    : undefined;
  const usesTitle = title && (title.connected || title.source !== undefined || title.event !== undefined);
  const eventName = event ? (eventPlace?.place.event ?? eventNameOf(event)) : undefined;
  const artist = own("artist") ?? title?.artist;
  const merged: SetPlace = {
    ...(usesTitle ? title : {}),
    ...venuePlace?.place,
    from: "companion",
    weight: 0.75,
    text: `${companion.name}: ${[fields.artist, titled, event, venue, fields.city].filter(Boolean).join("; ")}`,
    ...optional({ event: eventName ?? (usesTitle ? title?.event : venuePlace?.place.event) }),
    ...optional({ artist: artist && !isJunkArtist(artist) ? artist : undefined }),
    ...optional({
      source: eventPlace?.place.source ?? (usesTitle ? title?.source : undefined) ?? venuePlace?.place.source,
    }),
    ...optional({ stage: own("stage") ?? eventPlace?.place.stage ?? venuePlace?.place.stage }),
    ...optional({ episode: own("episode") ?? eventPlace?.place.episode ?? (usesTitle ? title?.episode : undefined) }),
    ...optional({ day: own("day") ?? eventPlace?.day }),
    ...optional({
      venue:
        venuePlace?.place.venue ??
        (venue && !venuePlace?.place.event ? venue : undefined) ??
        (usesTitle ? title?.venue : undefined) ??
        eventPlace?.place.venue,
    }),
  };
  const some = [fields.artist, event, venue, usesTitle ? titled : undefined].some((text) => text !== undefined);
  return some ? [merged] : [];
}

/** An event that is nowhere known: as written, without year and date. */
function eventNameOf(text: string): string {
  const name = readSetText(text, undefined);
  return splitPieces(name.text)[0] ?? text;
}

/** The values that are there; absent ones leave no key. */
export function optional<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== "")) as never;
}

/** First lines: performer, venue, city, date, one a line; or all of it in one line. */
export function headedPlace(companion: CompanionReading): SetPlace[] {
  const { headlines } = companion;
  // What it was recorded on is no performer: `TAPE 4 (TDK SA90)`.
  const header = companion.header.filter(
    (line) => !/^(?:tape|cassette|kassette|mini ?disc|md|dat|reel|cd-?r?|vinyl)\b[\s\d#(.:-]*/i.test(line),
  );
  const dateAt = header.findIndex(
    (line) =>
      findDates(line).length > 0 &&
      /^\P{L}*(?:\p{L}+\P{L}+){0,4}\P{L}*$/u.test(line) &&
      !/,.*,.*,/.test(line) &&
      !/@/.test(line),
  );
  const [artist] = header;
  if (
    artist &&
    dateAt >= 1 &&
    dateAt <= 5 &&
    findDates(artist).length === 0 &&
    header.every((line) => line.length < 90)
  ) {
    const places = header.slice(1, 5).filter((_, i) => i + 1 !== dateAt);
    return [
      {
        ...readPlace(places),
        artist,
        from: "companion",
        weight: 0.7,
        text: `${companion.name}: ${header.slice(0, dateAt + 1).join("; ")}`,
      },
    ];
  }
  const line = headlines
    .slice(0, 6)
    .find(
      (text) =>
        !/\b(?:ignore|instructions?)\b/i.test(text) &&
        (findDates(text).length > 0 || /\s@\s|\blive (?:at|@|from)\b/i.test(text)),
    );
  if (!line) return [];
  const reading = readSet(line);
  return reading.artist && (reading.venue ?? reading.event)
    ? [{ ...fromReading(reading, "companion", 0.7), text: `${companion.name}: ${line}` }]
    : [];
}
