import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { Decision } from "../api.ts";
import { inWords, useApp } from "../app.ts";
import { plural, showCount } from "../format.ts";
import { useResource } from "../resource.ts";
import { Dialog } from "./dialog.ts";
import { type ReviewFilter, toBulkFilter } from "./review-filters.ts";
import { canDecide, type ReviewStore } from "./review-store.ts";

interface AllProps {
  filter: ReviewFilter;
  store: ReviewStore;
  onClose: () => void;
  onDone: () => void;
}

/** Approves or rejects all that match, after saying how many these are. */
function AllMatching({ filter, store, onClose, onDone }: AllProps) {
  const { api, toasts } = useApp();
  const [minPercent, setMinPercent] = useState(Math.max(filter.minPercent, 80));
  const [deciding, setDeciding] = useState(false);
  const bulk = toBulkFilter(filter, minPercent);
  const query = {
    status: "pending",
    kind: bulk.kind,
    q: bulk.q,
    changed: bulk.changed,
    min_confidence: bulk.minConfidence,
    page_size: 1,
  };
  const count = useResource(JSON.stringify(query), (signal) => api.proposals(query, signal));
  const n = count.loading ? null : (count.data?.total ?? null);
  const decide = async (decision: Decision) => {
    setDeciding(true);
    try {
      store.tell(decision, await api.decideAll(decision, bulk), null);
      onDone();
      onClose();
    } catch (error) {
      toasts.fail(error);
      onClose();
    }
  };
  const limits = [
    filter.kind && `kind "${filter.kind}"`,
    filter.q && `search "${filter.q}"`,
    filter.changed && "only what changes",
  ].filter(Boolean);
  const blocked = deciding || !n;
  return html`<${Dialog} title="Decide on all that match" onClose=${onClose}>
    <p>This goes beyond the page: it decides on every pending proposal${limits.length > 0 ? ` (${limits.join(", ")})` : ""} with at least this confidence.</p>
    <label class="field">Confidence of at least ${minPercent} %<input type="range" min="0" max="100" step="5" value=${minPercent} onInput=${(event: Event) => setMinPercent(Number((event.target as HTMLInputElement).value))} /></label>
    <p role="status" class="big">${count.error ? inWords(count.error) : n === null ? "Counting …" : plural(n, "pending proposal")}</p>
    <p class="muted">Nothing is moved by this. Files move when you apply, and each decision can be taken back before.</p>
    <div class="dialog-buttons">
      <button type="button" onClick=${onClose}>Cancel</button>
      <button type="button" disabled=${blocked} onClick=${() => decide("reject")}>Reject ${n ? showCount(n) : ""}</button>
      <button type="button" class="primary" disabled=${blocked} onClick=${() => decide("approve")}>Approve ${n ? showCount(n) : ""}</button>
    </div>
  <//>`;
}

/** Decisions on more than one row. */
export function BulkBar({ filter, store, onDone }: { filter: ReviewFilter; store: ReviewStore; onDone: () => void }) {
  const [all, setAll] = useState(false);
  const rows = store.rows.value;
  const selected = rows.filter((row) => row.selected.value);
  const pending = rows.filter((row) => row.item.value.status === "pending");
  const some = selected.length > 0 && selected.length < rows.length;
  const can = (decision: Decision) => selected.some((row) => canDecide(decision, row.item.value.status));
  const toggleAll = (event: Event) => {
    const { checked } = event.target as HTMLInputElement;
    for (const row of rows) row.selected.value = checked;
  };
  const button = (decision: Decision, word: string) =>
    html`<button type="button" disabled=${!can(decision)} onClick=${() => store.decideMany(selected, decision)}>${word}</button>`;
  return html`<div class="bulk" role="group" aria-label="Decide on several">
    <label class="check"><input type="checkbox" checked=${rows.length > 0 && selected.length === rows.length} indeterminate=${some} disabled=${rows.length === 0} onChange=${toggleAll} /> ${selected.length > 0 ? `${selected.length} selected` : "Select all shown"}</label>
    ${selected.length > 0 && html`${button("approve", "Approve selected")}${button("reject", "Reject selected")}${button("undo", "Take back selected")}`}
    ${
      selected.length === 0 &&
      html`<button type="button" disabled=${pending.length === 0} onClick=${() => store.decideMany(pending, "approve")}>Approve all shown (${showCount(pending.length)})</button>
        <button type="button" onClick=${() => setAll(true)}>All that match …</button>`
    }
    ${all && html`<${AllMatching} filter=${filter} store=${store} onDone=${onDone} onClose=${() => setAll(false)} />`}
  </div>`;
}
