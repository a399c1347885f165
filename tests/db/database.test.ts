import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { appendAudit } from "../../daemon/db/audit.ts";
import { linkCompanions } from "../../daemon/db/companions.ts";
import { readCounts } from "../../daemon/db/counts.ts";
import { countStates } from "../../daemon/db/file-list.ts";
import { ensureFolder, insertFile, markMissing, moveFile } from "../../daemon/db/files.ts";
import { ftsQuery } from "../../daemon/db/matches.ts";
import {
  currentVersion,
  downgrade,
  history,
  type Migration,
  migrate,
  readMigrations,
} from "../../daemon/db/migrate.ts";
import { mountOf, networkFileSystems } from "../../daemon/db/mounts.ts";
import { checkFileSystem, connect, lockDatabase, migrationsDir, openDatabase } from "../../daemon/db/open.ts";
import { saveProposal } from "../../daemon/db/proposals.ts";
import { enqueue, finishRun, skipPending } from "../../daemon/db/runs.ts";
import { tempFolder } from "../support/world.ts";

const first = readMigrations(migrationsDir);
const extra = (more: Partial<Migration> = {}): Migration => ({
  version: first.length + 1,
  name: "extra",
  up: "create table extra (a integer) strict",
  down: "drop table extra",
  ...more,
});

describe("migrations", () => {
  test("run once each, and the history tells", () => {
    const path = join(tempFolder(), "phaze.db");
    openDatabase(path, { now: () => 7 }).close();
    const db = openDatabase(path, { now: () => 9 });
    expect(history(db).map((row) => [row.version, row.appliedAt])).toEqual(
      first.map((migration) => [migration.version, 7]),
    );
    expect((db.query("pragma journal_mode").get() as { journal_mode: string }).journal_mode).toBe("wal");
  });

  test("an upgrade makes a backup first, a downgrade takes the step back", () => {
    const path = join(tempFolder(), "phaze.db");
    openDatabase(path).close();
    const backups: string[] = [];
    const db = openDatabase(path, { migrations: [...first, extra()], onBackup: (file) => backups.push(file) });
    expect(currentVersion(db)).toBe(first.length + 1);
    expect(backups).toHaveLength(1);
    expect(currentVersion(connect(backups[0] as string, { readonly: true }))).toBe(first.length);
    const options = { now: Date.now, backupPath: () => `${path}.down.bak`, onBackup() {} };
    expect(downgrade(db, [...first, extra()], options)).toBe("extra");
    expect(currentVersion(db)).toBe(first.length);
  });

  test("every migration but the first can be taken back, and put on again", () => {
    const path = join(tempFolder(), "phaze.db");
    const db = openDatabase(path);
    const schema = () =>
      (db.query("select type, name, sql from sqlite_schema order by type, name").all() as { sql: string | null }[]).map(
        (row) => ({ ...row, sql: row.sql?.replace(/\s+/g, "") }),
      );
    const whole = schema();
    const options = { now: Date.now, backupPath: (version: number) => `${path}.${version}.bak`, onBackup() {} };
    while (currentVersion(db) > 1) downgrade(db, first, options);
    expect(() => downgrade(db, first, options)).toThrow("cannot be undone");
    migrate(db, first, { ...options, backupPath: (version) => `${path}.up-${version}.bak` });
    expect(schema()).toEqual(whole);
  });

  test("a failing upgrade leaves the database as it was", () => {
    const path = join(tempFolder(), "phaze.db");
    openDatabase(path).close();
    expect(() =>
      openDatabase(path, {
        migrations: [...first, extra({ up: "create table a (x integer) strict; create nonsense" })],
      }),
    ).toThrow();
    const db = openDatabase(path);
    expect(currentVersion(db)).toBe(first.length);
    expect(db.query("select name from sqlite_schema where name = 'a'").get()).toBeNull();
  });

  test("a newer, a damaged and a foreign database are refused with a remedy, and not touched", () => {
    const folder = tempFolder();
    const path = join(folder, "phaze.db");
    openDatabase(path, { migrations: [...first, extra()] }).close();
    expect(() => openDatabase(path)).toThrow("newer Phaze");
    writeFileSync(join(folder, "bad.db"), "this is no database, but it is long enough to be read as one".repeat(50));
    expect(() => openDatabase(join(folder, "bad.db"))).toThrow("phaze db restore");
  });

  test("numbers without a gap", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "0001_a.sql"), "");
    writeFileSync(join(folder, "0003_b.sql"), "");
    expect(() => readMigrations(folder)).toThrow("breaks the numbering");
  });
});

