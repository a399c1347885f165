import { html } from "htm/preact";
import type { TemplatePreview } from "../api.ts";
import { PathChange } from "./path-change.ts";
import { Text } from "./states.ts";

/** What a template makes of some files, and the files it would throw together. */
export function TemplateSamples({ preview, isStale }: { preview: TemplatePreview | undefined; isStale: boolean }) {
  if (!preview) return html`<div class="template-samples"></div>`;
  const { samples, madeUp, collisions, errors } = preview;
  return html`<div class=${`template-samples ${isStale ? "stale" : ""}`}>
    ${errors.length > 0 && html`<p class="hint">Examples show when the mistakes are mended.</p>`}
    ${collisions.map(
      ({ to, from }) => html`<p class="collision" key=${to}>
        <strong>${from.length} files would get one name</strong>, <${Text} of=${to} />: ${from.slice(0, 3).map((path, i) => html`${i > 0 ? ", " : ""}<${Text} of=${path} />`)}${from.length > 3 ? " …" : ""}
      </p>`,
    )}
    ${samples.length > 0 && madeUp && html`<p class="hint">Made-up examples: nothing of this kind waits for a decision.</p>`}
    <ul>${samples.map(({ from, to }) => html`<li key=${from}><${PathChange} from=${from} to=${to} /></li>`)}</ul>
  </div>`;
}
