import { html } from "htm/preact";
import type { FileItem } from "../api.ts";
import { useApp, useEvents } from "../app.ts";
import { below, plural, showBytes, showCount, showDuration } from "../format.ts";
import { FilterForm, SearchField, Select } from "../parts/fields.ts";
import { FileDrawer } from "../parts/file-drawer.ts";
import { Path } from "../parts/path-change.ts";
import { Chip, Empty, Failed, Loading, Pager, Text } from "../parts/states.ts";
import { useResource } from "../resource.ts";
import { fileKindWords, stateTones, stateWords } from "../words.ts";

const pageSize = 50;
const listGapMs = 1500;

const sorts: readonly (readonly [string, string])[] = [
  ["path", "By path"],
  ["-path", "By path, backwards"],
  ["-added", "Newest first"],
  ["added", "Oldest first"],
  ["-size", "Largest first"],
  ["size", "Smallest first"],
];
const kinds: readonly (readonly [string, string])[] = [
  ["", "All"],
  ["media", "Music and video"],
  ...Object.entries(fileKindWords),
];
const states: readonly (readonly [string, string])[] = [["", "All"], ...Object.entries(stateWords)];
const presence: readonly (readonly [string, string])[] = [
  ["", "All"],
  ["false", "Present"],
  ["true", "Missing"],
];

const among = (value: string | null, options: readonly (readonly [string, string])[], fallback = "") =>
  options.some(([key]) => key === value) ? (value as string) : fallback;

function readQuery(query: URLSearchParams) {
  return {
    q: (query.get("q") ?? "").slice(0, 500),
    kind: among(query.get("kind"), kinds),
    state: among(query.get("state"), states),
    missing: among(query.get("missing"), presence),
    sort: among(query.get("sort"), sorts, "path"),
    page: Math.max(1, Math.floor(Number(query.get("page"))) || 1),
    page_size: pageSize,
  };
}

function FileRow({ file, library }: { file: FileItem; library: string | undefined }) {
  const { router } = useApp();
  const told = [file.artist, file.title].filter(Boolean).join(" – ");
  return html`<tr>
    <td class="grow"><button type="button" class="link" onClick=${() => router.set({ id: `${file.id}` })}><${Path} of=${below(library, file.path)} /></button>${told && html`<div class="muted wrap"><${Text} of=${told} /></div>`}</td>
    <td>${fileKindWords[file.kind]} <span class="muted">${file.extension}</span></td>
    <td class="n">${file.durationSec === null ? "" : showDuration(file.durationSec)}</td>
    <td class="n">${showBytes(file.sizeBytes)}</td>
    <td>${file.state && html`<${Chip} tone=${stateTones[file.state]}>${stateWords[file.state]}<//>`}${file.missing && html` <${Chip} tone="bad">missing<//>`}</td>
  </tr>`;
}

function Filters({ wanted }: { wanted: ReturnType<typeof readQuery> }) {
  const { router } = useApp();
  const set = (changes: Readonly<Record<string, string>>) => router.set({ page: "", ...changes }, true);
  const active = [wanted.kind, wanted.state, wanted.missing].filter(Boolean).length;
  const search = html`<${SearchField} label="Search in paths and tags" value=${wanted.q} onSearch=${(q: string) => set({ q })} />`;
  return html`<${FilterForm} search=${search} active=${active}>
    <${Select} label="Kind" value=${wanted.kind} options=${kinds} onChange=${(kind: string) => set({ kind })} />
    <${Select} label="State" value=${wanted.state} options=${states} onChange=${(state: string) => set({ state })} />
    <${Select} label="On disk" value=${wanted.missing} options=${presence} onChange=${(missing: string) => set({ missing })} />
    <${Select} label="Order" value=${wanted.sort} options=${sorts} onChange=${(sort: string) => set({ sort })} />
  <//>`;
}

function NoFiles({ narrowed }: { narrowed: boolean }) {
  const { router } = useApp();
  if (narrowed) {
    const clear = () => router.set({ q: "", kind: "", state: "", missing: "", page: "" }, true);
    return html`<${Empty} title="No file matches"><p><button type="button" onClick=${clear}>Clear the filters</button></p><//>`;
  }
  return html`<${Empty} title="No files yet"><p>Start a scan on the <a href=${`${document.body.dataset.base}/`}>overview</a>. Files appear as they are found.</p><//>`;
}

/** All files of the library, with all that is known of one in a drawer. */
export function Files() {
  const { api, router, roots } = useApp();
  const { query } = router.place.value;
  const wanted = readQuery(query);
  const key = JSON.stringify(wanted);
  const list = useResource(key, (signal) => api.files(wanted, signal));
  useEvents(["file", "run", "scan", "proposal", "batch"], list.reload, listGapMs, key);
  const id = Number(query.get("id"));
  const { data } = list;
  const library = roots.value?.library;
  const narrowed = Boolean(wanted.q || wanted.kind || wanted.state || wanted.missing);
  return html`<div class="page-head"><h1>Files</h1><span class="muted" role="status">${data ? plural(data.total, "file") : ""}</span></div>
    <${Filters} wanted=${wanted} />
    ${list.error && html`<${Failed} error=${list.error} retry=${list.reload} />`}
    ${!data && !list.error && html`<${Loading} what="Loading files" />`}
    ${data?.total === 0 && html`<${NoFiles} narrowed=${narrowed} />`}
    ${data && data.total > 0 && data.items.length === 0 && html`<${Empty} title=${`There is no page ${showCount(wanted.page)}`}><p><button type="button" onClick=${() => router.set({ page: "" })}>To the first page</button></p><//>`}
    ${
      data &&
      data.items.length > 0 &&
      html`<table class="list files"><thead><tr><th scope="col">File</th><th scope="col">Kind</th><th scope="col">Length</th><th scope="col">Size</th><th scope="col">State</th></tr></thead>
          <tbody>${data.items.map((file) => html`<${FileRow} key=${file.id} file=${file} library=${library} />`)}</tbody></table>
        <${Pager} what="files" page=${wanted.page} pageSize=${pageSize} total=${data.total} onPage=${(to: number) => router.set({ page: to > 1 ? `${to}` : "" })} />`
    }
    ${Number.isInteger(id) && id > 0 && html`<${FileDrawer} key=${id} id=${id} onClose=${() => router.set({ id: "" })} />`}`;
}
