import { expect, test } from "bun:test";
import type { RawPath } from "../../daemon/contract/raw-path.ts";
import { lastScan } from "../../daemon/db/scan-batches.ts";
import { makeScanner } from "../../daemon/watch/scanner.ts";
import { makeSettle } from "../../daemon/watch/settle.ts";
import { makeWorld } from "../support/world.ts";

const names = (count: number) => Array.from({ length: count }, (_, n) => `${n}.wav`);

/** Scans a library of one folder as if it held these files. */
async function scanOf(deps: Awaited<ReturnType<typeof makeWorld>>["daemon"]["deps"], all: readonly string[]) {
  const entries = all.map((name, inode) => ({
    name,
    kind: name.endsWith(".cue") ? ("companion" as const) : ("music" as const),
    sizeBytes: 1,
    mtimeMs: 1,
    inode,
    device: 1,
  }));
  const walker = {
    async *walk(path: RawPath) {
      yield [{ path, device: 1, entries, folders: [], skipped: {} }];
    },
    close() {},
  };
  const settle = makeSettle({ settleMs: 0, onStill() {} });
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const scanner = makeScanner({ ...deps, settle, root: deps.library, walker, onChange() {} });
  await scanner.scan("test").done;
  clearInterval(timer);
  return { turns, files: lastScan(deps.db)?.files };
}

test("a folder of many files is written in parts, with turns of the event loop between", async () => {
  const { daemon } = await makeWorld({});
  const { deps } = daemon;
  deps.scheduler.pause();
  const many = await scanOf(deps, ["0.cue", ...names(3000)]);
  expect(many.files).toMatchObject({ new: 3001, folders: 1, seen: 3001 });
  expect(many.turns).toBeGreaterThan(3);
  // The companion's file comes in another part than the companion itself.
  const links = () => deps.db.query("select count(*) as n from file_companions").get() as { n: number };
  expect(links().n).toBe(1);
  expect((await scanOf(deps, ["0.cue", ...names(3000)])).files).toMatchObject({ new: 0, changed: 0, missing: 0 });
  const fewer = await scanOf(deps, names(1200));
  expect(fewer.files).toMatchObject({ new: 0, missing: 1801 });
  expect(fewer.turns).toBeGreaterThan(2);
  expect(links().n).toBe(0);
  const found = deps.db.query("select count(*) as n from files_fts where files_fts match '\"2999\"'").get();
  expect(found).toEqual({ n: 1 });
}, 20_000);

test("a file that was moved on while its folder was written is neither made anew nor marked missing", async () => {
  const { daemon } = await makeWorld({});
  const { deps } = daemon;
  deps.scheduler.pause();
  const all = names(1500);
  await scanOf(deps, all);
  const move = () => {
    deps.db.query("insert or ignore into folders (path_raw, path, device) values ('/else', '/else', 1)").run();
    deps.db
      .query("update files set folder_id = (select id from folders where path = '/else') where name = '1499.wav'")
      .run();
  };
  const now = setImmediate(move);
  // Many change in the first part; the last one is moved on before its part.
  deps.db.query("update files set missing_since = 5 where name <> '1499.wav'").run();
  const again = await scanOf(deps, all.slice(0, -1));
  clearImmediate(now);
  expect(again.files).toMatchObject({ new: 0, missing: 0, returned: 1499 });
}, 20_000);

test("many small folders leave the event loop its turns too", async () => {
  const { daemon } = await makeWorld({});
  const { deps } = daemon;
  let turns = 0;
  const walker = {
    async *walk(path: RawPath) {
      for (let n = 0; n < 20; n++) yield [{ path: `${path}/${n}`, device: 1, entries: [], folders: [], skipped: {} }];
    },
    close() {},
  };
  const settle = makeSettle({ settleMs: 0, onStill() {} });
  const scanner = makeScanner({ ...deps, settle, root: deps.library, walker, onChange() {} });
  const turn = () => {
    turns++;
    if (turns < 1000) setImmediate(turn);
  };
  setImmediate(turn);
  await scanner.scan("test").done;
  expect(turns).toBeGreaterThanOrEqual(19);
  turns = 1000;
});
