import type { EvidenceKey } from "../contract/naming.ts";
import type { Db } from "./open.ts";

export type Edits = Partial<Record<EvidenceKey, string>>;

/** What a person set for a file's proposal, by field; an empty text: the field stays empty. */
export function editsOf(db: Db, fileId: number): Edits {
  const rows = db.query("select field, value from proposal_edits where file_id = ?").all(fileId) as {
    field: EvidenceKey;
    value: string;
  }[];
  return Object.fromEntries(rows.map(({ field, value }) => [field, value]));
}

/** Sets fields of a file by hand, or leaves them to the engines again (null). */
export function setEdits(
  db: Db,
  fileId: number,
  changes: Partial<Record<EvidenceKey, string | null | undefined>>,
  by: { actor: string; now: number },
): void {
  for (const [field, value] of Object.entries(changes)) {
    if (value === null) db.query("delete from proposal_edits where file_id = ? and field = ?").run(fileId, field);
    else if (value !== undefined)
      db.query(
        `insert into proposal_edits values ($id, $field, $value, $actor, $now)
         on conflict do update set value = excluded.value, actor = excluded.actor, set_at = excluded.set_at`,
      ).run({ $id: fileId, $field: field, $value: value, $actor: by.actor, $now: by.now });
  }
}
