import { html } from "htm/preact";
import {
  type TemplateKind,
  type TemplatePart,
  type Templates,
  templateParts,
} from "../../daemon/contract/templates.ts";
import type { TemplatePreview } from "../api.ts";
import { draftText, type TemplateDraft, withText } from "../template-draft.ts";
import { templateWords } from "../template-words.ts";
import { TemplateInput } from "./template-input.ts";
import { TemplateSamples } from "./template-samples.ts";

interface CardProps {
  kind: TemplateKind;
  saved: Templates;
  defaults: Templates;
  draft: TemplateDraft;
  /** The newest preview and the draft it was made for; that may be an older one. */
  preview: TemplatePreview | undefined;
  previewed: TemplateDraft;
  onDraft: (draft: TemplateDraft) => void;
  onFocus: (input: HTMLTextAreaElement) => void;
}

/** The two templates of one kind, beside what they make. */
export function TemplateCard({ kind, saved, defaults, draft, preview, previewed, onDraft, onFocus }: CardProps) {
  const [title, purpose] = templateWords[kind];
  const isStale = templateParts.some(
    (part) => draftText(draft, saved, kind, part) !== draftText(previewed, saved, kind, part),
  );
  const input = (part: TemplatePart) => {
    const text = draftText(draft, saved, kind, part);
    const set = (to: string) => onDraft(withText(draft, saved, kind, part, to));
    return html`<${TemplateInput}
      key=${part}
      kind=${kind}
      part=${part}
      text=${text}
      isDefault=${text === defaults[kind][part]}
      isChanged=${text !== saved[kind][part]}
      errors=${preview?.errors.filter(({ path }) => path === `${kind}.${part}`) ?? []}
      errorText=${draftText(previewed, saved, kind, part)}
      onText=${set}
      onReset=${() => set(defaults[kind][part])}
      onFocus=${onFocus}
    />`;
  };
  return html`<section class="template-card" aria-labelledby=${`kind-${kind}`}>
    <div><h3 id=${`kind-${kind}`}>${title}</h3><p class="hint">${purpose}</p>${templateParts.map(input)}</div>
    <${TemplateSamples} preview=${preview} isStale=${isStale} />
  </section>`;
}
