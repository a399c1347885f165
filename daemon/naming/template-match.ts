import type { Fields } from "../contract/fields.ts";
import { type TemplateKind, type TemplatePart, type Templates, templateKinds } from "../contract/templates.ts";
import { cleanComponent, extensionOf, stemOf } from "./clean-name.ts";
import { fillDirectory, fillStem, nodesOf, renderName } from "./render.ts";
import { parseTemplate } from "./template-parse.ts";
import { type Found, searchFields } from "./template-search.ts";
import { templateFor, variousArtists } from "./templates.ts";

/** A path read back: what it is, by which template, and what rendering needs beside the fields. */
export interface ReadName extends Found {
  readonly kind: "track" | "set";
  readonly template: TemplateKind;
}

/**
 * The fields with which a template makes exactly this text (a file name without extension, or a directory); null when
 * it makes it with none, or has errors. Text that could be parted in several ways goes to the shortest artist.
 */
export function matchTemplate(template: string, text: string, part: TemplatePart = "filename"): Fields | null {
  const { nodes, errors } = parseTemplate(template, part);
  if (errors.length > 0) return null;
  const best = searchFields(nodes, text, {}, (found) => {
    const made =
      part === "filename"
        ? cleanComponent(fillStem(nodes, found.fields, found))
        : fillDirectory(nodes, found.fields, found);
    return made === text ? found : null;
  });
  return best?.found.fields ?? null;
}

/** What a template's use says of a file besides its text. */
function impliedBy(template: TemplateKind): Fields {
  if (template === "track" || template === "set") return {};
  return template === "compilation" ? { albumArtist: variousArtists } : { source: template };
}

/** `set` before `club` and `stream`: where they say the same, nothing is known of the source. */
const order: readonly TemplateKind[] = [
  ...templateKinds.filter((kind) => kind !== "club" && kind !== "stream"),
  "club",
  "stream",
];

/**
 * Reads a path below the output folder that these templates have made: the fields with which they make the very same
 * again. Null when there are none. What a name does not tell apart is read as its likeliest meaning: an event rather
 * than a venue, a disc number of one digit before a track number of two.
 */
export function readByTemplates(templates: Templates, path: string): ReadName | null {
  const extension = extensionOf(path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const text = `${path.slice(0, path.length - name.length)}${stemOf(name)}`;
  if (text === "" || path.startsWith("/") || path.includes("//")) return null;
  let best: { read: ReadName; cost: number } | null = null;
  for (const template of order) {
    const kind = template === "track" || template === "compilation" ? "track" : "set";
    const nodes = [
      ...nodesOf(templates, template, "directory"),
      { what: "folder" as const },
      ...nodesOf(templates, template, "filename"),
    ];
    const holds = (found: Found): Found | null => {
      const made = renderName(kind, found.fields, { ...found, templates, path: `x${extension}` });
      const place = made.directory === "" ? made.filename : `${made.directory}/${made.filename}`;
      return made.isNew && place === path ? found : null;
    };
    const got = searchFields(nodes, text, impliedBy(template), holds);
    if (got && (!best || got.cost < best.cost)) {
      const used = templateFor(kind, got.found.fields) ?? template;
      best = { read: { ...got.found, kind, template: used }, cost: got.cost };
    }
  }
  return best?.read ?? null;
}
