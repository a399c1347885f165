import { html } from "htm/preact";
import type { TemplateKind, TemplatePart } from "../../daemon/contract/templates.ts";
import type { TemplatePreview } from "../api.ts";
import { aroundError, partWords, templateWords } from "../template-words.ts";

export type TemplateError = TemplatePreview["errors"][number];

/** What is wrong in a template, with the place marked. `text` is the template that was looked at. */
function Mistake({ text, error }: { text: string; error: TemplateError }) {
  const [before, wrong, after] = aroundError(text, error.at, error.length);
  return html`<li><code aria-hidden="true">${before}<mark>${wrong}</mark>${after}</code><span>${error.message}</span></li>`;
}

interface InputProps {
  kind: TemplateKind;
  part: TemplatePart;
  text: string;
  isDefault: boolean;
  isChanged: boolean;
  /** Errors, and the text in which they are. */
  errors: readonly TemplateError[];
  errorText: string;
  onText: (text: string) => void;
  onReset: () => void;
  onFocus: (input: HTMLTextAreaElement) => void;
}

/** A template is one line, however many it takes to show. */
const oneLine = (event: Event) => (event.target as HTMLTextAreaElement).value.replace(/\s*\n\s*/g, " ");
const charsPerRow = 70;

/** One template with its mistakes. */
export function TemplateInput(props: InputProps) {
  const { kind, part, text, errors } = props;
  const id = `template-${kind}-${part}`;
  const name = partWords[part];
  const about = `${name} of ${templateWords[kind][0].toLowerCase()}`;
  return html`<div class="template-input">
    <div class="template-label">
      <label for=${id}>${name}<span class="sr"> of ${templateWords[kind][0].toLowerCase()}</span></label>
      ${props.isChanged && html`<span class="chip busy">not saved</span>`}
      ${!props.isDefault && html`<button type="button" class="link" aria-label=${`${about}: back to the default`} onClick=${props.onReset}>Back to default</button>`}
    </div>
    <textarea
      id=${id}
      class="template"
      spellcheck=${false}
      autocomplete="off"
      autocapitalize="off"
      maxlength="1000"
      rows=${Math.ceil(Math.max(1, text.length) / charsPerRow)}
      value=${text}
      aria-invalid=${errors.length > 0}
      aria-describedby=${errors.length > 0 ? `${id}-errors` : undefined}
      onInput=${(event: Event) => props.onText(oneLine(event))}
      onKeyDown=${(event: KeyboardEvent) => event.key === "Enter" && event.preventDefault()}
      onFocus=${(event: Event) => props.onFocus(event.target as HTMLTextAreaElement)}
    ></textarea>
    ${errors.length > 0 && html`<ul class="mistakes" id=${`${id}-errors`}>${errors.map((error) => html`<${Mistake} key=${`${error.at} ${error.message}`} text=${props.errorText} error=${error} />`)}</ul>`}
  </div>`;
}
