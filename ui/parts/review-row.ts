import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import type { ProposalItem } from "../api.ts";
import { useApp } from "../app.ts";
import { below, showBytes, showDuration } from "../format.ts";
import { kindWords, statusTones, statusWords } from "../words.ts";
import { Evidence } from "./evidence.ts";
import { PathChange } from "./path-change.ts";
import { ProposalForm } from "./proposal-form.ts";
import { canDecide, type ReviewStore, type Row } from "./review-store.ts";
import { Chip, Sureness } from "./states.ts";

/** Source and target of a proposal, each relative to its root. */
export function pathsOf(item: ProposalItem, library: string | undefined): { from: string; to: string } {
  const from = below(library, item.path);
  return { from, to: item.unchanged ? from : [item.directory, item.filename].filter(Boolean).join("/") };
}

function Facts({ item }: { item: ProposalItem }) {
  const facts = [
    kindWords[item.kind],
    item.engine === "ollama" ? "by model" : "by rules",
    item.durationSec === null ? "" : showDuration(item.durationSec),
    showBytes(item.sizeBytes),
  ];
  return html`<div class="row-facts">
    <${Sureness} value=${item.confidence} title="How sure the engine is that you would approve" />
    <span>${facts.filter(Boolean).join(" · ")}</span>
    ${item.status !== "pending" && html`<${Chip} tone=${statusTones[item.status]}>${statusWords[item.status]}<//>`}
    ${item.unchanged && html`<${Chip}>stays as it is<//>`}
    ${item.missing && html`<${Chip} tone="bad">file is missing<//>`}
    ${item.notes.length > 0 && html`<${Chip} tone="warn" title=${item.notes.join("\n")}>${item.notes.length === 1 ? "1 note" : `${item.notes.length} notes`}<//>`}
  </div>`;
}

function Buttons({ row, store }: { row: Row; store: ReviewStore }) {
  const item = row.item.value;
  const { status } = item;
  const busy = row.busy.value;
  const act = (decision: "approve" | "reject" | "undo") => () => {
    store.moveTo(row);
    void store.decide(row, decision);
  };
  if (status === "executed")
    return html`<div class="row-buttons"><a class="button" href=${`${document.body.dataset.base}/execution`}>See batches</a></div>`;
  return html`<div class="row-buttons">
    ${
      status === "pending"
        ? html`<button type="button" class="approve" disabled=${busy} aria-label=${`Approve ${item.filename}`} onClick=${act("approve")}>Approve</button>
            <button type="button" class="reject" disabled=${busy} aria-label=${`Reject ${item.filename}`} onClick=${act("reject")}>Reject</button>`
        : html`<button type="button" disabled=${busy || !canDecide("undo", status)} aria-label=${`Take back: ${item.filename}`} onClick=${act("undo")}>Take back</button>`
    }
  </div>`;
}

/** One proposal: what it is called, what it would be called, why, and what to do about it. */
export function ReviewRow({
  row,
  store,
  onSelect,
}: {
  row: Row;
  store: ReviewStore;
  onSelect: (row: Row, selected: boolean, range: boolean) => void;
}) {
  const { roots } = useApp();
  const element = useRef<HTMLLIElement>(null);
  const item = row.item.value;
  const open = row.open.value;
  const paths = pathsOf(item, roots.value?.library);
  // A decision swaps the buttons: the focus stays in the row instead of falling back to the page.
  const focused = useRef(false);
  useEffect(() => {
    if (focused.current && document.activeElement === document.body) element.current?.focus({ preventScroll: true });
  });
  return html`<li
    ref=${element}
    id=${`proposal-${row.id}`}
    class=${`row ${item.status}${row.current.value ? " current" : ""}${row.selected.value ? " selected" : ""}`}
    tabindex=${row.current.value ? 0 : -1}
    aria-current=${row.current.value ? "true" : undefined}
    aria-busy=${row.busy.value}
    onFocusIn=${() => {
      focused.current = true;
      if (!row.current.value) store.moveTo(row);
    }}
    onFocusOut=${(event: FocusEvent) => {
      if (event.relatedTarget) focused.current = false;
    }}
  >
    <label class="pick"><input type="checkbox" checked=${row.selected.value} onClick=${(event: MouseEvent) => onSelect(row, (event.target as HTMLInputElement).checked, event.shiftKey)} /><span class="sr">Select ${item.filename}</span></label>
    <div class="row-main">
      <${PathChange} ...${paths} />
      <${Facts} item=${item} />
      ${row.notice.value && html`<p class="notice" role="alert">${row.notice.value}</p>`}
    </div>
    <${Buttons} row=${row} store=${store} />
    <button type="button" class="quiet why" aria-expanded=${open} aria-controls=${`why-${row.id}`} onClick=${() => {
      store.moveTo(row);
      row.open.value = !open;
    }}>${open ? "Less" : "Why?"}<span class="sr"> ${item.filename}</span></button>
    <div id=${`why-${row.id}`} class="row-why" hidden=${!open}>${
      open &&
      (row.editing.value
        ? html`<${ProposalForm} row=${row} store=${store} />`
        : html`<${Evidence} item=${item} onEdit=${
            item.status === "executed"
              ? undefined
              : () => {
                  row.editing.value = true;
                }
          } />`)
    }</div>
  </li>`;
}
