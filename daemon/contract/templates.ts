/**
 * What a template is for. `compilation`: tracks of Various Artists. `set`: sets of which neither a festival, a concert,
 * a radio show, a club nor a stream is known.
 */
export const templateKinds = [
  "track",
  "compilation",
  "festival",
  "concert",
  "radioshow",
  "club",
  "stream",
  "set",
] as const;
export type TemplateKind = (typeof templateKinds)[number];

export const templateParts = ["filename", "directory"] as const;
export type TemplatePart = (typeof templateParts)[number];

/** File name without extension, and the directory below the output folder. */
export type TemplatePair = Readonly<Record<TemplatePart, string>>;
export type Templates = Readonly<Record<TemplateKind, TemplatePair>>;

/** Changes to templates: what is absent stays, null goes back to the default. */
export type TemplateChanges = {
  [Kind in TemplateKind]?: { [Part in TemplatePart]?: string | null | undefined } | null | undefined;
};
