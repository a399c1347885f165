import { html } from "htm/preact";
import type { TemplatesReply } from "../api.ts";
import { templateGrammar } from "../template-words.ts";

interface ChipsProps {
  fields: TemplatesReply["fields"];
  /** Null until a template has been clicked into. */
  onInsert: ((text: string) => void) | null;
}

/** The fields, to be put in where the cursor is. */
export function FieldChips({ fields, onInsert }: ChipsProps) {
  const keepFocus = (event: Event) => event.preventDefault();
  return html`<div class="field-chips" role="toolbar" aria-label="Put a field in where the cursor is">
    ${fields.map(
      ({ name, example, description }) =>
        html`<button type="button" key=${name} disabled=${!onInsert} title=${`${description}. Example: ${example}`} onMouseDown=${keepFocus} onClick=${() => onInsert?.(`{${name}}`)}>${name}</button>`,
    )}
  </div>`;
}

export function Grammar() {
  return html`<details class="grammar"><summary>How templates are written</summary>
    <dl>${templateGrammar.map(([text, meaning]) => html`<div key=${text}><dt><code>${text}</code></dt><dd>${meaning}</dd></div>`)}</dl>
    <p class="hint">The names of fields can be written in any case. Whatever the fields hold, a name is made fit for every system, and stays below the output folder.</p>
  </details>`;
}
