import { html } from "htm/preact";
import type { Ref } from "preact";
import type { BulkFilter, ProposalItem, Query } from "../api.ts";
import { kindWords, statusWords } from "../words.ts";
import { FilterForm, SearchField, Select } from "./fields.ts";

/** What the address says the list shall show. */
export interface ReviewFilter {
  status: ProposalItem["status"] | "all";
  kind: string;
  q: string;
  minPercent: number;
  changed: boolean;
  sort: string;
  page: number;
  pageSize: number;
}

const sorts: readonly (readonly [string, string])[] = [
  ["id", "Oldest first"],
  ["-id", "Newest first"],
  ["-confidence", "Surest first"],
  ["confidence", "Least sure first"],
  ["path", "By present path"],
  ["destination", "By new path"],
];
const pageSizes = [25, 50, 100, 200];

const oneOf = <T extends string>(value: string | null, allowed: readonly string[], fallback: T) =>
  value !== null && allowed.includes(value) ? (value as T) : fallback;
const wholeFrom = (text: string | null, fallback: number, least: number, most: number) => {
  const n = Math.round(Number(text));
  return text && Number.isFinite(n) ? Math.min(most, Math.max(least, n)) : fallback;
};

export function readFilter(query: URLSearchParams): ReviewFilter {
  const pageSize = wholeFrom(query.get("size"), 50, 1, 200);
  return {
    status: oneOf(query.get("status"), [...Object.keys(statusWords), "all"], "pending"),
    kind: oneOf(query.get("kind"), Object.keys(kindWords), ""),
    q: (query.get("q") ?? "").slice(0, 500),
    minPercent: wholeFrom(query.get("min"), 0, 0, 100),
    changed: query.get("changed") === "true",
    sort: oneOf(
      query.get("sort"),
      sorts.map(([sort]) => sort),
      "id",
    ),
    page: wholeFrom(query.get("page"), 1, 1, 1_000_000),
    pageSize: pageSizes.includes(pageSize) ? pageSize : 50,
  };
}

export const toListQuery = (filter: ReviewFilter): Query => ({
  status: filter.status === "all" ? undefined : filter.status,
  kind: filter.kind,
  q: filter.q,
  min_confidence: filter.minPercent > 0 ? filter.minPercent / 100 : undefined,
  changed: filter.changed || undefined,
  sort: filter.sort,
  page: filter.page,
  page_size: filter.pageSize,
});

/** The same filter for decisions on all that match: always on what is still pending. */
export const toBulkFilter = (filter: ReviewFilter, minPercent: number): BulkFilter => ({
  status: "pending",
  ...(filter.kind ? { kind: filter.kind as ProposalItem["kind"] } : {}),
  ...(filter.q ? { q: filter.q } : {}),
  ...(filter.changed ? { changed: true } : {}),
  ...(minPercent > 0 ? { minConfidence: minPercent / 100 } : {}),
});

interface FilterBarProps {
  filter: ReviewFilter;
  searchRef: Ref<HTMLInputElement>;
  set: (changes: Readonly<Record<string, string>>) => void;
}

export function FilterBar({ filter, searchRef, set }: FilterBarProps) {
  const statuses = [...Object.entries(statusWords), ["all", "All"] as const] as (readonly [string, string])[];
  const kinds = [["", "All"] as const, ...Object.entries(kindWords)] as (readonly [string, string])[];
  const active = [filter.kind, filter.minPercent > 0, filter.changed, filter.status !== "pending"].filter(
    Boolean,
  ).length;
  const onPercent = (event: Event) => set({ min: (event.target as HTMLInputElement).value });
  const onChanged = (event: Event) => set({ changed: (event.target as HTMLInputElement).checked ? "true" : "" });
  const search = html`<${SearchField} label="Search" value=${filter.q} inputRef=${searchRef} onSearch=${(q: string) => set({ q })} />`;
  return html`<${FilterForm} search=${search} active=${active}>
    <${Select} label="Status" value=${filter.status} options=${statuses} onChange=${(status: string) => set({ status })} />
    <${Select} label="Kind" value=${filter.kind} options=${kinds} onChange=${(kind: string) => set({ kind })} />
    <label class="field short">Confidence from<span class="unit"><input type="number" min="0" max="100" step="5" value=${filter.minPercent} onChange=${onPercent} />%</span></label>
    <${Select} label="Order" value=${filter.sort} options=${sorts} onChange=${(sort: string) => set({ sort })} />
    <${Select} label="A page holds" value=${`${filter.pageSize}`} options=${pageSizes.map((n) => [`${n}`, `${n} rows`] as const)} onChange=${(size: string) => set({ size })} />
    <label class="check"><input type="checkbox" checked=${filter.changed} onChange=${onChanged} /> Only what changes</label>
  <//>`;
}
