import type { Db } from "./open.ts";

/** The kept counts under one name, such as `state` or `run:hash`: value → number. */
export function readCounts(db: Db, name: string): Record<string, number> {
  const rows = db.query("select value, n from counts where name = ? and n <> 0").all(name) as {
    value: string;
    n: number;
  }[];
  return Object.fromEntries(rows.map((row) => [row.value, row.n]));
}

export function sumCounts(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}
