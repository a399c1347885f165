import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { PlanReply } from "../api.ts";
import { inWords, useApp } from "../app.ts";
import { below, plural, showBytes, showCount, splitPath } from "../format.ts";
import type { Resource } from "../resource.ts";
import { Dialog } from "./dialog.ts";
import { More } from "./more.ts";
import { Path, PathChange } from "./path-change.ts";
import { Chip, Empty, Failed, Loading, Text } from "./states.ts";

type PlanItem = PlanReply["items"][number];

const link = (path: string) => `${document.body.dataset.base}${path}`;

function Item({ item }: { item: PlanItem }) {
  const roots = useApp().roots.value;
  const blocked = item.status === "blocked";
  return html`<li class=${`plan-item ${item.status}`}>
    <${PathChange} from=${below(roots?.library, item.source)} to=${item.status === "unchanged" ? below(roots?.library, item.source) : below(roots?.output, item.dest)} />
    ${item.reasons.length > 0 && html`<ul class="reasons" aria-label=${blocked ? "Why it is blocked" : "Reasons"}>${item.reasons.map((reason, at) => html`<li key=${at}><${Text} of=${reason} /></li>`)}</ul>`}
    ${item.notes.length > 0 && html`<ul class="notes" aria-label="Notes">${item.notes.map((note, at) => html`<li key=${at}><${Text} of=${note} /></li>`)}</ul>`}
    ${
      item.companions.length > 0 &&
      html`<details class="aside"><summary>${plural(item.companions.length, "companion")} ${item.companions.length === 1 ? "goes" : "go"} along</summary>
        <ul class="companions">${item.companions.map((companion) => html`<li key=${companion.source}><${Path} of=${splitPath(companion.source).name} /> → <${Path} of=${splitPath(companion.dest).name} /></li>`)}</ul></details>`
    }
    ${blocked && html`<p class="aside"><a href=${link(`/files?id=${item.fileId}`)}>Look at the file</a></p>`}
  </li>`;
}

function ItemGroup({
  title,
  items,
  of,
  open,
}: {
  title: string;
  items: readonly PlanItem[];
  of: number;
  open: boolean;
}) {
  if (of === 0) return null;
  return html`<details class="group" open=${open}><summary>${title} <span class="muted">(${showCount(of)})</span></summary>
    <${More} items=${items} total=${of} render=${(item: PlanItem) => html`<${Item} key=${item.proposalId} item=${item} />`} />
  </details>`;
}

function Confirm({
  plan,
  onClose,
  onStarted,
}: {
  plan: PlanReply;
  onClose: () => void;
  onStarted: (batchId: number | null) => void;
}) {
  const { api, toasts, reloadStats } = useApp();
  const [starting, setStarting] = useState(false);
  const [error, setError] = useState("");
  const start = async () => {
    setStarting(true);
    setError("");
    try {
      // What was shown is what is applied; a list that was cut stands for all that is approved.
      const whole = plan.items.length === plan.ready + plan.blocked + plan.unchanged && plan.items.length <= 10_000;
      const ids = plan.items.filter((item) => item.status === "ready").map((item) => item.proposalId);
      const reply = await api.apply(whole ? ids : undefined);
      if (reply.batchId === null)
        toasts.fail(new Error("Nothing was moved: what was ready is not any more. Look at the reasons."));
      reloadStats();
      onClose();
      onStarted(reply.batchId);
    } catch (failure) {
      setError(inWords(failure));
      setStarting(false);
    }
  };
  const along = plan.files - plan.ready;
  return html`<${Dialog} title="Apply the approved names" onClose=${onClose}>
    <p class="big">${plural(plan.files, "file")}, ${showBytes(plan.bytes)}</p>
    <p>${plural(plan.ready, "approved file")}${along > 0 ? ` and ${plural(along, "companion")} beside ${plan.ready === 1 ? "it" : "them"}` : ""} will be moved.
      ${plan.blocked > 0 ? ` ${plural(plan.blocked, "blocked file")} ${plan.blocked === 1 ? "stays" : "stay"} where ${plan.blocked === 1 ? "it is" : "they are"}.` : ""}</p>
    <p class="muted">Each file is copied, the copy is read back and compared, and only then is the source removed. Nothing is overwritten. The batch can be undone.</p>
    ${error && html`<p class="banner bad" role="alert">${error}</p>`}
    <div class="dialog-buttons">
      <button type="button" onClick=${onClose}>Cancel</button>
      <button type="button" class="primary" disabled=${starting} onClick=${start}>${starting ? "Starting …" : `Apply ${plural(plan.files, "file")}`}</button>
    </div>
  <//>`;
}

function Outcome({ plan, onApply }: { plan: PlanReply; onApply: () => void }) {
  const still = plan.ready + plan.blocked === 0;
  const of = (status: PlanItem["status"]) => plan.items.filter((item) => item.status === status);
  return html`<div class="next">
      <p>${still ? html`<strong>Nothing has to move:</strong> what is approved is where it belongs.` : html`<strong>${plural(plan.files, "file")}, ${showBytes(plan.bytes)}</strong> would move.`}
        <span class="chips">${plan.ready > 0 && html`<${Chip} tone="good">${showCount(plan.ready)} ready<//>`}${plan.blocked > 0 && html`<${Chip} tone="bad">${showCount(plan.blocked)} blocked<//>`}${plan.unchanged > 0 && html`<${Chip}>${showCount(plan.unchanged)} unchanged<//>`}</span></p>
      ${still ? html`<a class="button" href=${link("/proposals")}>Review proposals</a>` : html`<button type="button" class="primary" disabled=${plan.ready === 0} onClick=${onApply}>Apply …</button>`}
    </div>
    <${ItemGroup} title="Blocked" items=${of("blocked")} of=${plan.blocked} open=${true} />
    <${ItemGroup} title="Ready" items=${of("ready")} of=${plan.ready} open=${true} />
    <${ItemGroup} title="Unchanged" items=${of("unchanged")} of=${plan.unchanged} open=${false} />`;
}

interface PlanCardProps {
  plan: Resource<PlanReply>;
  outdated: boolean;
  renew: () => void;
  onStarted: (batchId: number | null) => void;
}

/** What an apply would do, checked against the disk. */
export function PlanCard({ plan, outdated, renew, onStarted }: PlanCardProps) {
  const [confirming, setConfirming] = useState(false);
  const { data } = plan;
  const empty = data && data.ready + data.blocked + data.unchanged === 0;
  return html`<section class="card" aria-labelledby="plan">
    <div class="card-head"><h2 id="plan">What will happen</h2><button type="button" disabled=${plan.loading} onClick=${renew}>${plan.loading ? "Checking …" : "Check again"}</button></div>
    ${outdated && !plan.loading && html`<div class="banner" role="status"><span>Decisions have changed since this was checked.</span><button type="button" onClick=${renew}>Check again</button></div>`}
    ${plan.error && html`<${Failed} error=${plan.error} retry=${renew} />`}
    ${!data && !plan.error && html`<${Loading} what="Looking at the files on disk" />`}
    ${empty && html`<${Empty} title="Nothing is approved"><p>Approve proposals, and here you see what would be moved. <a href=${link("/proposals")}>Review proposals</a></p><//>`}
    ${data && !empty && html`<div class=${plan.loading ? "stale" : ""}><${Outcome} plan=${data} onApply=${() => setConfirming(true)} /></div>`}
    ${confirming && data && html`<${Confirm} plan=${data} onClose=${() => setConfirming(false)} onStarted=${onStarted} />`}
  </section>`;
}
