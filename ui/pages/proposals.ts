import { html } from "htm/preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useApp, useEvents } from "../app.ts";
import type { LiveEvent } from "../events.ts";
import { plural, showCount } from "../format.ts";
import { BulkBar } from "../parts/bulk-bar.ts";
import { FilterBar, type ReviewFilter, readFilter, toListQuery } from "../parts/review-filters.ts";
import { KeyHelp, useReviewKeys } from "../parts/review-keys.ts";
import { ReviewRow } from "../parts/review-row.ts";
import { makeReviewStore, type ReviewStore, type Row } from "../parts/review-store.ts";
import { Empty, Failed, Loading, Pager } from "../parts/states.ts";
import { useResource } from "../resource.ts";

const link = (path: string) => `${document.body.dataset.base}${path}`;

function NothingHere({ filter, clear }: { filter: ReviewFilter; clear: () => void }) {
  const { stats, toApply } = useApp();
  const counts = stats.value?.proposals ?? {};
  const narrowed = filter.q || filter.kind || filter.minPercent > 0 || filter.changed;
  if (narrowed)
    return html`<${Empty} title="No proposal matches"><p><button type="button" onClick=${clear}>Clear the filters</button></p><//>`;
  if (filter.status === "pending" && toApply.value > 0) {
    return html`<${Empty} title="All reviewed"><p>${plural(toApply.value, "approved proposal")} can be applied. <a href=${link("/execution")}>Look at what will happen</a></p><//>`;
  }
  if (filter.status === "pending" && Object.values(counts).some((n) => n > 0)) {
    return html`<${Empty} title="All reviewed"><p>New proposals appear here by themselves. <a href=${link("/proposals?status=all")}>Show all proposals</a></p><//>`;
  }
  if (filter.status !== "pending" && filter.status !== "all") {
    return html`<${Empty} title="None with this status"><p><a href=${link("/proposals")}>Show the pending ones</a></p><//>`;
  }
  return html`<${Empty} title="No proposals yet"><p>They appear as files go through the pipeline. <a href=${link("/")}>See how far it is</a></p><//>`;
}

interface ListProps {
  store: ReviewStore;
  filter: ReviewFilter;
  reload: () => void;
}

function List({ store, filter, reload }: ListProps) {
  const { router } = useApp();
  const lastPicked = useRef<Row | undefined>(undefined);
  const onSelect = useMemo(
    () => (row: Row, selected: boolean, range: boolean) => {
      store.select(row, selected, range ? lastPicked.current : undefined);
      lastPicked.current = row;
    },
    [store],
  );
  const rows = store.rows.value;
  const isHere = (row: Row) => filter.status === "all" || row.item.value.status === filter.status;
  const left = rows.filter((row) => !isHere(row)).length;
  const toPage = (page: number) => {
    router.set({ page: page > 1 ? `${page}` : "" });
    document.getElementById("main")?.scrollTo?.(0, 0);
    scrollTo(0, 0);
  };
  // Decided rows leave the filtered list, so the next ones move up into this page.
  const refill = () => {
    reload();
    scrollTo(0, 0);
  };
  return html`${store.outdated.value && html`<div class="banner" role="status"><span>The list has changed meanwhile.</span><button type="button" onClick=${reload}>Show it as it is now</button></div>`}
    <ol class="rows" aria-label="Proposals">${rows.map((row) => html`<${ReviewRow} key=${row.id} row=${row} store=${store} onSelect=${onSelect} />`)}</ol>
    ${
      left > 0 &&
      html`<div class="banner" role="status"><span>${left === rows.length ? "Everything on this page is decided." : `${plural(left, "row")} decided on this page.`}</span><button type="button" onClick=${refill}>Go on with the rest</button></div>`
    }
    <${Pager} what="proposals" page=${filter.page} pageSize=${filter.pageSize} total=${store.total.value} onPage=${toPage} onNext=${left > 0 ? refill : undefined} />`;
}

const listGapMs = 1500;
const proposing = ["propose", "refine"];
const isAboutProposals = ({ type, data }: LiveEvent) =>
  type === "proposal" || type === "batch" || (type === "run" && proposing.includes(`${data.stage}`));

function useReview(filter: ReviewFilter) {
  const { api, router, toasts } = useApp();
  const key = JSON.stringify(toListQuery(filter));
  const list = useResource(key, (signal) => api.proposals(toListQuery(filter), signal));
  const reload = useRef(list.reload);
  reload.current = list.reload;
  const store = useMemo(() => makeReviewStore({ api, toasts, onStale: () => void reload.current() }), [api, toasts]);
  useLayoutEffect(() => {
    if (!list.data) return;
    const { items, total, page, page_size } = list.data;
    // Decisions have made the list shorter than up to here.
    if (items.length === 0 && total > 0 && page > 1) router.set({ page: `${Math.ceil(total / page_size)}` }, true);
    else store.show(list.data);
  }, [list.data, store, router]);
  const isKept = (item: { status: string }) => filter.status === "all" || item.status === filter.status;
  useEvents(
    isAboutProposals,
    async () => store.merge(await api.proposals(toListQuery(filter)), isKept),
    listGapMs,
    key,
  );
  return { list, store };
}

export function Proposals() {
  const { router } = useApp();
  const filter = readFilter(router.place.value.query);
  const { list, store } = useReview(filter);
  const [help, setHelp] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  useReviewKeys(store, { help: () => setHelp(true), search: () => search.current?.focus() });
  const set = (changes: Readonly<Record<string, string>>) => router.set({ page: "", ...changes }, true);
  const ready = list.data !== null;
  return html`<div class="page-head">
      <h1>Proposals</h1>
      <span class="muted" role="status">${ready ? `${showCount(store.total.value)} ${filter.status === "all" ? "in all" : filter.status}` : ""}</span>
      <button type="button" class="push" onClick=${() => setHelp(true)}>Keys <kbd>?</kbd></button>
    </div>
    <${FilterBar} filter=${filter} searchRef=${search} set=${set} />
    ${list.error && html`<${Failed} error=${list.error} retry=${list.reload} />`}
    ${!ready && !list.error && html`<${Loading} what="Loading proposals" />`}
    ${
      ready &&
      html`<div class=${list.loading ? "stale" : ""} aria-busy=${list.loading}>
        ${store.rows.value.length > 0 && html`<${BulkBar} filter=${filter} store=${store} onDone=${list.reload} />`}
        ${
          store.rows.value.length > 0
            ? html`<${List} store=${store} filter=${filter} reload=${list.reload} />`
            : !list.loading &&
              html`<${NothingHere} filter=${filter} clear=${() => set({ q: "", kind: "", min: "", changed: "" })} />`
        }
      </div>`
    }
    <p class="sr" role="status" aria-live="polite">${store.announcement.value}</p>
    ${help && html`<${KeyHelp} onClose=${() => setHelp(false)} />`}`;
}
