import type { Fields, ProposalKind } from "../contract/fields.ts";
import type { TemplateKind, TemplatePart, Templates } from "../contract/templates.ts";
import { cleanComponent, cleanFilename, extensionOf, stemOf } from "./clean-name.ts";
import type { Choice } from "./template-choice.ts";
import { parseTemplate, type TemplateNode } from "./template-parse.ts";
import { defaultTemplates, templateFor } from "./templates.ts";

/** What a template does with fields, beside the fields. */
export interface FillOptions {
  /** The disc number is known to the template: there is more than one disc. */
  readonly manyDiscs: boolean;
  /** Track numbers that the template pads get so many digits at least: 3 on an album of 100 tracks. */
  readonly trackDigits?: number | undefined;
}
/** What rendering needs beside the fields. */
export interface RenderOptions extends FillOptions {
  readonly templates?: Templates | undefined;
  /** The input's path: gives the extension, and the name and place of what stays where it is. */
  readonly path: string;
}
/** A name and its place. */
export interface RenderedName {
  readonly filename: string;
  readonly directory: string;
  /** False when the name could not be made (`other`, or a needed field is missing): the input's own was kept. */
  readonly isNew: boolean;
}

/** Stands for the border of two folders in a filled template; fields cannot hold it. */
const border = "\0";

/** The date as a pattern wants it; parts that are not known are `xx`, and without a year there is no date. */
function dateText(pieces: readonly string[], date: string | undefined): string {
  const [year = "", month = "", day = ""] = date?.trim().split("-") ?? [];
  if (!/^\d{4}$/.test(year)) return "";
  const orUnknown = (text: string) => (/^\d{2}$/.test(text) ? text : "xx");
  const parts: Readonly<Record<string, string>> = { YYYY: year, MM: orUnknown(month), DD: orUnknown(day) };
  return pieces.map((piece) => parts[piece] ?? piece).join("");
}

/** A number with leading zeros, so that it has `digits` at least; other text stays as it is. */
export function padNumber(value: string, digits: number): string {
  return digits > 0 && /^\d+$/.test(value) ? value.replace(/^0+(?=\d)/, "").padStart(digits, "0") : value;
}

function choiceText(choice: Choice, fields: Fields, options: FillOptions): string {
  if (choice.what === "literal") return choice.text;
  if (choice.what === "date") return dateText(choice.pieces, fields.date);
  const { field, digits, label } = choice;
  if (field === "discNumber" && !options.manyDiscs) return "";
  const wide = field === "trackNumber" && digits > 0 ? Math.max(digits, options.trackDigits ?? 0) : digits;
  const value = padNumber((fields[field] ?? "").replaceAll(border, "").trim(), wide);
  return label !== "" && /^\d/.test(value) ? `${label} ${value}` : value;
}

interface Filled {
  text: string;
  /** Fields directly in it, and how many of them are not known. */
  fields: number;
  unknown: number;
  /** Groups directly in it that show. */
  shown: number;
}

/** A group shows when all its own fields are known; one that holds groups only, when one of those shows. */
const isShown = ({ fields, unknown, shown }: Filled) => (fields > 0 ? unknown === 0 : shown > 0);

/** Fills nodes. A field's own text is never read as template. */
function fillNodes(nodes: readonly TemplateNode[], fields: Fields, options: FillOptions): Filled {
  const filled: Filled = { text: "", fields: 0, unknown: 0, shown: 0 };
  for (const node of nodes) {
    if (node.what === "text") filled.text += node.text;
    else if (node.what === "folder") filled.text += border;
    else if (node.what === "group") {
      const group = fillNodes(node.nodes, fields, options);
      if (!isShown(group)) continue;
      filled.text += group.text;
      filled.shown++;
    } else {
      const value = node.choices.reduce((text, choice) => text || choiceText(choice, fields, options), "");
      filled.fields++;
      if (value === "") filled.unknown++;
      else filled.text += `${node.spaceBefore ? " " : ""}${value}`;
    }
  }
  return filled;
}

/** A file name without its extension, before it is cleaned. */
export function fillStem(nodes: readonly TemplateNode[], fields: Fields, options: FillOptions): string {
  return fillNodes(nodes, fields, options).text.replaceAll(border, "-").trim();
}

/** A directory, clean. Folders of which nothing is known are left out. */
export function fillDirectory(nodes: readonly TemplateNode[], fields: Fields, options: FillOptions): string {
  return fillNodes(nodes, fields, options)
    .text.split(border)
    .map((component) => component.trim())
    .filter((component) => component !== "")
    .map((component) => cleanComponent(component))
    .join("/");
}

/** The nodes of a template; one with errors gives way to the default, so that no name is made by halves. */
export function nodesOf(templates: Templates, kind: TemplateKind, part: TemplatePart): readonly TemplateNode[] {
  const { nodes, errors } = parseTemplate(templates[kind][part], part);
  return errors.length === 0 ? nodes : parseTemplate(defaultTemplates[kind][part], part).nodes;
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

/**
 * File name and directory from fields. Whatever the fields hold, the result is relative, contained and portable;
 * `other`, a track or set that lacks a needed field, and one of which the template says nothing, keep the input's own
 * name and place.
 */
export function renderName(kind: ProposalKind, fields: Fields, options: RenderOptions): RenderedName {
  const { templates = defaultTemplates, path } = options;
  const own = () => ({ ...ownName(path), isNew: false });
  const template = templateFor(kind, fields);
  const lacks = !fields.artist?.trim() || (kind === "track" && !fields.title?.trim());
  if (template === null || lacks) return own();
  const stem = fillStem(nodesOf(templates, template, "filename"), fields, options);
  if (stem === "") return own();
  const directory = fillDirectory(nodesOf(templates, template, "directory"), fields, options);
  return { filename: cleanFilename(stem, extensionOf(path)), directory, isNew: true };
}

/** What a name was rendered with besides its fields, as far as the name shows it; else what its fields suggest. */
export function optionsOf(
  made: { kind: ProposalKind; fields: Fields; filename: string; directory: string },
  templates: Templates,
  path: string,
): FillOptions {
  const isLater = Number(made.fields.discNumber ?? 0) > 1;
  const ways = [isLater, !isLater].flatMap((manyDiscs) => [{ manyDiscs }, { manyDiscs, trackDigits: 3 }]);
  const found = ways.find((way) => {
    const { filename, directory } = renderName(made.kind, made.fields, { ...way, templates, path });
    return filename === made.filename && directory === made.directory;
  });
  return found ?? { manyDiscs: isLater };
}

export { cleanComponent, cleanFilename, extensionOf, stemOf };
