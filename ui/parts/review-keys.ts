import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { Dialog } from "./dialog.ts";
import type { ReviewStore, Row } from "./review-store.ts";

const keys: readonly (readonly [string, string])[] = [
  ["j", "next proposal"],
  ["k", "previous proposal"],
  ["a", "approve"],
  ["r", "reject"],
  ["u", "take the decision back"],
  ["e", "change fields by hand"],
  ["Space", "show or hide the evidence"],
  ["x", "select or deselect"],
  ["/", "search"],
  ["?", "this list"],
];

export function KeyHelp({ onClose }: { onClose: () => void }) {
  return html`<${Dialog} title="Keys" onClose=${onClose}>
    <dl class="keys">${keys.map(([key, meaning]) => html`<dt key=${key}><kbd>${key}</kbd></dt><dd>${meaning}</dd>`)}</dl>
    <p class="muted">They work on the marked proposal, whenever no text field is in use.</p>
    <div class="dialog-buttons"><button type="button" onClick=${onClose}>Close</button></div>
  <//>`;
}

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  target.matches('input:not([type="checkbox"]), textarea, select, audio, [contenteditable="true"]');

function focusRow(row: Row | undefined): void {
  const element = row && document.getElementById(`proposal-${row.id}`);
  element?.focus({ preventScroll: true });
  element?.scrollIntoView({ block: "nearest" });
}

interface KeyActions {
  help: () => void;
  search: () => void;
}

/** Decides on the row under the cursor by single keys. */
export function useReviewKeys(store: ReviewStore, { help, search }: KeyActions): void {
  // The actions only touch what never changes.
  useEffect(() => {
    const actions: Readonly<Record<string, () => void>> = {
      j: () => focusRow(store.step(1)),
      k: () => focusRow(store.step(-1)),
      a: () => void store.decide(store.currentRow(), "approve"),
      r: () => void store.decide(store.currentRow(), "reject"),
      u: () => void store.decide(store.currentRow(), "undo"),
      x: () => {
        const row = store.currentRow();
        if (row) row.selected.value = !row.selected.value;
      },
      " ": () => {
        const row = store.currentRow();
        if (row) row.open.value = !row.open.value;
      },
      e: () => {
        const row = store.currentRow();
        if (!row || row.item.value.status === "executed") return;
        row.open.value = true;
        row.editing.value = true;
      },
      "/": search,
      "?": help,
    };
    const onKey = (event: KeyboardEvent) => {
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        event.defaultPrevented ||
        isTyping(event.target) ||
        document.querySelector("dialog[open]")
      )
        return;
      const pressable = event.target instanceof HTMLElement && event.target.matches("button, a, summary, input");
      const action = event.key === " " && pressable ? undefined : actions[event.key];
      if (!action || (event.repeat && !"jk".includes(event.key))) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [store]);
}
