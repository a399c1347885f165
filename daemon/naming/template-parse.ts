import { type TemplatePart, type Templates, templateKinds, templateParts } from "../contract/templates.ts";
import { type Choice, type Complain, readChoices, type TemplateError } from "./template-choice.ts";

/** A piece of a template. */
export type TemplateNode =
  | { readonly what: "text"; readonly text: string }
  /** The border between two folders. */
  | { readonly what: "folder" }
  /** `spaceBefore`: the space before it, which goes when the field is not known. */
  | { readonly what: "field"; readonly spaceBefore: boolean; readonly choices: readonly Choice[] }
  | { readonly what: "group"; readonly nodes: readonly TemplateNode[] };

/** A template as it is understood; with errors, only what could be understood of it. */
export interface ParsedTemplate {
  readonly nodes: readonly TemplateNode[];
  /** By place. */
  readonly errors: readonly TemplateError[];
}

const mostChars = 300;
/** A longer text is not even looked at. */
const mostReadChars = 5000;

interface Reader {
  readonly text: string;
  readonly part: TemplatePart;
  readonly complain: Complain;
  at: number;
}

export const holdsField = (nodes: readonly TemplateNode[]): boolean =>
  nodes.some((node) => (node.what === "group" ? holdsField(node.nodes) : node.what === "field"));

/** Index of the brace that closes the one at `open`; null, with the error told, when there is none. */
function closingBrace(reader: Reader, open: number): { end: number; next: number } | null {
  const { text, complain } = reader;
  for (let i = open + 1; i < text.length; i++) {
    const character = text[i] ?? "";
    if (character === "}") return { end: i, next: i + 1 };
    if ("{[]".includes(character)) {
      complain(open, i - open, "This { is not closed. Write } after the field.");
      reader.at = i;
      return null;
    }
    if (character !== '"') continue;
    const quoted = /^"(?:\\.|[^"\\])*"/s.exec(text.slice(i))?.[0];
    if (quoted === undefined) {
      const brace = text.indexOf("}", i);
      const end = brace < 0 ? text.length : brace;
      complain(i, end - i, 'This quote is not closed. Write " after the text.');
      reader.at = Math.min(text.length, end + 1);
      return null;
    }
    i += quoted.length - 1;
  }
  complain(open, text.length - open, "This { is not closed. Write } after the field.");
  reader.at = text.length;
  return null;
}

/** Reads the braces at the reader's place; null when nothing in them can be used. */
function readField(reader: Reader): readonly Choice[] {
  const open = reader.at;
  const closing = closingBrace(reader, open);
  if (!closing) return [];
  reader.at = closing.next;
  return readChoices(reader.text.slice(open + 1, closing.end), open + 1, reader.complain);
}

function readGroup(reader: Reader): TemplateNode {
  const open = reader.at++;
  const nodes = readNodes(reader, true);
  const inside = reader.text.slice(open + 1, reader.at).replace(/\\./gs, "");
  if (reader.text[reader.at] === "]") reader.at++;
  else reader.complain(open, reader.text.length - open, "This [ is not closed. Write ] where the group ends.");
  // Braces that could not be read have their own error.
  if (!holdsField(nodes) && !inside.includes("{"))
    reader.complain(
      open,
      reader.at - open,
      "There is no field in these brackets, so they would never show. For brackets in the name write \\[ and \\].",
    );
  return { what: "group", nodes };
}

/** An escaped character; a backslash before anything else is an error, and stands for itself. */
function readEscape(reader: Reader): string {
  const next = reader.text[reader.at + 1];
  if (next !== undefined && "[]{}\\".includes(next)) {
    reader.at += 2;
    return next;
  }
  reader.complain(reader.at, 1, "A \\ stands before [ ] { } or another \\ only.");
  reader.at++;
  return "\\";
}

/** What one character of a text outside braces and brackets stands for. */
function readPlain(reader: Reader): string | TemplateNode {
  const character = reader.text[reader.at] ?? "";
  if (character === "\\") return readEscape(reader);
  if (character === "]" || character === "}")
    reader.complain(reader.at, 1, `This ${character} closes nothing. For one in the name write \\${character}.`);
  if (character === "/" && reader.part === "filename")
    reader.complain(reader.at, 1, "A file name cannot hold a /. Folders belong in the directory.");
  reader.at++;
  if (character === "/" && reader.part === "directory") return { what: "folder" };
  return "]}/".includes(character) ? "" : character;
}

/** Reads up to the end, or to the bracket that closes a group. */
function readNodes(reader: Reader, inGroup: boolean): TemplateNode[] {
  const nodes: TemplateNode[] = [];
  let plain = "";
  const flush = () => {
    if (plain !== "") nodes.push({ what: "text", text: plain });
    plain = "";
  };
  while (reader.at < reader.text.length) {
    const character = reader.text[reader.at];
    if (character === "]" && inGroup) break;
    if (character === "[") {
      flush();
      nodes.push(readGroup(reader));
    } else if (character === "{") {
      const choices = readField(reader);
      const spaceBefore = plain.endsWith(" ");
      if (spaceBefore) plain = plain.slice(0, -1);
      flush();
      if (choices.length > 0) nodes.push({ what: "field", spaceBefore, choices });
    } else {
      const read = readPlain(reader);
      if (typeof read === "string") plain += read;
      else {
        flush();
        nodes.push(read);
      }
    }
  }
  flush();
  return nodes;
}

/** A directory must stay below the output folder. */
function checkDirectory(text: string, complain: Complain): void {
  const absolute = /^\s*(?:\/|[A-Za-z]:)/.exec(text)?.[0];
  if (absolute !== undefined)
    complain(0, absolute.length, "A directory lies below the output folder: it cannot be absolute.");
  let at = 0;
  for (const folder of text.split("/")) {
    if (/^\s*\.+\s*$/.test(folder))
      complain(at, folder.length, "A directory cannot hold . or .. as a folder: it stays below the output folder.");
    at += folder.length + 1;
  }
}

/** Reads a template. Never throws; every error's place lies in the text. */
export function parseTemplate(text: string, part: TemplatePart): ParsedTemplate {
  const errors: TemplateError[] = [];
  const complain: Complain = (at, length, message) => errors.push({ at, length, message });
  if (text.length > mostChars)
    complain(
      mostChars,
      text.length - mostChars,
      `A template has at most ${mostChars} characters; this one has ${text.length}.`,
    );
  if (text.length > mostReadChars) return { nodes: [], errors };
  const nodes = readNodes({ text, part, complain, at: 0 }, false);
  if (part === "directory") checkDirectory(text, complain);
  else if (!holdsField(nodes) && errors.length === 0)
    complain(
      0,
      text.length,
      "There is no field in this name, so that all files would get the same. Write {Artist}, say.",
    );
  return { nodes, errors: errors.sort((a, b) => a.at - b.at) };
}

/** All that is wrong with some templates; `path` is such as `festival.filename`. */
export function templateErrors(templates: Templates): (TemplateError & { path: string })[] {
  return templateKinds.flatMap((kind) =>
    templateParts.flatMap((part) =>
      parseTemplate(templates[kind][part], part).errors.map((error) => ({ path: `${kind}.${part}`, ...error })),
    ),
  );
}
