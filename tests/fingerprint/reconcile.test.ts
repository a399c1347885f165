import { afterEach, describe, expect, test } from "bun:test";
import type { Fingerprint } from "../../daemon/contract/fingerprint.ts";
import { ensureFolder, getFile, insertFile, markMissing } from "../../daemon/db/files.ts";
import { getFingerprint, saveFingerprint } from "../../daemon/db/fingerprints.ts";
import { openDatabase } from "../../daemon/db/open.ts";
import { enqueue, finishRun, getRun } from "../../daemon/db/runs.ts";
import { makeReconciler, reconcile } from "../../daemon/fingerprint/reconcile.ts";
import { silentLog } from "../../daemon/log.ts";
import { until } from "../support/world.ts";
import { startFakeSidecar } from "./fake-sidecar.ts";

const stage = { name: "fingerprint-panako", version: 1 };
const never = new AbortController().signal;
let fake = startFakeSidecar("panako");
afterEach(async () => {
  await fake.stop();
  fake = startFakeSidecar("panako");
});

const result: Fingerprint = {
  engine: "panako",
  outcome: "stored",
  hashes: 10,
  durationSec: 10,
  set: false,
  parameters: "p1",
};

function makeLibrary() {
  const db = openDatabase(":memory:");
  const folder = ensureFolder(db, "/music", 1);
  /** A file with an ended run, its result, and what the engine holds. */
  const add = (name: string, stored: Partial<Fingerprint> | null, held: number | null) => {
    const facts = { folder, nameRaw: name, kind: "music", sizeBytes: 1, mtimeMs: 1, inode: 1, device: 1 } as const;
    const id = insertFile(db, facts, 1);
    enqueue(db, id, stage.name, 1);
    finishRun(db, { fileId: id, stage: stage.name, status: stored ? "done" : "failed", now: 1, outputDigest: "x" });
    if (stored) saveFingerprint(db, id, { ...result, ...stored }, 1);
    if (held !== null) fake.tracks.set(id, { hashes: held, durationSec: held });
    return id;
  };
  const status = (id: number) => getRun(db, id, stage.name)?.status;
  return { db, add, status };
}

describe("database and store, compared", () => {
  test("what is missing, different or outdated is made again; nothing else", async () => {
    const { db, add, status } = makeLibrary();
    const right = add("right", {}, 10);
    const silent = add("silent", { outcome: "silent" }, null);
    const missing = add("missing", {}, null);
    const different = add("different", {}, 9);
    const outdated = add("outdated", { parameters: "p0" }, 10);
    const deps = { db, log: silentLog, client: fake.client(), parameters: "p1", stage, signal: never };
    expect(await reconcile(deps)).toMatchObject({ missing: 1, different: 1, outdated: 1, requeued: 3, removed: 0 });
    expect([right, silent, missing, different, outdated].map(status)).toEqual([
      "done",
      "done",
      "pending",
      "pending",
      "pending",
    ]);
    // What builds on it runs again, though the same comes out.
    expect(getRun(db, missing, stage.name)?.outputDigest).toBeNull();
    expect(await reconcile({ ...deps, parameters: "" })).toMatchObject({ requeued: 0, outdated: 0 });
  });

  test("a recording goes when its file's row is gone or of another content, never for a missing file", async () => {
    const { db, add } = makeLibrary();
    const there = add("there", {}, 10);
    const away = add("away", {}, 10);
    markMissing(db, [away], 5);
    const gone = add("gone", {}, 10);
    db.run(`delete from files where id = ${gone}`);
    const changed = add("changed and broken", null, 10);
    const coming = add("coming", null, 10);
    enqueue(db, coming, stage.name, 1);
    const said: unknown[] = [];
    const log = { ...silentLog, info: (event: string, fields?: unknown) => said.push([event, fields]) };
    const deps = { db, log, client: fake.client(), parameters: "p1", stage, signal: never };
    expect(await reconcile(deps)).toMatchObject({ removed: 2, tracks: 5 });
    expect([...fake.tracks.keys()]).toEqual([there, away, coming]);
    expect(fake.tracks.has(changed)).toBe(false);
    expect(getFile(db, away)?.missingSince).toBe(5);
    expect(said).toHaveLength(1);
  });

  test("what is stored while the two are compared is not taken for missing", async () => {
    const { db, add, status } = makeLibrary();
    const id = add("a", {}, null);
    const client = fake.client();
    const slow = {
      ...client,
      async *list(signal: AbortSignal) {
        saveFingerprint(db, id, result, 2);
        yield* client.list(signal);
      },
    };
    await reconcile({ db, log: silentLog, client: slow, parameters: "p1", stage, signal: never });
    expect([status(id), getFingerprint(db, id, "panako")?.storedAt]).toEqual(["done", 2]);
  });

  test("it is done when an engine has come up, and again after its time", async () => {
    const { db, add, status } = makeLibrary();
    const id = add("missing", {}, null);
    let wakes = 0;
    const reconciler = makeReconciler({
      db,
      log: silentLog,
      engines: ["panako"],
      client: () => fake.client(),
      unavailable: () => null,
      parameters: () => "p1",
      stage: () => stage,
      onRequeued: () => wakes++,
      everyMs: 100,
    });
    reconciler.usable("panako");
    await until("the first", () => status(id) === "pending");
    finishRun(db, { fileId: id, stage: stage.name, status: "done", now: 1 });
    await until("the second", () => wakes >= 2);
    await reconciler.stop();
  });
});
