import { readCounts } from "./counts.ts";
import type { Db } from "./open.ts";

/** The words of a search as an FTS5 query in which nothing is an operator; null when no word is in it. */
export function ftsQuery(text: string): string | null {
  const words = text.normalize("NFC").match(/[\p{L}\p{N}\p{M}]+/gu);
  return words
    ? words
        .slice(0, 20)
        .map((word) => `"${word}"*`)
        .join(" ")
    : null;
}

/**
 * How a list finds the rows that match a search. `drive`: from the matches, sorted afterwards; best for few. `filter`:
 * along the index of the sort, each row looked up among the gathered matches. `probe`: along that index, each row asked
 * of the search index; best when most rows match.
 */
export type MatchWay = "drive" | "filter" | "probe";

/** So few rows are found, looked up and sorted in a few ms. */
export const fewRows = 5000;
/** Measured: gathering a match costs about 0.15 µs, asking the search index for one row about 50 µs. */
const probeCost = 330;

/** The cheapest way to a page that ends at row `end` of `found`, which are those of `rows` that are among `matches`. */
export function matchWay(size: { matches: number; rows: number; found: number }, end: number): MatchWay {
  if (size.matches <= fewRows) return "drive";
  const asked = (end * size.rows) / Math.max(1, size.found);
  return size.matches < asked * probeCost ? "filter" : "probe";
}

/**
 * How the rows that both match and pass a filter are counted: from each match to its row, or along the filter's rows
 * with each looked up among the gathered matches. Measured: 0.3 µs a match, or 0.15 µs a match and 0.05 µs a row.
 */
export const countWay = ({ matches, rows }: { matches: number; rows: number }): "drive" | "filter" =>
  rows < 3 * matches ? "filter" : "drive";

/** The condition that `column` (a file's id) matches `$query`. The `+` keeps the planner on the index it walks. */
export function matchCondition(column: string, way: Exclude<MatchWay, "drive">): string {
  if (way === "probe") return `exists (select 1 from files_fts where files_fts match $query and rowid = ${column})`;
  return `+${column} in (select rowid from files_fts where files_fts match $query)`;
}

export interface PageRequest<Sort> {
  sort: Sort;
  descending: boolean;
  limit: number;
  offset: number;
}

/** The shorter walk to a page: from the other end, backwards, when it lies in the latter half. */
export function nearerEnd<Sort>(page: PageRequest<Sort>, total: number): PageRequest<Sort> {
  const limit = Math.max(0, Math.min(page.limit, total - page.offset));
  if (page.offset < total / 2) return { ...page, limit };
  return { ...page, limit, offset: Math.max(0, total - page.offset - limit), descending: !page.descending };
}

/** How many media files there are: that many are in the search index. */
export function countMedia(db: Db): number {
  const kinds = readCounts(db, "kind");
  return (kinds.music ?? 0) + (kinds.video ?? 0);
}

/** Media files in which these words occur. */
export function countMatches(db: Db, text: string): number {
  const query = ftsQuery(text);
  if (!query) return 0;
  return (db.query("select count(*) as n from files_fts where files_fts match ?").get(query) as { n: number }).n;
}
