import { html } from "htm/preact";
import type { FieldName } from "../../daemon/contract/fields.ts";
import type { Evidence as EvidenceItem } from "../../daemon/contract/naming.ts";
import type { ProposalItem } from "../api.ts";
import { useApp } from "../app.ts";
import { showMs, showTime } from "../format.ts";
import { evidenceWords, fieldWords, kindWords } from "../words.ts";
import { Sureness, Text } from "./states.ts";

const fieldOrder = Object.keys(fieldWords) as FieldName[];

function Places({ places }: { places: readonly EvidenceItem[] }) {
  return html`<ul>
    ${places.map((place, at) => html`<li key=${at}><span class="source">${evidenceWords[place.source] ?? place.source}</span> <${Text} of=${place.text} /></li>`)}
    ${places.length === 0 && html`<li class="muted">no evidence kept</li>`}
  </ul>`;
}

function FieldRow({ item, field }: { item: ProposalItem; field: FieldName }) {
  const others = item.alternatives[field] ?? [];
  const sureness = item.sureness[field];
  return html`<tr>
    <th scope="row">${fieldWords[field]}</th>
    <td><${Text} of=${item.fields[field] ?? ""} /></td>
    <td>${sureness !== undefined && html`<${Sureness} value=${sureness} title="How sure this value is" />`}</td>
    <td>
      <${Places} places=${item.evidence[field] ?? []} />
      ${others.length > 0 && html`<p class="others">Not taken:</p><ul class="others">${others.map((other, at) => html`<li key=${at}><q><${Text} of=${other.value} /></q> <span class="source">${evidenceWords[other.source] ?? other.source}</span> <${Text} of=${other.text} /></li>`)}</ul>`}
    </td>
  </tr>`;
}

function KindRow({ item }: { item: ProposalItem }) {
  const places = item.evidence.kind ?? [];
  return html`<tr><th scope="row">Kind</th><td>${kindWords[item.kind]}</td><td></td><td><${Places} places=${places} /></td></tr>`;
}

function Engine({ item }: { item: ProposalItem }) {
  const took = item.durationMs === null ? "" : `, ${showMs(item.durationMs)}`;
  if (item.engine === "rules") return html`<dt>By</dt><dd>Rules${took}</dd>`;
  return html`<dt>By</dt><dd>Rules and ${item.model ?? "the model"}${item.prompt ? `, prompt ${item.prompt}` : ""}${took}</dd>`;
}

/** Why a proposal is what it is: every field with where it was found, notes, and the sound itself. */
export function Evidence({ item, onEdit }: { item: ProposalItem; onEdit?: (() => void) | undefined }) {
  const { api } = useApp();
  const fields = fieldOrder.filter((field) => item.fields[field]);
  return html`${
    fields.length > 0 || item.evidence.kind
      ? html`<table class="evidence">
          <thead><tr><th scope="col">Field</th><th scope="col">Value</th><th scope="col">Sure</th><th scope="col">Found in</th></tr></thead>
          <tbody>${item.evidence.kind && html`<${KindRow} item=${item} />`}${fields.map((field) => html`<${FieldRow} key=${field} item=${item} field=${field} />`)}</tbody>
        </table>`
      : html`<p class="muted">No field could be filled from evidence, so the file keeps its name and place.</p>`
  }
  ${item.notes.length > 0 && html`<h4>Notes</h4><ul class="notes">${item.notes.map((note, at) => html`<li key=${at}><${Text} of=${note} /></li>`)}</ul>`}
  <dl class="pairs">
    <dt>Now at</dt><dd><${Text} of=${item.path} /></dd>
    ${!item.unchanged && html`<dt>Would be</dt><dd><${Text} of=${item.destination} /></dd>`}
    <${Engine} item=${item} />
    <dt>Proposed</dt><dd>${showTime(item.updatedAt)}${item.decidedAt === null ? "" : `, decided ${showTime(item.decidedAt)}`}</dd>
  </dl>
  <div class="listen">
    ${onEdit && html`<button type="button" onClick=${onEdit}>Change by hand <kbd>e</kbd></button>`}
    ${!item.missing && html`<audio controls preload="none" src=${api.audioUrl(item.fileId)} aria-label=${`Listen to ${item.filename}`}></audio>`}
    <a href=${`${document.body.dataset.base}/files?id=${item.fileId}`}>All about this file</a>
  </div>`;
}
