import { describe, expect, test } from "bun:test";
import { existsSync, linkSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BatchItem, PlanReply, ProposalItem, UndoReply } from "../../daemon/contract/api.ts";
import type { Page } from "../support/page.ts";
import { makeWorld, snapshot, type World, wav } from "../support/world.ts";

const album = {
  "Lowtide - Harbour (2011)/01 - Ebb.wav": wav(2, { seed: 1 }),
  "Lowtide - Harbour (2011)/02 - Flow.wav": wav(2, { seed: 2 }),
  "Lowtide - Harbour (2011)/cover.jpg": "picture",
  "Lowtide - Harbour (2011)/rip.log": "ripped with care",
  "Lowtide - Harbour (2011)/Lowtide - Harbour.accurip": "not a known type",
};
const set = {
  "incoming/01-mara_voss-live_at_quay_festival-sat-09-20-2016-grp/01-mara_voss-live_at_quay_festival-sat-09-20-2016-grp.wav":
    wav(1500),
  "incoming/01-mara_voss-live_at_quay_festival-sat-09-20-2016-grp/01-mara_voss-live_at_quay_festival-sat-09-20-2016-grp.cue":
    'TITLE "x"',
};

async function approveAll(world: World): Promise<void> {
  await world.settle();
  await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
}

async function apply(world: World): Promise<{ plan: PlanReply; status: string }> {
  const plan = await world.call<PlanReply>("POST", "/execution/start", {});
  return { plan, status: plan.batchId === null ? "nothing" : await world.batchEnd(plan.batchId) };
}

