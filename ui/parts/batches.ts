import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { BatchItem, Operation, Page } from "../api.ts";
import { useApp } from "../app.ts";
import { plural, showBytes, showCount, showTime } from "../format.ts";
import { useResource } from "../resource.ts";
import { batchTones, batchWords, operationTones, operationWords } from "../words.ts";
import { Dialog } from "./dialog.ts";
import { Path } from "./path-change.ts";
import { Chip, Empty, Failed, Loading, Pager, Text } from "./states.ts";
import { UndoDialog } from "./undo-dialog.ts";

const title = (batch: BatchItem) =>
  batch.kind === "undo" ? `Batch ${batch.id}: undo of ${batch.undoOf}` : `Batch ${batch.id}: apply`;

/** Something stands at its new place and could go back. */
const isUndoable = (batch: BatchItem) =>
  batch.kind === "apply" && batch.status !== "running" && (batch.operations.done ?? 0) > 0;

function OperationRow({ operation }: { operation: Operation }) {
  return html`<li class="operation">
    <${Chip} tone=${operationTones[operation.status]}>${operationWords[operation.status]}<//>
    <div><${Path} of=${operation.source} /><div class="arrow"><span aria-hidden="true">→ </span><span class="sr">to </span><${Path} of=${operation.dest} /></div>
      <span class="muted">${operation.role === "companion" ? "Companion · " : ""}${operation.action === "copy" ? "copy, source kept · " : ""}${showBytes(operation.sizeBytes)}${operation.sha256 ? html` · <span title=${`SHA-256 ${operation.sha256}`}>SHA-256 ${operation.sha256.slice(0, 12)}…</span>` : null}</span>
      ${operation.error && html`<p class="error"><${Text} of=${operation.error} /></p>`}
    </div>
  </li>`;
}

const operationsPerPage = 50;

/** The journal, page by page: a batch may have as many files as there are. */
function Journal({ batch }: { batch: BatchItem }) {
  const { api } = useApp();
  const [failedOnly, setFailedOnly] = useState(false);
  const [page, setPage] = useState(1);
  const query = { page, page_size: operationsPerPage, status: failedOnly ? "failed" : undefined };
  // With each change of the batch, the page that is shown is asked for again.
  const key = JSON.stringify([batch.id, batch.status, batch.operations, query]);
  const list = useResource(key, (signal) => api.operations(batch.id, query, signal));
  const { failed = 0, ...others } = batch.operations;
  const files = Object.values(others).reduce((sum, n) => sum + n, failed);
  const toggle = () => {
    setFailedOnly(!failedOnly);
    setPage(1);
  };
  return html`<p><${Chip} tone=${batchTones[batch.status]}>${batchWords[batch.status]}<//> <span class="muted">started ${showTime(batch.createdAt)}${batch.finishedAt ? `, ended ${showTime(batch.finishedAt)}` : ""} · ${plural(files, "file")} · ${showBytes(batch.bytes)}</span></p>
    ${batch.error && html`<p class="banner bad">${batch.error}</p>`}
    ${(failed > 0 || failedOnly) && html`<label class="check"><input type="checkbox" checked=${failedOnly} onChange=${toggle} /> Only the ${showCount(failed)} that failed</label>`}
    ${list.error && html`<${Failed} error=${list.error} retry=${list.reload} />`}
    ${!list.data && !list.error && html`<${Loading} what="Loading the journal" />`}
    ${list.data && html`<ul class="items">${list.data.items.map((operation) => html`<${OperationRow} key=${operation.id} operation=${operation} />`)}</ul>`}
    ${list.data && list.data.total > operationsPerPage && html`<${Pager} what="the journal" page=${page} pageSize=${operationsPerPage} total=${list.data.total} onPage=${setPage} />`}`;
}

function DetailDialog({ batch, onClose, onUndo }: { batch: BatchItem; onClose: () => void; onUndo: () => void }) {
  return html`<${Dialog} title=${title(batch)} shape="side" onClose=${onClose}>
    <${Journal} batch=${batch} />
    <div class="dialog-buttons"><a class="button" href=${`${document.body.dataset.base}/audit?batch=${batch.id}`}>Audit of this batch</a>${isUndoable(batch) && html`<button type="button" onClick=${onUndo}>Undo …</button>`}<button type="button" onClick=${onClose}>Close</button></div>
  <//>`;
}

function BatchRow({
  batch,
  busy,
  onOpen,
  onUndo,
}: {
  batch: BatchItem;
  busy: boolean;
  onOpen: () => void;
  onUndo: () => void;
}) {
  const { done = 0, failed = 0, undone = 0 } = batch.operations;
  const counts = [
    done > 0 && `${showCount(done)} done`,
    failed > 0 && `${showCount(failed)} failed`,
    undone > 0 && `${showCount(undone)} put back`,
  ].filter(Boolean);
  return html`<li class="batch">
    <div><strong>${title(batch)}</strong> <${Chip} tone=${batchTones[batch.status]}>${batchWords[batch.status]}<//>${batch.undoneBy !== null && html` <${Chip} tone="warn">undone by batch ${batch.undoneBy}<//>`}
      <p class="muted">${showTime(batch.createdAt)} · ${plural(batch.units, "item")} · ${showBytes(batch.bytes)}${counts.length > 0 ? ` · ${counts.join(", ")}` : ""}</p>
      ${batch.error && html`<p class="error"><${Text} of=${batch.error} /></p>`}
    </div>
    <span class="buttons"><button type="button" onClick=${onOpen}>Details<span class="sr"> of batch ${batch.id}</span></button>
      ${isUndoable(batch) && html`<button type="button" disabled=${busy} onClick=${onUndo}>Undo …<span class="sr"> batch ${batch.id}</span></button>`}</span>
  </li>`;
}

interface BatchesProps {
  list: Page<BatchItem>;
  busy: boolean;
  onStarted: (batchId: number | null) => void;
  onPage: (page: number) => void;
}

/** What was moved and put back, the newest first. */
export function Batches({ list, busy, onStarted, onPage }: BatchesProps) {
  const [open, setOpen] = useState<number | null>(null);
  const [undoing, setUndoing] = useState<number | null>(null);
  const find = (id: number | null) => list.items.find((batch) => batch.id === id);
  const opened = find(open);
  const undo = find(undoing);
  return html`<section class="card" aria-labelledby="batches">
    <h2 id="batches">Batches</h2>
    ${list.total === 0 && html`<${Empty} title="Nothing was moved yet"><p>Every apply is listed here with its journal, and can be undone from here.</p><//>`}
    <ul class="items">${list.items.map((batch) => html`<${BatchRow} key=${batch.id} batch=${batch} busy=${busy} onOpen=${() => setOpen(batch.id)} onUndo=${() => setUndoing(batch.id)} />`)}</ul>
    ${list.total > list.page_size && html`<${Pager} what="batches" page=${list.page} pageSize=${list.page_size} total=${list.total} onPage=${onPage} />`}
    ${
      opened &&
      html`<${DetailDialog} key=${`open ${opened.id}`} batch=${opened} onClose=${() => setOpen(null)} onUndo=${() => {
        setOpen(null);
        setUndoing(opened.id);
      }} />`
    }
    ${undo && html`<${UndoDialog} key=${`undo ${undo.id}`} batch=${undo} onStarted=${onStarted} onClose=${() => setUndoing(null)} />`}
  </section>`;
}
