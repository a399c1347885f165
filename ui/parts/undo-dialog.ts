import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { BatchItem, UndoReply } from "../api.ts";
import { inWords, useApp } from "../app.ts";
import { plural } from "../format.ts";
import { useResource } from "../resource.ts";
import { Dialog } from "./dialog.ts";
import { More } from "./more.ts";
import { Path } from "./path-change.ts";
import { Failed, Loading, Text } from "./states.ts";

type UndoItem = UndoReply["items"][number];

function Item({ item }: { item: UndoItem }) {
  return html`<li class=${`plan-item ${item.status}`}>
    <${Path} of=${item.source} /><div class="arrow"><span aria-hidden="true">→ </span><span class="sr">to </span><${Path} of=${item.dest} /></div>
    ${item.reasons.length > 0 && html`<ul class="reasons" aria-label="Why it cannot go back">${item.reasons.map((reason, at) => html`<li key=${at}><${Text} of=${reason} /></li>`)}</ul>`}
  </li>`;
}

function Group({ title, items, total }: { title: string; items: readonly UndoItem[]; total: number }) {
  if (total === 0) return null;
  return html`<h3>${title}</h3><${More} items=${items} total=${total} render=${(item: UndoItem) => html`<${Item} key=${item.source} item=${item} />`} />`;
}

interface UndoProps {
  batch: BatchItem;
  onClose: () => void;
  onStarted: (batchId: number | null) => void;
}

/** Shows what an undo would put back, and does it when asked. */
export function UndoDialog({ batch, onClose, onStarted }: UndoProps) {
  const { api, reloadStats } = useApp();
  const plan = useResource(`${batch.id}`, (signal) => api.planUndo(batch.id, signal));
  const [starting, setStarting] = useState(false);
  const [error, setError] = useState("");
  const { data } = plan;
  const of = (status: UndoItem["status"]) => data?.items.filter((item) => item.status === status) ?? [];
  const start = async () => {
    setStarting(true);
    setError("");
    try {
      const reply = await api.undo(batch.id);
      reloadStats();
      onClose();
      onStarted(reply.batchId);
    } catch (failure) {
      setError(inWords(failure));
      setStarting(false);
    }
  };
  return html`<${Dialog} title=${`Undo batch ${batch.id}`} shape="side" onClose=${onClose}>
    ${plan.error && html`<${Failed} error=${plan.error} retry=${plan.reload} />`}
    ${!data && !plan.error && html`<${Loading} what="Looking at the files on disk" />`}
    ${
      data &&
      html`<p class="big">${data.ready > 0 ? `${plural(data.ready, "file")} can go back` : "Nothing can go back"}</p>
        <p class="muted">Files return to their old names and folders, byte for byte and with their times.${data.blocked > 0 ? ` ${plural(data.blocked, "file")} cannot, for the reasons below, and ${data.blocked === 1 ? "stays" : "stay"} where ${data.blocked === 1 ? "it is" : "they are"}.` : ""}</p>
        <${Group} title="Cannot go back" items=${of("blocked")} total=${data.blocked} />
        <${Group} title="Goes back" items=${of("ready")} total=${data.ready} />`
    }
    ${error && html`<p class="banner bad" role="alert">${error}</p>`}
    <div class="dialog-buttons">
      <button type="button" onClick=${onClose}>Cancel</button>
      <button type="button" class="primary" disabled=${!data || data.ready === 0 || starting} onClick=${start}>${starting ? "Starting …" : data ? `Put ${plural(data.ready, "file")} back` : "Put back"}</button>
    </div>
  <//>`;
}
