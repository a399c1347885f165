import { describe, expect, test } from "bun:test";
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PlanReply, UndoReply } from "../../daemon/contract/api.ts";
import { getBatch, insertBatch, operationsOf } from "../../daemon/db/operations.ts";
import { MoveError } from "../../daemon/rename/disk.ts";
import { runBatch } from "../../daemon/rename/execute.ts";
import { openLibc } from "../../daemon/rename/libc.ts";
import { recover } from "../../daemon/rename/recover.ts";
import { makeWorld, stopWorld, type World, wav } from "../support/world.ts";

const libc = openLibc();
const never = new AbortController().signal;
const album = {
  "Lowtide - Harbour (2011)/01 - Ebb.wav": wav(2, { seed: 1 }),
  "Lowtide - Harbour (2011)/02 - Flow.wav": wav(2, { seed: 2 }),
  "Lowtide - Harbour (2011)/cover.jpg": "picture",
};

async function approved(tree: Record<string, string | Buffer> = album): Promise<World> {
  const world = await makeWorld(tree);
  await world.settle();
  await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
  return world;
}

/** Runs the plan of everything approved, with something happening at a step of the journal. */
async function applyWith(world: World, checkpoint: (step: string) => void) {
  const { deps } = world.daemon;
  const plan = await deps.mover.plan();
  const id = insertBatch(deps.db, { kind: "apply", undoOf: null, createdAt: Date.now() }, plan.operations);
  const status = await runBatch({ ...deps, libc, actor: "test", checkpoint }, id, never);
  return { id, status, statuses: () => operationsOf(deps.db, id).map((operation) => operation.status) };
}

const recoverNow = (world: World) => recover({ ...world.daemon.deps, libc, actor: "test" });
const once = (step: string, act: () => void) => {
  let done = false;
  return (name: string) => {
    if (name !== step || done) return;
    done = true;
    act();
  };
};
const apply = async (world: World) => {
  const plan = await world.call<PlanReply>("POST", "/execution/start", {});
  return { id: plan.batchId as number, status: await world.batchEnd(plan.batchId as number) };
};

describe("a unit that is published is finished, never called failed", () => {
  test("trouble while the sources go leaves it open, and the next recovery finishes it", async () => {
    const world = await approved();
    const trouble = once("one source removed", () => {
      throw new MoveError("The disk has become read-only");
    });
    const { id, status, statuses } = await applyWith(world, trouble);
    expect(status).toBe("interrupted");
    expect(new Set(statuses())).toEqual(new Set(["published"]));
    expect(getBatch(world.daemon.deps.db, id)?.error).toContain("Not finished yet");
    expect(await recoverNow(world)).toMatchObject([{ completed: 1, rolledBack: 0, open: [] }]);
    expect(new Set(statuses())).toEqual(new Set(["done"]));
    expect(readdirSync(join(world.library, "Lowtide - Harbour (2011)"))).toEqual([]);
    const undo = await world.call<UndoReply>("POST", `/execution/${id}/undo`, {});
    expect(undo).toMatchObject({ ready: 3, blocked: 0 });
    expect(await world.batchEnd(undo.batchId as number)).toBe("done");
  });

  test("the next apply finishes it, too", async () => {
    const world = await approved();
    await applyWith(
      world,
      once("one source removed", () => {
        throw new MoveError("a moment of trouble");
      }),
    );
    expect((await world.call<PlanReply>("POST", "/execution/start", {})).ready).toBe(0);
    expect(readdirSync(join(world.library, "Lowtide - Harbour (2011)"))).toEqual([]);
  });

  test("while the disk of the destination is away nothing is decided, and the daemon starts", async () => {
    const world = await approved();
    const { statuses } = await applyWith(
      world,
      once("one source removed", () => {
        throw new MoveError("power cut");
      }),
    );
    const { db } = world.daemon.deps;
    // Another file system would have another device: the journal is told so, and the folder is taken away.
    db.run("update operations set temp_device = '1'");
    renameSync(world.output, `${world.output}.away`);
    const [away] = await recoverNow(world);
    expect(away).toMatchObject({ completed: 0, rolledBack: 0 });
    expect(away?.open[0]).toContain("is not there: mount it");
    expect(new Set(statuses())).toEqual(new Set(["published"]));
    await stopWorld(world);
    renameSync(`${world.output}.away`, world.output);
    const again = await makeWorld({}, { folder: world.folder });
    const end = operationsOf(again.daemon.deps.db, 1).map((operation) => operation.status);
    expect(new Set(end)).toEqual(new Set(["done"]));
    expect(readdirSync(join(world.library, "Lowtide - Harbour (2011)"))).toEqual([]);
  });

  test("while the disk of the source is away its files do not count as removed", async () => {
    const world = await approved();
    const { statuses } = await applyWith(
      world,
      once("published", () => {
        throw new MoveError("power cut");
      }),
    );
    world.daemon.deps.db.run("update operations set source_device = '1'");
    renameSync(world.library, `${world.library}.away`);
    const [away] = await recoverNow(world);
    expect(away?.open[0]).toContain("is not there: mount it");
    renameSync(`${world.library}.away`, world.library);
    expect(await recoverNow(world)).toMatchObject([{ completed: 1, open: [] }]);
    expect(new Set(statuses())).toEqual(new Set(["done"]));
  });

  test("a published file that someone took away stays open with a reason, and keeps nothing else from going on", async () => {
    const world = await approved({ ...album, "Mara Voss - Solo.wav": wav(2, { seed: 5 }) });
    await applyWith(
      world,
      once("one source removed", () => {
        rmSync(join(world.output, "music"), { recursive: true });
        throw new MoveError("trouble");
      }),
    );
    const [result] = await recoverNow(world);
    expect(result?.open).toHaveLength(1);
    expect(result?.open[0]).toContain("changed or removed by someone else");
  });
});