describe("one writer", () => {
  test("a second process is kept out until the first is gone, even after kill -9", async () => {
    const path = join(tempFolder(), "phaze.db");
    openDatabase(path).close();
    const script = `import { lockDatabase } from ${JSON.stringify(join(import.meta.dir, "../../daemon/db/open.ts"))}; console.log(lockDatabase(${JSON.stringify(path)}) !== null); await Bun.sleep(60000);`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
    const { value } = await child.stdout.getReader().read();
    expect(new TextDecoder().decode(value).trim()).toBe("true");
    expect(lockDatabase(path)).toBeNull();
    child.kill("SIGKILL");
    await child.exited;
    const lock = lockDatabase(path);
    expect(lock).not.toBeNull();
    lock?.release();
    lockDatabase(path)?.release();
  });

  test("readers go on while a write transaction is open", () => {
    const path = join(tempFolder(), "phaze.db");
    const writer = openDatabase(path);
    const reader = connect(path, { readonly: true });
    writer.run("begin immediate");
    writer.run("insert into facts values ('a', 'b')");
    expect(reader.query("select count(*) as n from facts").get()).toEqual({ n: 0 });
    writer.run("commit");
    expect(reader.query("select count(*) as n from facts").get()).toEqual({ n: 1 });
  });

  const mounts =
    "/dev/sda1 / ext4 rw 0 0\nnas:/music /mnt/my\\040nas nfs4 rw 0 0\n//box/share /smb cifs rw 0 0\nuser@h: /ssh fuse.sshfs rw 0 0\n";
  const table: [string, boolean][] = [
    ["/data/phaze.db", false],
    ["/mnt/my nas/phaze.db", true],
    ["/mnt/my nasty/phaze.db", false],
    ["/smb/a/phaze.db", true],
    ["/ssh/x", true],
  ];
  for (const [path, refused] of table) {
    test(`${path} is ${refused ? "refused" : "taken"}`, () => {
      const check = () => checkFileSystem(path, mounts, false);
      if (refused) expect(check).toThrow("network file system");
      else expect(check).not.toThrow();
      expect(() => checkFileSystem(path, mounts, true)).not.toThrow();
      expect(networkFileSystems.test(mountOf(path, mounts)?.type ?? "")).toBe(refused);
    });
  }
});

