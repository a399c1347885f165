import type { Fields, ProposalKind } from "../contract/naming.ts";
import { cleanComponent, cleanFilename, extensionOf, stemOf } from "./clean-name.ts";
import { defaultTemplates, type Templates } from "./templates.ts";

/** What rendering needs beside the fields. */
export interface RenderOptions {
  readonly templates?: Templates | undefined;
  /** The input's path: gives the extension, and the name and place of what stays where it is. */
  readonly path: string;
  /** Disc numbers go before track numbers. */
  readonly manyDiscs: boolean;
  /** Digits that the album's highest track number takes: all its numbers are padded to as many at least. */
  readonly trackDigits?: number;
}
/** A name and its place. */
export interface RenderedName {
  readonly filename: string;
  readonly directory: string;
  /** False when the name could not be made (`other`, or a needed field is missing): the input's own was kept. */
  readonly isNew: boolean;
}

const fieldByWord: Readonly<Record<string, keyof Fields>> = {
  artist: "artist",
  title: "title",
  mix: "mix",
  album: "album",
  albumartist: "albumArtist",
  track: "trackNumber",
  disc: "discNumber",
  year: "year",
  event: "event",
  episode: "episode",
  venue: "venue",
  stage: "stage",
  day: "day",
  part: "part",
  source: "source",
};

function dateText(pattern: string, date: string | undefined): string {
  if (!date) return "";
  const [year = "", month = "xx", day = "xx"] = date.split("-");
  if (!/^\d{4}$/.test(year)) return "";
  return pattern.replace("YYYY", year).replace("MM", month).replace("DD", day);
}

function textOfField(word: string, fields: Fields): string {
  const [name = "", format] = word.split(":");
  const field = fieldByWord[name.trim().toLowerCase()];
  const value = field ? (fields[field]?.trim() ?? "") : "";
  if (format && /^0+$/.test(format) && /^\d+$/.test(value)) return String(Number(value)).padStart(format.length, "0");
  return value;
}

function fillOne(inside: string, fields: Fields): string {
  if (/^[YMD\W]+$/.test(inside) && inside.includes("YYYY")) return dateText(inside, fields.date);
  const labelled = /^(\p{L}+) N$/u.exec(inside);
  if (labelled?.[1]) {
    const value = textOfField(labelled[1], fields);
    return /^\d/.test(value) ? `${labelled[1]} ${value}` : value;
  }
  for (const word of inside.split(" or ")) {
    const value = textOfField(word, fields);
    if (value !== "") return value;
  }
  return "";
}

/** One component of a template, filled. A field's own text is never read as template. */
function fill(template: string, fields: Fields): string {
  const fillPlain = (text: string) => {
    let known = false;
    let out = "";
    let at = 0;
    for (const match of text.matchAll(/( ?)\{([^{}]*)\}/g)) {
      const value = fillOne(match[2] ?? "", fields);
      known ||= value !== "";
      out += text.slice(at, match.index) + (value === "" ? "" : `${match[1]}${value}`);
      at = match.index + match[0].length;
    }
    return { out: out + text.slice(at), known };
  };
  let out = "";
  for (const piece of template.split(/(\[[^[\]]*\])/)) {
    const optional = piece.startsWith("[") && piece.endsWith("]");
    const filled = fillPlain(optional ? piece.slice(1, -1) : piece);
    if (!optional || filled.known) out += filled.out;
  }
  return out;
}

function fillPath(template: string, fields: Fields): string {
  return template
    .split("/")
    .map((component) => fill(component, fields).trim())
    .filter((component) => component !== "")
    .map((component) => cleanComponent(component))
    .join("/");
}

/** The input's own name and folder, made safe: relative, without `..`, never outside. */
export function ownName(path: string): { filename: string; directory: string } {
  const isPlain = (part: string) => part !== "" && part !== "." && part !== "..";
  const parts = path.replaceAll("\0", "").split("/").filter(isPlain);
  const filename = parts.pop() ?? "_";
  return {
    filename,
    directory: parts.map((part, i) => (i === 0 ? part.replace(/^([A-Za-z]):/, "$1_") : part)).join("/"),
  };
}

function directoryTemplate(fields: Fields, templates: Templates): string {
  if (fields.source === "festival" && fields.event) return templates.festivalDirectory;
  if (fields.source === "concert" && (fields.event || fields.venue)) return templates.concertDirectory;
  if (fields.source === "radioshow" && fields.event) return templates.radioshowDirectory;
  return templates.artistDirectory;
}

/**
 * File name and directory from fields. Whatever the fields hold, the result is relative, contained and portable;
 * `other`, and a track or set that lacks a needed field, keep the input's own name and place.
 */
export function renderName(kind: ProposalKind, fields: Fields, options: RenderOptions): RenderedName {
  const templates = options.templates ?? defaultTemplates;
  const lacks = !fields.artist?.trim() || (kind === "track" && !fields.title?.trim());
  if (kind === "other" || lacks) return { ...ownName(options.path), isNew: false };
  const extension = extensionOf(options.path);
  const isTrack = kind === "track";
  const template = isTrack
    ? options.manyDiscs && fields.discNumber
      ? templates.discTrack
      : templates.track
    : templates.set;
  const directory = fillPath(isTrack ? templates.trackDirectory : directoryTemplate(fields, templates), fields);
  return { filename: cleanFilename(fill(template, fields), extension), directory, isNew: true };
}

export { cleanComponent, cleanFilename, extensionOf, stemOf };
