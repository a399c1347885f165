import type { FieldName } from "../contract/fields.ts";
import type { NamingInput } from "../contract/naming.ts";
import { type Templates, templateKinds } from "../contract/templates.ts";
import { type Claims, claim } from "./claims.ts";
import { type ReadName, readByTemplates } from "./template-match.ts";
import { variousArtists } from "./templates.ts";

/** A name that the templates have made says what they were given; only a tag could know better. */
const layoutWeight = 0.9;

/** The folder with which a directory template begins, when it is plain text. */
const firstFolder = (directory: string) => directory.split("/")[0]?.replace(/^.*[{}[\]\\].*$/, "") ?? "";

/**
 * A file that lies where the templates would put it, under a name that they would give it: what they made it of. Null
 * for all others, and for those whose tags can speak.
 */
export function readLayout(input: NamingInput, templates: Templates): ReadName | null {
  const { tags, path } = input;
  if (tags.artist || tags.title || tags.album) return null;
  const [first] = path.split("/");
  if (!templateKinds.some((kind) => firstFolder(templates[kind].directory) === first)) return null;
  const read = readByTemplates(templates, path);
  // `music/Techno/2019/A - B.mp3` is such a path by chance: its folder names nobody whom the file names.
  const owner = read?.fields.albumArtist;
  return owner !== undefined && owner !== variousArtists ? null : read;
}

/** The fields of such a file as claims. */
export function layoutClaims(input: NamingInput, read: ReadName): Claims {
  const entries = Object.entries(read.fields) as [FieldName, string][];
  return Object.fromEntries(entries.map(([name, value]) => [name, claim(value, "filename", input.path, layoutWeight)]));
}
