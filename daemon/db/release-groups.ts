import type { Db } from "./open.ts";

/** The release group that a file's name ends with, and the order of day and month that the name shows. */
export interface GroupShown {
  name: string;
  dateOrder: "dm" | "md" | null;
}

/** The order that all names of a group show, and one of them; undefined when none does, or two are shown. */
export function orderOfGroup(db: Db, name: string): { order: "dm" | "md"; text: string } | undefined {
  const shown = (order: "dm" | "md") =>
    db
      .query(
        `select f.name from release_groups g join files f on f.id = g.file_id
         where g.name = ? and g.date_order = ? limit 1`,
      )
      .get(name, order) as { name: string } | null;
  const [dm, md] = [shown("dm"), shown("md")];
  if (dm && md) return undefined;
  const one = dm ?? md;
  return one ? { order: dm ? "dm" : "md", text: one.name } : undefined;
}

/**
 * Notes what a file's name shows of its group; null: it carries none. Returns the files whose dates may be read
 * otherwise from now on: those of the group, when the order that it shows has become another.
 */
export function saveGroup(db: Db, fileId: number, shown: GroupShown | null): number[] {
  const before = db
    .query("select name, date_order as dateOrder from release_groups where file_id = ?")
    .get(fileId) as GroupShown | null;
  if (before?.name === shown?.name && before?.dateOrder === shown?.dateOrder) return [];
  const names = [...new Set([before?.name, shown?.name])].filter((name) => name !== undefined);
  const orders = () => names.map((name) => orderOfGroup(db, name)?.order);
  const old = orders();
  db.query("delete from release_groups where file_id = ?").run(fileId);
  if (shown) db.query("insert into release_groups values (?, ?, ?)").run(fileId, shown.name, shown.dateOrder);
  const changed = names.filter((_, at) => orders()[at] !== old[at]);
  const files = db.query(
    `select g.file_id as id from release_groups g left join proposals p on p.file_id = g.file_id
     where g.name = ? and g.date_order is null and coalesce(p.status, 'pending') = 'pending' and g.file_id <> ?`,
  );
  return changed.flatMap((name) => (files.all(name, fileId) as { id: number }[]).map(({ id }) => id));
}
