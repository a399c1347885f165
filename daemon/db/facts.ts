import type { Db } from "./open.ts";

/** Small things the daemon remembers across starts, such as whether the pipeline is paused. */
export function readFact(db: Db, name: string): string | null {
  return (db.query("select value from facts where name = ?").get(name) as { value: string } | null)?.value ?? null;
}

export function writeFact(db: Db, name: string, value: string): void {
  db.query("insert into facts values (?, ?) on conflict do update set value = excluded.value").run(name, value);
}
