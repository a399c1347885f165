import type { NamingRule } from "../contract/naming.ts";
import type { Db } from "./open.ts";

/** Notes what a file's proposal names; `keys` are folded, as rules match them. */
export function saveNames(db: Db, fileId: number, keys: readonly string[]): void {
  const kept = db.query("select key from proposal_names where file_id = ?").values(fileId).flat() as string[];
  for (const key of kept)
    if (!keys.includes(key)) db.query("delete from proposal_names where file_id = ? and key = ?").run(fileId, key);
  for (const key of keys)
    if (!kept.includes(key)) db.query("insert into proposal_names (file_id, key) values (?, ?)").run(fileId, key);
}

/**
 * Files with a pending proposal that a rule speaks of, or has spoken of: those that name the value before or after, that
 * carry its release group, or that lie in its folder (`root`: the library). `keyOf` folds a value.
 */
export function filesConcerned(
  db: Db,
  rule: NamingRule,
  { root, keyOf }: { root: string; keyOf: (value: string) => string },
): number[] {
  const [scope = "", ...rest] = rule.scope.split(":");
  const name = rest.join(":");
  const files = (query: string, values: string[]) =>
    db
      .query(`select p.file_id from ${query} and p.status = 'pending'`)
      .values(...values)
      .flat() as number[];
  if (scope === "folder") {
    const folder = `${root.replace(/\/$/, "")}/${name}`.replace(/\/$/, "");
    // `0` is the character behind `/`: all paths that begin with the folder's lie between the two.
    return files("proposals p where p.path > ? and p.path < ?", [`${folder}/`, `${folder}0`]);
  }
  if (scope === "group")
    return files("release_groups g join proposals p on p.file_id = g.file_id where g.name = ?", [name]);
  return files("proposal_names n join proposals p on p.file_id = n.file_id where n.key in (?, ?)", [
    rule.matches,
    keyOf(rule.value),
  ]);
}
