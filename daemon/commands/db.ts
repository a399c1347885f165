import { copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { backup, currentVersion, downgrade, history, readMigrations } from "../db/migrate.ts";
import { connect, DatabaseError, lockDatabase, migrationsDir, openDatabase } from "../db/open.ts";
import { type Command, type CommandInput, UsageError } from "./command.ts";
import { printJson } from "./review.ts";
import { showTime } from "./table.ts";

const actions = ["upgrade", "current", "downgrade", "history", "backup", "restore"] as const;
type Action = (typeof actions)[number];
const changing: readonly Action[] = ["upgrade", "downgrade", "restore"];

/** Puts a backup in the place of the database; the former one is kept beside it. */
function restore(path: string, file: string): { restored: string; former: string | null } {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}`);
  const check = connect(file, { readonly: true });
  try {
    const result = check.query("pragma integrity_check(1)").get() as { integrity_check: string };
    if (result.integrity_check !== "ok") throw new DatabaseError(`${file} is damaged: ${result.integrity_check}`);
    const newest = readMigrations(migrationsDir).length;
    const version = currentVersion(check);
    if (version < 1 || version > newest)
      throw new DatabaseError(
        `${file} is no Phaze database of a version this Phaze knows (version ${version}, known 1 to ${newest})`,
      );
  } finally {
    check.close();
  }
  const former = existsSync(path) ? `${path}.before-restore-${Date.now()}` : null;
  const temp = `${path}.restoring`;
  copyFileSync(file, temp);
  // The write-ahead log belongs to the former database: beside the restored one it would ruin it.
  if (existsSync(`${path}-wal`))
    renameSync(`${path}-wal`, former ? `${former}-wal` : `${path}-wal.orphan-${Date.now()}`);
  rmSync(`${path}-shm`, { force: true });
  if (former) copyFileSync(path, former);
  // One step: there is a database at every moment.
  renameSync(temp, path);
  return { restored: file, former };
}

function work(action: Action, path: string, file: string | undefined): unknown {
  const migrations = readMigrations(migrationsDir);
  if (action === "restore") return restore(path, file ?? "");
  if (action === "upgrade") {
    const before = existsSync(path) ? versionOf(path) : 0;
    const backups: string[] = [];
    openDatabase(path, { onBackup: (made) => backups.push(made) }).close();
    return { from: before, to: migrations.length, backup: backups[0] ?? null };
  }
  if (!existsSync(path)) throw new DatabaseError(`There is no database ${path} yet: "phaze db upgrade" makes it`);
  const db = connect(path);
  try {
    if (action === "current") return { version: currentVersion(db), newest: migrations.length, path };
    if (action === "history") return history(db);
    if (action === "backup") {
      backup(db, file ?? "");
      return { backup: file };
    }
    const backups: string[] = [];
    const stamp = new Date().toISOString().replace(/[:.]/g, "-");
    const name = downgrade(db, migrations, {
      now: Date.now,
      backupPath: (version) => `${path}.v${version}-${stamp}.bak`,
      onBackup: (made) => backups.push(made),
    });
    return { undone: name, version: currentVersion(db), backup: backups[0] };
  } finally {
    db.close();
  }
}

function versionOf(path: string): number {
  const db = connect(path, { readonly: true });
  try {
    return currentVersion(db);
  } finally {
    db.close();
  }
}

function describe(action: Action, result: unknown): string {
  if (action === "history") {
    const rows = result as { version: number; name: string; appliedAt: number }[];
    return (
      rows.map((row) => `${`${row.version}`.padStart(4)}  ${showTime(row.appliedAt)}  ${row.name}`).join("\n") ||
      "No migrations yet"
    );
  }
  return Object.entries(result as Record<string, unknown>)
    .map(([name, value]) => `${name}: ${value ?? "none"}`)
    .join("\n");
}

export const db: Command = {
  name: "db",
  summary: "Look after the database",
  usage: "upgrade | current | downgrade | history | backup FILE | restore FILE",
  words: [1, 2],
  async run({ words, io, json, config }: CommandInput) {
    const action = words[0] as Action;
    if (!actions.includes(action)) throw new UsageError(`phaze db ${actions.join(" | ")}`);
    const wantsFile = action === "backup" || action === "restore";
    if (wantsFile !== (words.length === 2))
      throw new UsageError(wantsFile ? `Name a file: phaze db ${action} FILE` : `phaze db ${action} takes no file`);
    const path = config().databasePath;
    const lock = changing.includes(action) ? lockDatabase(path) : undefined;
    if (lock === null) throw new DatabaseError(`A Phaze works with ${path}: stop it before you ${action} its database`);
    try {
      const result = work(action, path, words[1] && resolve(io.cwd, words[1]));
      if (json) printJson(io, result);
      else io.out(`${describe(action, result)}\n`);
    } finally {
      lock?.release();
    }
    return 0;
  },
};
