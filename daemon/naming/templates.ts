import type { FieldName, Fields, ProposalKind } from "../contract/fields.ts";
import {
  type TemplateChanges,
  type TemplateKind,
  type TemplatePair,
  type Templates,
  templateKinds,
  templateParts,
} from "../contract/templates.ts";

/*
 * Templates are texts in a small language (`template-parse.ts` reads it, README "Names and places" explains it):
 * `{Artist}` is a field, `{Event or Venue or "Unknown"}` the first that is known, `{Track:00}` a number of two digits at
 * least, `{YYYY.MM.DD}` the date with `xx` for unknown parts, `{Part N}` a number with its label. What stands in `[…]`
 * vanishes unless every field directly in it is known; elsewhere an unknown field vanishes with the space before it.
 */

const track: TemplatePair = {
  filename: "{Artist} - [[{Disc}]{Track:00} - ]{Title}",
  directory: "music/{AlbumArtist or Artist}/{Album}",
};
const setFilename = "{Artist} - Live[ @ {Event or Venue}] {Episode} {Stage or Day} {YYYY.MM.DD} {Part N}";
const artistSet: TemplatePair = { filename: setFilename, directory: "performances/artists/{Artist}" };

/** The templates as users know them; settings may replace each. */
export const defaultTemplates: Templates = {
  track,
  compilation: track,
  festival: { filename: setFilename, directory: "performances/festivals/{Event} {YYYY}" },
  concert: { filename: setFilename, directory: "performances/concerts/{Event or Venue} {YYYY}" },
  radioshow: { filename: setFilename, directory: "performances/radioshows/{Event}" },
  club: artistSet,
  stream: artistSet,
  set: artistSet,
};

/** Templates with changes put in; null takes back to the default. */
export function changeTemplates(templates: Templates, changes: TemplateChanges): Templates {
  const pairs = templateKinds.map((kind) => {
    const change = changes[kind];
    if (change === undefined) return [kind, templates[kind]];
    const texts = templateParts.map((part) => {
      const text = change === null ? null : change[part];
      return [part, text === undefined ? templates[kind][part] : (text ?? defaultTemplates[kind][part])];
    });
    return [kind, Object.fromEntries(texts)];
  });
  return Object.fromEntries(pairs);
}

/** The album artist of albums by many. */
export const variousArtists = "Various Artists";

/** Which template names a file; null for what stays where it is. A set that lacks what its own needs takes `set`. */
export function templateFor(kind: ProposalKind, fields: Fields): TemplateKind | null {
  if (kind === "other") return null;
  const isKnown = (name: FieldName) => (fields[name] ?? "").trim() !== "";
  if (kind === "track")
    return fields.albumArtist?.trim().toLowerCase() === variousArtists.toLowerCase() ? "compilation" : "track";
  const { source } = fields;
  if ((source === "festival" || source === "radioshow") && isKnown("event")) return source;
  if (source === "concert" && (isKnown("event") || isKnown("venue"))) return source;
  return source === "club" || source === "stream" ? source : "set";
}

/** A field as templates know it. */
export interface TemplateField {
  /** As it is written between braces, in any case. */
  readonly word: string;
  readonly field: FieldName;
  /** Holds a number, which can be padded. */
  readonly isNumber: boolean;
  /** `{Part N}` writes the word before a number. */
  readonly hasLabel: boolean;
  readonly example: string;
  readonly description: string;
}

const row = (word: string, field: FieldName, example: string, description: string, kind = ""): TemplateField => ({
  ...{ word, field, example, description },
  isNumber: kind === "number",
  hasLabel: kind !== "",
});

/** All fields but the date, in the order in which a person reads them. */
export const templateFields: readonly TemplateField[] = [
  row("Artist", "artist", "Carl Cox", "Main performers, as displayed"),
  row("Title", "title", "Strobe (Club Edit)", "Title of a track, with its version"),
  row("Mix", "mix", "Club Edit", "The version alone; the title holds it, too"),
  row("Album", "album", "Untrue", "Album of a track"),
  row("AlbumArtist", "albumArtist", "Various Artists", "Whom the album is by"),
  row("Track", "trackNumber", "3", "Track number, or the side of a record as written", "number"),
  row("Disc", "discNumber", "2", "Disc number; known only where there are several discs", "number"),
  row("Year", "year", "2007", "Year of the release", "number"),
  row("Event", "event", "Awakenings Festival", "Festival, series, tour or radio show"),
  row("Episode", "episode", "430", "Number within a radio show or a series", "number"),
  row("Venue", "venue", "Robert Johnson", "Place, or the city when no more is known"),
  row("Stage", "stage", "Main Stage", "Stage or arena", "label"),
  row("Day", "day", "Day 2", "Day of a festival", "label"),
  row("Part", "part", "2", "Which piece of a set that is cut in several files", "number"),
  row("Source", "source", "festival", "festival, concert, club, radioshow or stream"),
];
