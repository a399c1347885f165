import { expect, test } from "bun:test";
import { join } from "node:path";
import { currentVersion, downgrade, readMigrations } from "../../daemon/db/migrate.ts";
import { migrationsDir, openDatabase } from "../../daemon/db/open.ts";
import { endTagWrite, insertTagBatch, insertTagWrite } from "../../daemon/db/tag-writes.ts";
import { tempFolder } from "./folder.ts";

test("the tables of tags are not dropped while they hold a way back", () => {
  const path = join(tempFolder(), "phaze.db");
  const migrations = readMigrations(migrationsDir).slice(0, 3);
  const db = openDatabase(path, { migrations });
  let backups = 0;
  const options = { now: Date.now, backupPath: () => `${path}.${++backups}.bak`, onBackup() {} };
  const batch = { kind: "write", undoOf: null, actor: "x", files: 1, createdAt: 1 } as const;
  const place = { fileId: 1, undoOf: null, pathRaw: "/x", path: "/x", changes: [], device: "1", inode: "2" };
  const facts = { sizeBefore: 1, mtimeBeforeNs: "1", shaBefore: "0" };
  const id = insertTagWrite(db, { batchId: insertTagBatch(db, batch), ...place, ...facts }, "done", null, 1);
  expect(() => downgrade(db, migrations, options)).toThrow("can still be taken back (phaze tags undo)");
  expect(currentVersion(db)).toBe(3);
  endTagWrite(db, id, "undone", null, 2);
  expect(downgrade(db, migrations, options)).toBe("tag-writes");
  expect(currentVersion(db)).toBe(2);
});