describe("undo", () => {
  test("a kept companion that was edited blocks its album before anything is published", async () => {
    const world = await approved();
    linkSync(join(world.library, "Lowtide - Harbour (2011)/cover.jpg"), join(world.folder, "seed.jpg"));
    const { id } = await apply(world);
    writeFileSync(join(world.library, "Lowtide - Harbour (2011)/cover.jpg"), "another picture");
    const undo = await world.call<UndoReply>("POST", `/execution/${id}/undo`, {});
    expect(undo).toMatchObject({ ready: 0, blocked: 3, batchId: null });
    expect(undo.items.flatMap((item) => item.reasons).join()).toContain("which was kept, has changed");
    expect(readdirSync(join(world.library, "Lowtide - Harbour (2011)"))).toEqual(["cover.jpg"]);
  });
});

describe("decisions and rows", () => {
  test("what is rejected while the batch runs is not moved", async () => {
    const world = await approved({
      "Lowtide - Ebb.wav": wav(2, { seed: 1 }),
      "Mara Voss - Solo.wav": wav(2, { seed: 2 }),
    });
    let first = true;
    const { status } = await applyWith(world, (step) => {
      if (step !== "done" || !first) return;
      first = false;
      world.daemon.deps.db.run("update proposals set status = 'rejected' where status = 'approved'");
    });
    expect(status).toBe("partly");
    expect(readdirSync(world.library)).toHaveLength(1);
  });

  test("an undo leaves the row of another file alone, though an id were given twice", async () => {
    const world = await approved({ "Lowtide - Ebb.wav": wav(2, { seed: 1 }) });
    const { id } = await apply(world);
    const { db } = world.daemon.deps;
    db.run(
      "update files set path = '/elsewhere/Other - Song.wav', name = 'Other - Song.wav', name_raw = 'Other - Song.wav'",
    );
    const undo = await world.call<UndoReply>("POST", `/execution/${id}/undo`, {});
    await world.batchEnd(undo.batchId as number);
    expect(db.query("select path from files").all()).toEqual([{ path: "/elsewhere/Other - Song.wav" }]);
    expect(existsSync(join(world.library, "Lowtide - Ebb.wav"))).toBe(true);
  });

  test("ids of files and proposals are never given twice", async () => {
    const world = await approved({ "Lowtide - Ebb.wav": wav(2, { seed: 1 }) });
    const { db } = world.daemon.deps;
    const [before] = db.query("select id from files").all() as { id: number }[];
    db.run("delete from files");
    await world.settle();
    const [after] = db.query("select id from files").all() as { id: number }[];
    expect(after?.id).toBeGreaterThan(before?.id as number);
  });

  test("two equal files keep their own rows when one is hashed again", async () => {
    const world = await approved({ "a/Lowtide - Ebb.wav": wav(2), "b/Mara Voss - Solo.wav": wav(2) });
    unlinkSync(join(world.library, "a/Lowtide - Ebb.wav"));
    writeFileSync(join(world.library, "b/Mara Voss - Solo.wav"), wav(2));
    await world.settle();
    const files = await world.call<{ items: { name: string; missing: boolean; state: string }[] }>(
      "GET",
      "/api/v1/files?kind=media&sort=path",
    );
    expect(files.items.map((file) => [file.name, file.missing, file.state])).toEqual([
      ["Lowtide - Ebb.wav", true, "APPROVED"],
      ["Mara Voss - Solo.wav", false, "APPROVED"],
    ]);
  });

  test("an album that came to another disk takes its cover along", async () => {
    const world = await approved();
    const [from, to] = [
      join(world.library, "Lowtide - Harbour (2011)"),
      join(world.library, "moved/Lowtide - Harbour (2011)"),
    ];
    mkdirSync(to, { recursive: true });
    for (const [n, name] of ["01 - Ebb.wav", "02 - Flow.wav"].entries()) {
      unlinkSync(join(from, name));
      writeFileSync(join(to, name), wav(2, { seed: n + 1 }));
    }
    unlinkSync(join(from, "cover.jpg"));
    writeFileSync(join(to, "cover.jpg"), "picture");
    await world.settle();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const plan = await world.call<PlanReply>("POST", "/execution/start", { dryRun: true });
    expect(plan).toMatchObject({ ready: 2, files: 3 });
  });

  test("content that changed behind an unchanged size and time is hashed again after the copy found it", async () => {
    const world = await approved({ "Lowtide - Ebb.wav": wav(2, { seed: 1 }) });
    const path = join(world.library, "Lowtide - Ebb.wav");
    const { db } = world.daemon.deps;
    db.run(`update files set sha256 = '${"0".repeat(64)}'`);
    expect((await apply(world)).status).toBe("failed");
    await world.daemon.idle();
    expect(existsSync(path)).toBe(true);
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    expect((await apply(world)).status).toBe("done");
  });
});

test("a name that only gets other capitals, in its own folder, is no collision", async () => {
  const world = await makeWorld({ "music/Lowtide/lowtide - EBB.wav": wav(2) }, { env: { OUTPUT_PATH: "library" } });
  await world.settle();
  const { db } = world.daemon.deps;
  db.run(
    "update proposals set directory = 'music/Lowtide', filename = 'Lowtide - Ebb.wav', unchanged = 0, status = 'approved'",
  );
  expect(await apply(world)).toMatchObject({ status: "done" });
  expect(readdirSync(join(world.library, "music/Lowtide"))).toEqual(["Lowtide - Ebb.wav"]);
});
