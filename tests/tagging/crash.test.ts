import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getFile } from "../../daemon/db/files.ts";
import { getTagWrite, listTagBatches, listTagWrites, openTagWrites } from "../../daemon/db/tag-writes.ts";
import { makeTagger } from "../../daemon/tagging/tagger.ts";
import { hiddenName } from "../../daemon/tagging/write-file.ts";
import { mp3Frames } from "../support/audio-bytes.ts";
import { everything, hiddenIn, know, sha, tagDeps } from "./bench.ts";
import { baseFrames, privateFrames, tagOf } from "./files.ts";
import { tempFolder } from "./folder.ts";

/** Every step at which the process may die, and whether the new content is in place by then. */
const steps: [string, boolean][] = [
  ["planned", false],
  ["copied", false],
  ["checked", false],
  ["written", false],
  ["exchanged", true],
  ["published", true],
  ["done", true],
];

async function setUp() {
  const folder = tempFolder();
  mkdirSync(join(folder, "library"));
  const path = join(folder, "library", "a.mp3");
  writeFileSync(path, Buffer.concat([tagOf(3, [...baseFrames, ...privateFrames]), mp3Frames(50)]));
  const { db } = tagDeps(folder);
  await know(db, path);
  db.close();
  return { folder, path, before: sha(path) };
}

async function crashAt(folder: string, step: string, undoBatch = ""): Promise<void> {
  const script = join(import.meta.dir, "crash-tags.ts");
  const child = Bun.spawn([process.execPath, script, folder, step, undoBatch], { stdout: "ignore", stderr: "pipe" });
  await child.exited;
  const stderr = await new Response(child.stderr).text();
  expect({ signal: child.signalCode, stderr }).toEqual({ signal: "SIGKILL", stderr: "" });
}

/** Starts again: the file is whole, its row tells its content, nothing hidden is left, the journal is closed. */
async function restart(folder: string, path: string) {
  const deps = tagDeps(folder, { roots: [join(folder, "library")] });
  const tagger = makeTagger(deps);
  const recovered = await tagger.recover();
  expect(hiddenIn(join(folder, "library"))).toEqual([]);
  expect(openTagWrites(deps.db)).toEqual([]);
  expect(getFile(deps.db, 1)?.sha256).toBe(sha(path));
  const batches = listTagBatches(deps.db, 10, 0).items.map(({ status }) => status);
  expect(batches).not.toContain("running");
  return { deps, tagger, recovered };
}

const run = async (started: Promise<{ done: Promise<unknown> }>) => (await started).done;

describe("kill -9 while tags are written", () => {
  for (const [step, isNew] of steps) {
    test(`at "${step}": the file is whole, and the rest can go on`, async () => {
      const { folder, path, before } = await setUp();
      await crashAt(folder, step);
      const { tagger, recovered, deps } = await restart(folder, path);
      expect(sha(path) === before).toBe(!isNew);
      const open = step === "done" ? 0 : 1;
      expect(recovered).toEqual({ completed: isNew ? open : 0, rolledBack: isNew ? 0 : 1, open: [] });
      if (!isNew) await run(tagger.write(undefined, everything, "tester"));
      expect(readFileSync(path).includes("Deep House")).toBe(true);
      const last = listTagBatches(deps.db, 1, 0).items[0]?.id as number;
      await run(tagger.undo(last, "tester"));
      expect(sha(path)).toBe(before);
    });
  }
});

describe("kill -9 while tags are taken back", () => {
  for (const [step, isBack] of steps) {
    test(`at "${step}"`, async () => {
      const { folder, path, before } = await setUp();
      const first = tagDeps(folder, { roots: [join(folder, "library")] });
      await run(makeTagger(first).write(undefined, everything, "tester"));
      first.db.close();
      await crashAt(folder, step, "1");
      const { tagger, deps } = await restart(folder, path);
      expect(sha(path) === before).toBe(isBack);
      expect(getTagWrite(deps.db, 1)?.status).toBe(isBack ? "undone" : "done");
      if (!isBack) await run(tagger.undo(1, "tester"));
      expect(sha(path)).toBe(before);
    });
  }
});

test("half of a copy that was left is removed", async () => {
  const { folder, path, before } = await setUp();
  await crashAt(folder, "planned");
  const { db } = tagDeps(folder);
  const [write] = openTagWrites(db);
  if (!write) throw new Error("no open write");
  writeFileSync(hiddenName(write) as string, readFileSync(path).subarray(0, 1000));
  db.close();
  await restart(folder, path);
  expect(sha(path)).toBe(before);
});

test("someone's newer file that was caught in the change of places comes back", async () => {
  const { folder, path } = await setUp();
  await crashAt(folder, "exchanged");
  const { db } = tagDeps(folder);
  const [write] = openTagWrites(db);
  if (!write) throw new Error("no open write");
  writeFileSync(join(folder, "new"), "theirs, newer than ours");
  renameSync(join(folder, "new"), hiddenName(write) as string);
  const deps = tagDeps(folder);
  await makeTagger(deps).recover();
  expect(readFileSync(path, "utf8")).toBe("theirs, newer than ours");
  expect(hiddenIn(join(folder, "library"))).toEqual([]);
  expect(listTagWrites(deps.db, 1, 9, 0).items[0]).toMatchObject({
    status: "failed",
    reason: expect.stringContaining("theirs was kept"),
  });
});

test("a file that someone changed after the crash is left as it is", async () => {
  const { folder, path } = await setUp();
  await crashAt(folder, "published");
  writeFileSync(path, "another");
  const deps = tagDeps(folder);
  expect(await makeTagger(deps).recover()).toMatchObject({ completed: 0, rolledBack: 1 });
  expect(readFileSync(path, "utf8")).toBe("another");
});

test("a disk that is away leaves the write open, until it is back", async () => {
  const { folder, path } = await setUp();
  await crashAt(folder, "published");
  const deps = tagDeps(folder);
  deps.db.query("update tag_writes set device = '1'").run();
  renameSync(join(folder, "library"), join(folder, "away"));
  const away = await makeTagger(deps).recover();
  expect(away.open[0]).toContain("mount it and start Phaze again");
  expect(openTagWrites(deps.db)).toHaveLength(1);
  renameSync(join(folder, "away"), join(folder, "library"));
  expect(await makeTagger(deps).recover()).toMatchObject({ completed: 1, open: [] });
  expect(getFile(deps.db, 1)?.sha256).toBe(sha(path));
});