describe("rows", () => {
  function bench() {
    const db = openDatabase(join(tempFolder(), "phaze.db"));
    const folder = ensureFolder(db, "/m", 1);
    const add = (nameRaw: string, kind: "music" | "companion" = "music") =>
      insertFile(db, { folder, nameRaw, kind, sizeBytes: 10, mtimeMs: 1, inode: 1, device: 1 }, 1);
    return { db, add, folder };
  }

  test("the audit trail cannot be changed or deleted", () => {
    const { db } = bench();
    appendAudit(db, { at: 1, actor: "a", action: "approve" });
    expect(() => db.run("update execution_log set actor = 'b'")).toThrow("append-only");
    expect(() => db.run("delete from execution_log")).toThrow("append-only");
  });

  test("kept counts and states equal a recount, whatever happens to the rows", () => {
    const { db, add, folder } = bench();
    let seed = 7;
    const random = (n: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % n;
    };
    const draft = {
      kind: "track",
      fields: {},
      filename: "x",
      directory: "y",
      confidence: 1,
      engine: "rules",
      evidence: {},
      sureness: {},
      alternatives: {},
      notes: [],
    } as const;
    const ids: number[] = [];
    for (let step = 0; step < 600; step++) {
      const picked = ids[random(Math.max(1, ids.length))] ?? 0;
      const id = db.query("select 1 from files where id = ?").get(picked) ? picked : 0;
      const acts = [
        () => void ids.push(add(`${step}.mp3`, random(4) === 0 ? "companion" : "music")),
        () => id && enqueue(db, id, ["hash", "propose"][random(2)] ?? "hash", 1),
        () =>
          finishRun(db, {
            fileId: id,
            stage: ["hash", "propose"][random(2)] ?? "",
            status: (["done", "failed", "skipped", "pending"] as const)[random(4)] ?? "done",
            now: 1,
          }),
        () => id && saveProposal(db, id, { ...draft, notes: [] }, "a/b", 1),
        () =>
          db
            .query("update proposals set status = ? where file_id = ?")
            .run(["approved", "rejected", "executed", "pending"][random(4)] ?? "pending", id),
        () => markMissing(db, [id], 1),
        () => db.query("update files set missing_since = null, size_bytes = ? where id = ?").run(random(1000), id),
        () => random(6) === 0 && db.query("delete from files where id = ?").run(id),
        () => skipPending(db, "hash", 1, "no"),
        () => id && moveFile(db, id, folder, `moved ${step}.mp3`),
      ];
      acts[random(acts.length)]?.();
    }
    const group = (sql: string) =>
      Object.fromEntries((db.query(sql).all() as { value: string; n: number }[]).map((row) => [row.value, row.n]));
    expect(readCounts(db, "kind")).toEqual(group("select kind as value, count(*) as n from files group by kind"));
    expect(readCounts(db, "bytes")).toEqual(
      group("select 'all' as value, sum(size_bytes) as n from files having n <> 0"),
    );
    expect(readCounts(db, "missing")).toEqual(
      group("select kind as value, count(*) as n from files where missing_since is not null group by kind"),
    );
    for (const stage of ["hash", "propose"])
      expect(readCounts(db, `run:${stage}`)).toEqual(
        group(
          `select iif(status = 'pending' and held, 'held', status) as value, count(*) as n from runs where stage = '${stage}' group by 1`,
        ),
      );
    expect(readCounts(db, "proposal")).toEqual(
      group("select status as value, count(*) as n from proposals group by status"),
    );
    expect(countStates(db)).toEqual(group("select state as value, count(*) as n from derived_states group by state"));
    const wrong = `select (select count(*) from derived_states d join files f on f.id = d.file_id where coalesce(f.state, 'DISCOVERED') <> d.state)
      + (select count(*) from runs r join files f on f.id = r.file_id where r.status = 'pending' and r.held <> (f.missing_since is not null))
      + (select count(*) from proposals p join files f on f.id = p.file_id where p.path <> f.path) as n`;
    expect(db.query(wrong).get()).toEqual({ n: 0 });
  });

  const searches: [string, string | null][] = [
    ["100% pure_love", '"100"* "pure"* "love"*'],
    ['" OR 1=1 --', '"OR"* "1"* "1"*'],
    ["NEAR(a b)", '"NEAR"* "a"* "b"*'],
    ["***", null],
    ["Bjo\u0308rk", '"Björk"*'],
  ];
  for (const [text, query] of searches)
    test(`the search ${JSON.stringify(text)} has no operators`, () => expect(ftsQuery(text)).toBe(query));

  test("companions go with their stem, else with the folder, and with nobody in a heap", () => {
    const media = (n: number) => ({ id: n, name: `${n}.mp3`, kind: "music" });
    const links = linkCompanions([
      media(1),
      media(2),
      { id: 8, name: "1.CUE", kind: "companion" },
      { id: 9, name: "cover.jpg", kind: "companion" },
    ]);
    expect(links.map((link) => [link.companionId, link.fileId, link.basis])).toEqual([
      [8, 1, "stem"],
      [9, 1, "folder"],
      [9, 2, "folder"],
    ]);
    const heap = Array.from({ length: 300 }, (_, n) => media(n));
    expect(linkCompanions([...heap, { id: 999, name: "cover.jpg", kind: "companion" }])).toEqual([]);
  });
});

test("nothing but the database, its log and its lock is left behind", () => {
  const folder = tempFolder();
  openDatabase(join(folder, "phaze.db")).close();
  lockDatabase(join(folder, "phaze.db"))?.release();
  expect(readdirSync(folder).sort()).toEqual(["phaze.db", "phaze.db.lock"]);
  expect(existsSync(join(folder, "phaze.db-wal"))).toBe(false);
});
