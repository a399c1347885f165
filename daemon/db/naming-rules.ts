import type { NamingRule } from "../contract/naming.ts";
import type { Db } from "./open.ts";

/** A rule that the library has learned, as it is kept. */
export interface KeptRule extends NamingRule {
  id: number;
  /** The file whose proposal was edited; null when it is gone. */
  fileId: number | null;
  actor: string;
  createdAt: number;
  /** False: taken back, and kept so that it can be taken up again. */
  active: boolean;
}

const columns =
  "id, kind, field, scope, matches, before, value, file_id as fileId, actor, created_at as createdAt, active";
type Row = Omit<KeptRule, "active"> & { active: number };
const toRule = (row: Row): KeptRule => ({ ...row, active: row.active === 1 });

/** Rules in force, the oldest first: a later one counts where two speak of the same. */
export function activeRules(db: Db): KeptRule[] {
  return (db.query(`select ${columns} from naming_rules where active = 1 order by created_at, id`).all() as Row[]).map(
    toRule,
  );
}

/** Another text whenever the rules in force are others. */
export function rulesStamp(db: Db): string {
  const row = db
    .query("select count(*) as n, max(created_at) as at, total(id * active) as sum from naming_rules")
    .get();
  return JSON.stringify(row);
}

/** A page of all rules, the newest first. */
export function listRules(db: Db, limit: number, offset: number): { items: KeptRule[]; total: number } {
  const rows = db
    .query(`select ${columns} from naming_rules order by id desc limit ? offset ?`)
    .all(limit, offset) as Row[];
  const { n } = db.query("select count(*) as n from naming_rules").get() as { n: number };
  return { items: rows.map(toRule), total: n };
}

export function getRule(db: Db, id: number): KeptRule | null {
  const row = db.query(`select ${columns} from naming_rules where id = ?`).get(id) as Row | null;
  return row && toRule(row);
}

/** Keeps a rule; one that speaks of the same gets the new value, and is in force again. */
export function keepRule(db: Db, rule: NamingRule, by: { fileId: number; actor: string; now: number }): KeptRule {
  const row = db
    .query(
      `insert into naming_rules (kind, field, scope, matches, before, value, file_id, actor, created_at)
       values ($kind, $field, $scope, $matches, $before, $value, $fileId, $actor, $now)
       on conflict (kind, field, scope, matches) do update set before = excluded.before, value = excluded.value,
         file_id = excluded.file_id, actor = excluded.actor, created_at = excluded.created_at, active = 1
       returning ${columns}`,
    )
    .get({
      $kind: rule.kind,
      $field: rule.field,
      $scope: rule.scope,
      $matches: rule.matches,
      $before: rule.before,
      $value: rule.value,
      $fileId: by.fileId,
      $actor: by.actor,
      $now: by.now,
    }) as Row;
  return toRule(row);
}

/**
 * Keeps what was learned from a file. Where it corrects what was learned from the same file before (A is B, then B is C),
 * the former rule changes (A is C), or goes when the value is the old one again; null: nothing is in force then.
 */
export function learnRule(
  db: Db,
  rule: NamingRule,
  keyOf: (value: string) => string,
  by: { fileId: number; actor: string; now: number },
): KeptRule | null {
  const former = activeRules(db).find(
    (other) =>
      other.fileId === by.fileId &&
      other.field === rule.field &&
      other.scope === rule.scope &&
      (other.kind === "alias" || other.kind === "spelling") &&
      keyOf(other.value) === rule.matches &&
      other.matches !== rule.matches,
  );
  if (!former) return keepRule(db, rule, by);
  if (keyOf(rule.value) !== former.matches) return keepRule(db, { ...former, value: rule.value }, by);
  setRuleActive(db, former.id, false);
  return null;
}

export function setRuleActive(db: Db, id: number, active: boolean): void {
  db.query("update naming_rules set active = ? where id = ?").run(active ? 1 : 0, id);
}
