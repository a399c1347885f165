import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { ensureFolder, insertFile, markMissing } from "../../daemon/db/files.ts";
import { type Db, openDatabase } from "../../daemon/db/open.ts";
import { claimRun, getRun, skipPending } from "../../daemon/db/runs.ts";
import {
  complete,
  conclude,
  folderMembersChanged,
  releaseWaiting,
  start,
  syncStages,
} from "../../daemon/pipeline/advance.ts";
import { makeRegistry } from "../../daemon/pipeline/registry.ts";
import type { Entry, Stage } from "../../daemon/pipeline/stage.ts";
import { tempFolder } from "../support/world.ts";

function entry(name: string, more: Partial<Stage<number, unknown>> = {}): Entry<number, unknown> {
  const stage = {
    ...{ name, version: 1, kinds: ["music"], needs: [], after: [], pool: "io", output: z.unknown() },
    run: async () => 0,
    ...more,
  } as Stage<number, unknown>;
  return { stage, load: (_, fileId) => fileId, save: () => undefined };
}

const registry = makeRegistry([
  entry("hash"),
  entry("tags", { needs: ["hash"] }),
  entry("listen", { needs: ["hash"] }),
  entry("propose", { needs: ["hash"], after: ["tags"], together: "tags", again: ["listen"] }),
]);

function bench() {
  const db = openDatabase(`${tempFolder()}/phaze.db`);
  syncStages(db, registry);
  const folder = ensureFolder(db, "/music", 1);
  const add = (name: string) => {
    const facts = { kind: "music", sizeBytes: 1, mtimeMs: 1, inode: 1, device: 1 } as const;
    const id = insertFile(db, { folder, nameRaw: name, ...facts }, 1);
    start(db, registry, id, "music");
    return id;
  };
  return { db, add, folder };
}

function run(db: Db, fileId: number, stage: string, output: unknown = 1) {
  const claim = claimRun(db, fileId, stage, 1, 60_000);
  if (!claim) throw new Error(`${stage} of ${fileId} does not wait`);
  complete(db, registry, claim, output, 1);
}
function fail(db: Db, fileId: number, stage: string) {
  const claim = claimRun(db, fileId, stage, 1, 60_000);
  if (claim) conclude(db, registry, claim, "failed", "broken", 1);
}
const status = (db: Db, fileId: number) => getRun(db, fileId, "propose")?.status;

describe("a stage that takes a folder's files together", () => {
  test("waits for the last of them, and then runs for all", () => {
    const { db, add } = bench();
    const [a, b] = [add("a"), add("b")];
    for (const id of [a, b]) run(db, id, "hash");
    run(db, a, "tags");
    expect(status(db, a)).toBeUndefined();
    run(db, b, "tags");
    expect([status(db, a), status(db, b)]).toEqual(["pending", "pending"]);
  });

  test("does not wait for one that failed before it, at either stage", () => {
    const { db, add } = bench();
    const [a, b, c] = [add("a"), add("b"), add("c")];
    run(db, a, "hash");
    run(db, a, "tags");
    run(db, b, "hash");
    fail(db, b, "tags");
    expect(status(db, a)).toBeUndefined();
    fail(db, c, "hash");
    expect([status(db, a), status(db, b), status(db, c)]).toEqual(["pending", "pending", undefined]);
  });

  test("does not wait for one that has vanished", () => {
    const { db, add, folder } = bench();
    const [a, b] = [add("a"), add("b")];
    run(db, a, "hash");
    run(db, a, "tags");
    markMissing(db, [b], 1);
    expect(status(db, a)).toBeUndefined();
    folderMembersChanged(db, registry, folder.id);
    expect(status(db, a)).toBe("pending");
  });

  test("runs anew for all when one more has come", () => {
    const { db, add } = bench();
    const a = add("a");
    for (const stage of ["hash", "tags", "propose"]) run(db, a, stage);
    expect(status(db, a)).toBe("done");
    const b = add("b");
    run(db, b, "hash");
    expect(status(db, a)).toBe("done");
    run(db, b, "tags");
    expect([status(db, a), status(db, b)]).toEqual(["pending", "pending"]);
  });

  test("of a folder with very many files takes each by itself", () => {
    const { db, add } = bench();
    const ids = Array.from({ length: 202 }, (_, at) => add(`${at}`));
    const [first = 0] = ids;
    run(db, first, "hash");
    run(db, first, "tags");
    expect(status(db, first)).toBe("pending");
  });
});

describe("nobody waits for ever", () => {
  const half = (db: Db, id: number) => {
    run(db, id, "hash");
    run(db, id, "tags");
  };

  test("when a folder grows too large to be taken together", () => {
    const { db, add, folder } = bench();
    const ids = Array.from({ length: 200 }, (_, at) => add(`${at}`));
    for (const id of ids.slice(0, 199)) half(db, id);
    const [first = 0] = ids;
    expect(status(db, first)).toBeUndefined();
    add("one more");
    folderMembersChanged(db, registry, folder.id);
    expect(ids.slice(0, 199).every((id) => status(db, id) === "pending")).toBe(true);
  });

  test("when the others were cancelled", () => {
    const { db, add } = bench();
    const [a, b] = [add("a"), add("b")];
    half(db, a);
    run(db, b, "hash");
    skipPending(db, "tags", 1, "Cancelled");
    expect(status(db, a)).toBeUndefined();
    releaseWaiting(db, registry);
    expect(status(db, a)).toBe("pending");
  });
});

describe("a stage that uses another's results without waiting", () => {
  test("runs again when these are new, not when they are the same or before its first run", () => {
    const { db, add } = bench();
    const a = add("a");
    run(db, a, "hash");
    run(db, a, "listen", "x");
    expect(status(db, a)).toBeUndefined();
    run(db, a, "tags");
    run(db, a, "propose");
    db.query("update runs set status = 'pending' where stage = 'listen'").run();
    run(db, a, "listen", "x");
    expect(status(db, a)).toBe("done");
    db.query("update runs set status = 'pending' where stage = 'listen'").run();
    run(db, a, "listen", "y");
    expect(status(db, a)).toBe("pending");
  });
});
