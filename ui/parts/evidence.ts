import { html } from "htm/preact";
import type { FieldName } from "../../daemon/contract/naming.ts";
import type { ProposalItem } from "../api.ts";
import { useApp } from "../app.ts";
import { showTime } from "../format.ts";
import { evidenceWords, fieldWords } from "../words.ts";
import { Text } from "./states.ts";

const fieldOrder = Object.keys(fieldWords) as FieldName[];

function FieldRow({ item, field }: { item: ProposalItem; field: FieldName }) {
  const sources = item.evidence[field] ?? [];
  return html`<tr>
    <th scope="row">${fieldWords[field]}</th>
    <td><${Text} of=${item.fields[field] ?? ""} /></td>
    <td>
      <ul>
        ${sources.map((evidence, at) => html`<li key=${at}><span class="source">${evidenceWords[evidence.source] ?? evidence.source}</span> <${Text} of=${evidence.text} /></li>`)}
        ${sources.length === 0 && html`<li class="muted">no evidence kept</li>`}
      </ul>
    </td>
  </tr>`;
}

/** Why a proposal is what it is: every field with where it was found, notes, and the sound itself. */
export function Evidence({ item }: { item: ProposalItem }) {
  const { api } = useApp();
  const fields = fieldOrder.filter((field) => item.fields[field]);
  return html`${
    fields.length > 0
      ? html`<table class="evidence">
          <thead><tr><th scope="col">Field</th><th scope="col">Value</th><th scope="col">Found in</th></tr></thead>
          <tbody>${fields.map((field) => html`<${FieldRow} key=${field} item=${item} field=${field} />`)}</tbody>
        </table>`
      : html`<p class="muted">No field could be filled from evidence, so the file keeps its name and place.</p>`
  }
  ${item.notes.length > 0 && html`<h4>Notes</h4><ul class="notes">${item.notes.map((note, at) => html`<li key=${at}><${Text} of=${note} /></li>`)}</ul>`}
  <dl class="pairs">
    <dt>Now at</dt><dd><${Text} of=${item.path} /></dd>
    ${!item.unchanged && html`<dt>Would be</dt><dd><${Text} of=${item.destination} /></dd>`}
    <dt>Proposed</dt><dd>${showTime(item.updatedAt)}${item.decidedAt === null ? "" : `, decided ${showTime(item.decidedAt)}`}</dd>
  </dl>
  <div class="listen">
    ${!item.missing && html`<audio controls preload="none" src=${api.audioUrl(item.fileId)} aria-label=${`Listen to ${item.filename}`}></audio>`}
    <a href=${`${document.body.dataset.base}/files?id=${item.fileId}`}>All about this file</a>
  </div>`;
}