describe("from folder to folder and back", () => {
  test("an album with its cover and a set with its cue move, and undo restores bytes, names, modes and times", async () => {
    const world = await makeWorld({ ...album, ...set });
    for (const name of Object.keys({ ...album, ...set }))
      utimesSync(join(world.library, name), 1_500_000_000.123, 1_400_000_000.456);
    const before = snapshot(world.library);
    await approveAll(world);
    const { plan, status } = await apply(world);
    expect({ status, blocked: plan.blocked, ready: plan.ready, files: plan.files }).toEqual({
      status: "done",
      blocked: 0,
      ready: 3,
      files: 6,
    });
    const organized = snapshot(world.output);
    const places = Object.keys(organized).filter((name) => !name.endsWith("/"));
    expect(places).toEqual([
      "/music/Lowtide/Harbour/Lowtide - 01 - Ebb.wav",
      "/music/Lowtide/Harbour/Lowtide - 02 - Flow.wav",
      "/music/Lowtide/Harbour/cover.jpg",
      "/music/Lowtide/Harbour/rip.log",
      "/performances/festivals/Quay Festival 2016/Mara Voss - Live @ Quay Festival 2016.09.20.cue",
      "/performances/festivals/Quay Festival 2016/Mara Voss - Live @ Quay Festival 2016.09.20.wav",
    ]);
    // Each content exists once, with its mode and time, and what the plan does not name is untouched.
    for (const name of places) expect(Object.values(before)).toContain(organized[name] as string);
    expect(Object.keys(snapshot(world.library)).filter((name) => !name.endsWith("/"))).toEqual([
      "/Lowtide - Harbour (2011)/Lowtide - Harbour.accurip",
    ]);
    const undo = await world.call<UndoReply>("POST", `/execution/${plan.batchId}/undo`, {});
    expect(undo).toMatchObject({ ready: 6, blocked: 0 });
    expect(await world.batchEnd(undo.batchId as number)).toBe("done");
    expect(snapshot(world.library)).toEqual(before);
    expect(existsSync(world.output)).toBe(false);
    const pending = await world.call<Page<ProposalItem>>("GET", "/proposals/?status=pending");
    expect(pending.total).toBe(3);
  });

  test("a second scan after an apply finds nothing new, and files keep their rows and history", async () => {
    const world = await makeWorld(album);
    await approveAll(world);
    const before = await world.call<Page<{ id: number }>>("GET", "/api/v1/files?kind=media&sort=added");
    await apply(world);
    await world.settle();
    const after = await world.call<Page<{ id: number; path: string; state: string }>>(
      "GET",
      "/api/v1/files?kind=media&sort=added",
    );
    expect(after.items.map((item) => item.id)).toEqual(before.items.map((item) => item.id));
    expect(after.items.every((item) => item.state === "EXECUTED" && item.path.startsWith(world.output))).toBe(true);
  });

  test("an output folder inside the library, told so, is scanned without turning moved files into new ones", async () => {
    const world = await makeWorld(album, { env: { OUTPUT_PATH: "library" } });
    await approveAll(world);
    const { status } = await apply(world);
    expect(status).toBe("done");
    await world.settle();
    const files = await world.call<Page<{ state: string }>>("GET", "/api/v1/files?kind=media");
    expect(files.items.map((item) => item.state)).toEqual(["EXECUTED", "EXECUTED"]);
  });

  test("a hard-linked source is copied and kept, said so, and undo removes only the copy", async () => {
    const world = await makeWorld({ "Lowtide - Ebb.wav": wav(2) });
    linkSync(join(world.library, "Lowtide - Ebb.wav"), join(world.folder, "seed.wav"));
    await approveAll(world);
    const { plan } = await apply(world);
    expect(plan.items[0]?.notes.join()).toContain("seeded");
    const copy = join(world.output, "music/Lowtide/Lowtide - Ebb.wav");
    expect(readFileSync(copy).equals(readFileSync(join(world.library, "Lowtide - Ebb.wav")))).toBe(true);
    const audit = await world.call<Page<{ action: string; detail: { kept?: string } }>>("GET", "/audit/?action=copy");
    expect(audit.items[0]?.detail.kept).toContain("hard links");
    const undo = await world.call<UndoReply>("POST", `/execution/${plan.batchId}/undo`, {});
    expect(await world.batchEnd(undo.batchId as number)).toBe("done");
    expect(existsSync(copy)).toBe(false);
    expect(existsSync(join(world.library, "Lowtide - Ebb.wav"))).toBe(true);
  });

  test("undo refuses, with reasons, what the world has changed, and puts the rest back", async () => {
    const world = await makeWorld({
      "Lowtide - Ebb.wav": wav(2, { seed: 1 }),
      "Lowtide - Flow.wav": wav(2, { seed: 2 }),
      "Lowtide - Swell.wav": wav(2, { seed: 3 }),
    });
    await approveAll(world);
    const { plan } = await apply(world);
    writeFileSync(join(world.output, "music/Lowtide/Lowtide - Ebb.wav"), wav(3, { seed: 9 }));
    writeFileSync(join(world.library, "Lowtide - Flow.wav"), "someone else's");
    const undo = await world.call<UndoReply>("POST", `/execution/${plan.batchId}/undo`, {});
    expect(undo).toMatchObject({ ready: 1, blocked: 2 });
    const reasons = undo.items.flatMap((item) => item.reasons).join("\n");
    expect(reasons).toContain("has changed since it was moved");
    expect(reasons).toContain("exists already");
    await world.batchEnd(undo.batchId as number);
    expect(readFileSync(join(world.library, "Lowtide - Flow.wav"), "utf8")).toBe("someone else's");
    expect(existsSync(join(world.library, "Lowtide - Swell.wav"))).toBe(true);
  });

  test("content of the same size that changed after the move is noticed by its hash, and nothing is lost", async () => {
    const world = await makeWorld({ "Lowtide - Ebb.wav": wav(2, { seed: 1 }) });
    await approveAll(world);
    const { plan } = await apply(world);
    const moved = join(world.output, "music/Lowtide/Lowtide - Ebb.wav");
    writeFileSync(moved, wav(2, { seed: 5 }));
    const undo = await world.call<UndoReply>("POST", `/execution/${plan.batchId}/undo`, {});
    expect(await world.batchEnd(undo.batchId as number)).toBe("failed");
    expect(readFileSync(moved).equals(wav(2, { seed: 5 }))).toBe(true);
    expect(existsSync(join(world.library, "Lowtide - Ebb.wav"))).toBe(false);
    const again = await world.call<UndoReply>("POST", `/execution/${plan.batchId}/undo`, { dryRun: true });
    expect(again.ready).toBe(1);
  });

  test("an undone batch cannot be undone again, and says so", async () => {
    const world = await makeWorld({ "Lowtide - Ebb.wav": wav(2) });
    await approveAll(world);
    const { plan } = await apply(world);
    const undo = await world.call<UndoReply>("POST", `/execution/${plan.batchId}/undo`, {});
    await world.batchEnd(undo.batchId as number);
    const response = await world.request("POST", `/execution/${plan.batchId}/undo`, { body: {} });
    expect(response.status).toBe(409);
    expect(((await response.json()) as { detail: string }).detail).toContain("Nothing that this batch moved is left");
    const batch = await world.call<BatchItem>("GET", `/execution/${plan.batchId}`);
    expect(batch.undoneBy).toBe(undo.batchId);
  });
});
