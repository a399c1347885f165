import type { Database } from "bun:sqlite";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One step of the database's history. `down` undoes it; without it, it cannot be undone. */
export interface Migration {
  version: number;
  name: string;
  up: string;
  down: string | null;
}

/** Reads `NNNN_name.sql` (and `NNNN_name.down.sql`) from a folder; numbers must run from 1 without a gap. */
export function readMigrations(dir: string): Migration[] {
  const names = readdirSync(dir).filter((name) => /^\d{4}_[a-z0-9-]+\.sql$/.test(name));
  const migrations = names.sort().map((name) => {
    const down = join(dir, name.replace(/\.sql$/, ".down.sql"));
    return {
      version: Number(name.slice(0, 4)),
      name: name.slice(5, -4),
      up: readFileSync(join(dir, name), "utf8"),
      down: existsSync(down) ? readFileSync(down, "utf8") : null,
    };
  });
  for (const [index, { version, name }] of migrations.entries()) {
    if (version !== index + 1)
      throw new Error(`Migration ${version} (${name}) breaks the numbering: expected ${index + 1}`);
  }
  return migrations;
}

/** The version a database is at; 0: empty. */
export function currentVersion(db: Database): number {
  return (db.query("pragma user_version").get() as { user_version: number }).user_version;
}

const historyTable = `create table if not exists migrations (
  version integer primary key, name text not null, applied_at integer not null
) strict`;

export interface MigrateOptions {
  now: () => number;
  /** Where the backup goes that is made before a database of `version` is changed. */
  backupPath: (version: number) => string;
  onBackup: (file: string) => void;
}

/** Copies the whole database into a new file, consistent even while it is written. Fails when `file` exists. */
export function backup(db: Database, file: string): void {
  if (existsSync(file)) throw new Error(`The backup ${file} exists already: choose another name`);
  db.query("vacuum into ?").run(file);
}

/** Applies all migrations the database lacks, each in its own transaction. Throws when the database is newer. */
export function migrate(db: Database, migrations: readonly Migration[], options: MigrateOptions): number {
  const from = currentVersion(db);
  const newest = migrations.at(-1)?.version ?? 0;
  if (from > newest) {
    throw new Error(
      `It was written by a newer Phaze (version ${from}, this one knows ${newest}). Install that version, or restore a backup with "phaze db restore FILE".`,
    );
  }
  if (from > 0 && from < newest) {
    const file = options.backupPath(from);
    backup(db, file);
    options.onBackup(file);
  }
  for (const migration of migrations.slice(from)) {
    db.transaction(() => {
      db.run(historyTable);
      db.run(migration.up);
      db.query("insert into migrations values (?, ?, ?)").run(migration.version, migration.name, options.now());
      db.run(`pragma user_version = ${migration.version}`);
    })();
  }
  return newest - from;
}

/** Undoes the newest migration, after a backup. Returns its name; throws when it has no way back. */
export function downgrade(db: Database, migrations: readonly Migration[], options: MigrateOptions): string {
  const version = currentVersion(db);
  const migration = migrations[version - 1];
  if (!migration) throw new Error("There is no migration to undo");
  const { down } = migration;
  if (down === null)
    throw new Error(`Migration ${version} (${migration.name}) cannot be undone: restore a backup instead`);
  const file = options.backupPath(version);
  backup(db, file);
  options.onBackup(file);
  db.transaction(() => {
    db.run(down);
    db.query("delete from migrations where version = ?").run(version);
    db.run(`pragma user_version = ${version - 1}`);
  })();
  return migration.name;
}

/** The migrations applied to a database, oldest first; times are ms UTC. */
export function history(db: Database): { version: number; name: string; appliedAt: number }[] {
  if (currentVersion(db) === 0) return [];
  return db.query("select version, name, applied_at as appliedAt from migrations order by version").all() as {
    version: number;
    name: string;
    appliedAt: number;
  }[];
}
