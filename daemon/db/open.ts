import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { currentVersion, type Migration, migrate, readMigrations } from "./migrate.ts";
import { mountOf, networkFileSystems } from "./mounts.ts";

export type Db = Database;

/** The database cannot be used; the message says why and what to do. */
export class DatabaseError extends Error {}

const pragmas = [
  "pragma journal_mode = wal",
  "pragma synchronous = normal",
  "pragma foreign_keys = on",
  "pragma busy_timeout = 5000",
  "pragma temp_store = memory",
  "pragma cache_size = -32000",
  "pragma journal_size_limit = 67108864",
];

/** Opens a file as a database and sets the pragmas; the file is made when `create` is given. */
export function connect(path: string, options: { create?: boolean; readonly?: boolean } = {}): Db {
  const db = new Database(
    path,
    options.readonly ? { readonly: true } : { readwrite: true, create: options.create ?? false },
  );
  for (const line of options.readonly ? pragmas.slice(2) : pragmas) db.run(line);
  return db;
}

/**
 * Holds a database for this process alone, for as long as it lives: an exclusive transaction on a file beside it, which
 * the system lets go even after `kill -9`. Returns null when another process holds it.
 */
export function lockDatabase(path: string): { release(): void } | null {
  mkdirSync(dirname(path), { recursive: true });
  const lock = new Database(`${path}.lock`, { create: true });
  try {
    lock.run("pragma busy_timeout = 0");
    lock.run("pragma journal_mode = delete");
    lock.run("begin exclusive");
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") return null;
    throw new DatabaseError(`The lock ${path}.lock cannot be taken: ${(error as Error).message}`);
  }
  return {
    release() {
      lock.run("rollback");
      lock.close();
    },
  };
}

/** Refuses a database on a network file system, where SQLite's locks cannot be trusted. `mounts` is /proc/self/mounts. */
export function checkFileSystem(path: string, mounts: string, allowed: boolean): void {
  const mount = mountOf(path, mounts);
  if (!mount || !networkFileSystems.test(mount.type) || allowed) return;
  throw new DatabaseError(
    `The database ${path} lies on a network file system (${mount.type} at ${mount.path}), where SQLite loses data. ` +
      "Set DATABASE_URL to a path on a local disk, or PHAZE_ALLOW_NETWORK_DB=true to open it in spite of that.",
  );
}

function readMounts(): string {
  return existsSync("/proc/self/mounts") ? readFileSync("/proc/self/mounts", "utf8") : "";
}

export const migrationsDir = join(import.meta.dir, "migrations");

/**
 * Opens (or makes) the database at `path` and brings it to the newest version, with a backup beside it before an
 * upgrade. Throws DatabaseError when it is damaged, of a newer version, or on a network file system.
 */
export function openDatabase(
  path: string,
  options: {
    allowNetwork?: boolean;
    migrations?: Migration[];
    now?: () => number;
    onBackup?: (file: string) => void;
  } = {},
): Db {
  mkdirSync(dirname(path), { recursive: true });
  checkFileSystem(path, readMounts(), options.allowNetwork ?? false);
  let db: Db;
  try {
    db = connect(path, { create: true });
    currentVersion(db);
  } catch (error) {
    throw new DatabaseError(
      `The database ${path} cannot be opened: ${(error as Error).message}. Restore a backup with "phaze db restore FILE".`,
    );
  }
  try {
    migrate(db, options.migrations ?? readMigrations(migrationsDir), {
      now: options.now ?? Date.now,
      backupPath: (version) =>
        `${path}.v${version}-${new Date((options.now ?? Date.now)()).toISOString().replace(/[:.]/g, "-")}.bak`,
      onBackup: options.onBackup ?? (() => {}),
    });
  } catch (error) {
    db.close();
    throw error instanceof DatabaseError
      ? error
      : new DatabaseError(`The database ${path}: ${(error as Error).message}`);
  }
  return db;
}

/**
 * Runs `work` as one transaction whose commit has reached the disk when this returns (the journal of moves needs it;
 * the rest of the database may lose its last moments in a power cut).
 */
export function durably<T>(db: Db, work: () => T): T {
  db.run("pragma synchronous = full");
  try {
    return db.transaction(work)();
  } finally {
    db.run("pragma synchronous = normal");
  }
}
