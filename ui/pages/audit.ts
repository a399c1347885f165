import { html } from "htm/preact";
import type { AuditItem } from "../api.ts";
import { useApp, useEvents } from "../app.ts";
import { showTime } from "../format.ts";
import { FilterForm, Select } from "../parts/fields.ts";
import { Path } from "../parts/path-change.ts";
import { Chip, Empty, Failed, Loading, Pager, Text } from "../parts/states.ts";
import { useResource } from "../resource.ts";
import { actionTones, actionWords } from "../words.ts";

const pageSize = 50;
const listGapMs = 2000;
const link = (path: string) => `${document.body.dataset.base}${path}`;

function Details({ detail }: { detail: AuditItem["detail"] }) {
  const entries = Object.entries(detail);
  if (entries.length === 0) return null;
  return html`<dl class="small">${entries.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd><${Text} of=${value === null ? "none" : typeof value === "string" ? value : JSON.stringify(value)} /></dd></div>`)}</dl>`;
}

function Entry({ entry }: { entry: AuditItem }) {
  return html`<tr>
    <td class="time">${showTime(entry.at)}</td>
    <td><${Chip} tone=${actionTones[entry.action]}>${actionWords[entry.action] ?? entry.action}<//></td>
    <td>${entry.actor}</td>
    <td class="grow">
      ${entry.source && html`<div><${Path} of=${entry.source} /></div>`}
      ${entry.dest && html`<div class="arrow"><span aria-hidden="true">→ </span><span class="sr">to </span><${Path} of=${entry.dest} /></div>`}
      <${Details} detail=${entry.detail} />
    </td>
    <td>
      ${entry.fileId !== null && html`<a href=${link(`/files?id=${entry.fileId}`)}>file ${entry.fileId}</a>`}
      ${entry.batchId !== null && html` <a href=${link(`/audit?batch=${entry.batchId}`)}>batch ${entry.batchId}</a>`}
    </td>
  </tr>`;
}

const digits = (text: string | null) => (text && /^\d{1,15}$/.test(text) ? text : "");

function Filters({ action, batch, file }: { action: string; batch: string; file: string }) {
  const { router } = useApp();
  const set = (changes: Readonly<Record<string, string>>) => router.set({ page: "", ...changes }, true);
  const actions = [["", "All"] as const, ...Object.entries(actionWords)];
  const onNumber = (name: string) => (event: Event) =>
    set({ [name]: digits((event.target as HTMLInputElement).value) });
  return html`<${FilterForm} active=${[action, batch, file].filter(Boolean).length}>
    <${Select} label="What" value=${action} options=${actions} onChange=${(value: string) => set({ action: value })} />
    <label class="field short">Batch number<input type="number" min="1" value=${batch} onChange=${onNumber("batch")} /></label>
    <label class="field short">File number<input type="number" min="1" value=${file} onChange=${onNumber("file")} /></label>
    ${(action || batch || file) && html`<button type="button" onClick=${() => set({ action: "", batch: "", file: "" })}>Clear</button>`}
  <//>`;
}

/** The audit trail: every decision and every move, which nobody can change. */
export function Audit() {
  const { api, router } = useApp();
  const { query } = router.place.value;
  const page = Math.max(1, Math.floor(Number(query.get("page"))) || 1);
  const asked = query.get("action") ?? "";
  const action = asked in actionWords ? asked : "";
  const [batch, file] = [digits(query.get("batch")), digits(query.get("file"))];
  const wanted = { page, page_size: pageSize, action, batch_id: batch, file_id: file };
  const key = JSON.stringify(wanted);
  const list = useResource(key, (signal) => api.audit(wanted, signal));
  // Only the newest page grows; older ones stay as they are.
  useEvents(["proposal", "batch", "file"], () => (page === 1 ? list.reload() : undefined), listGapMs, key);
  const { data } = list;
  return html`<div class="page-head"><h1>Audit</h1><span class="muted">Every decision and every move; entries are only ever added.</span></div>
    <${Filters} action=${action} batch=${batch} file=${file} />
    ${list.error && html`<${Failed} error=${list.error} retry=${list.reload} />`}
    ${!data && !list.error && html`<${Loading} what="Loading the audit trail" />`}
    ${data && data.total === 0 && html`<${Empty} title=${action || batch || file ? "No entry matches" : "Nothing has happened yet"}><p>Decisions on proposals and moves of files are recorded here. <a href=${link("/proposals")}>Review proposals</a></p><//>`}
    ${
      data &&
      data.total > 0 &&
      html`<table class="list"><thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">By</th><th scope="col">File</th><th scope="col">Of</th></tr></thead>
          <tbody>${data.items.map((entry) => html`<${Entry} key=${entry.id} entry=${entry} />`)}</tbody></table>
        <${Pager} what="the audit trail" page=${page} pageSize=${pageSize} total=${data.total} onPage=${(to: number) => router.set({ page: to > 1 ? `${to}` : "" })} />`
    }`;
}
