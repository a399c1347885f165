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

const fewMatches = 5000;
/** Measured: gathering a match costs about 0.4 µs, asking the search index for one row about 50 µs. */
const probeCost = 125;

/** The cheapest way for a page that ends at row `end` of `total` matches. */
export function matchWay(db: Db, total: number, end: number): MatchWay {
  if (total <= fewMatches) return "drive";
  const kinds = readCounts(db, "kind");
  const rows = (kinds.music ?? 0) + (kinds.video ?? 0);
  return total < ((end * rows) / total) * probeCost ? "filter" : "probe";
}

/** The condition that `column` (a file's id) matches `$query`. The `+` keeps the planner on the index of the sort. */
export function matchCondition(column: string, way: MatchWay): string {
  if (way === "probe") return `exists (select 1 from files_fts where files_fts match $query and rowid = ${column})`;
  return `${way === "filter" ? "+" : ""}${column} in (select rowid from files_fts where files_fts match $query)`;
}

/** Media files in which these words occur. */
export function countMatches(db: Db, text: string): number {
  const query = ftsQuery(text);
  if (!query) return 0;
  return (db.query("select count(*) as n from files_fts where files_fts match ?").get(query) as { n: number }).n;
}
