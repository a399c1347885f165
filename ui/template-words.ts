import type { TemplateKind, TemplatePart } from "../daemon/contract/templates.ts";

/** What each template is called and when it is used. */
export const templateWords: Readonly<Record<TemplateKind, readonly [string, string]>> = {
  track: ["Tracks", "Tracks of albums, and single ones"],
  compilation: ["Compilations", "Tracks whose album artist is Various Artists"],
  festival: ["Festivals", "Sets at a festival, when its name is known"],
  concert: ["Concerts", "Concerts, when their event or place is known"],
  radioshow: ["Radio shows", "Sets in a radio show, when its name is known"],
  club: ["Clubs", "Sets played in a club"],
  stream: ["Streams", "Sets played for a stream"],
  set: ["Other sets", "Sets of which no more is known, or that lack what their own template needs"],
};

export const partWords: Readonly<Record<TemplatePart, string>> = { filename: "File name", directory: "Folder" };

/** The language, by examples. */
export const templateGrammar: readonly (readonly [string, string])[] = [
  ["{Artist}", "A field. When it is not known, it goes, with the space before it"],
  ['{Event or Venue or "Unknown"}', "The first that is known; a text in quotes always is"],
  ["[{Track:00} - ]", "In brackets: shows only when every field in them is known. Brackets can hold brackets"],
  ["{Track:00}", "A number of two digits at least"],
  ["{Part N}", "A number with its word: Part 2"],
  ["{YYYY.MM.DD}", "The date; parts that are not known are xx. Also {YYYY}, {YYYY-MM} …"],
  ["/", "A folder in a folder, in the folder's template only"],
  ["\\[ \\] \\{ \\} \\\\", "Brackets, braces and backslashes as they are"],
];

/** A template's text in three pieces, around what is wrong; cut where it is far from that. */
export function aroundError(text: string, at: number, length: number): [string, string, string] {
  const contextChars = 18;
  const end = at + length;
  const from = Math.max(0, at - contextChars);
  const to = Math.min(text.length, end + contextChars);
  const wrong = text.slice(at, end) || " ";
  return [
    `${from > 0 ? "…" : ""}${text.slice(from, at)}`,
    wrong,
    `${text.slice(end, to)}${to < text.length ? "…" : ""}`,
  ];
}
