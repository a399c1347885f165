import type { TemplateChanges, TemplateKind, TemplatePart, Templates } from "../daemon/contract/templates.ts";
import { templateKinds, templateParts } from "../daemon/contract/templates.ts";

/** Texts that differ from what is saved, by path such as `festival.filename`. */
export type TemplateDraft = Readonly<Record<string, string>>;

const pathOf = (kind: TemplateKind, part: TemplatePart) => `${kind}.${part}`;

/** The text as it stands in the form. */
export const draftText = (draft: TemplateDraft, saved: Templates, kind: TemplateKind, part: TemplatePart): string =>
  draft[pathOf(kind, part)] ?? saved[kind][part];

/** The draft with one text set; what is as it is saved is no change. */
export function withText(
  draft: TemplateDraft,
  saved: Templates,
  kind: TemplateKind,
  part: TemplatePart,
  text: string,
): TemplateDraft {
  const { [pathOf(kind, part)]: _before, ...others } = draft;
  return text === saved[kind][part] ? others : { ...others, [pathOf(kind, part)]: text };
}

/** What is to be sent for the draft to become true. */
export function changesOf(draft: TemplateDraft): TemplateChanges {
  const changes: TemplateChanges = {};
  for (const kind of templateKinds)
    for (const part of templateParts) {
      const text = draft[pathOf(kind, part)];
      if (text !== undefined) changes[kind] = { ...changes[kind], [part]: text };
    }
  return changes;
}
