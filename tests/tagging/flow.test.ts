import { describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { commands, runCli } from "../../daemon/cli.ts";
import type { PlanReply, UndoReply } from "../../daemon/contract/api.ts";
import type { TagBatchReply, TaggingDeps } from "../../daemon/http/routes/tagging.ts";
import { mp3Frames } from "../support/audio-bytes.ts";
import { makeWorld, stopWorld, tempFolder, testEnv, type World } from "../support/world.ts";
import { hiddenIn, sha } from "./bench.ts";
import { baseFrames, privateFrames, tagOf } from "./files.ts";

const track = () => Buffer.concat([tagOf(3, [...baseFrames, ...privateFrames], { padding: 100 }), mp3Frames(400)]);
const tree = { "Mara Voss - Ebb.mp3": track() };
const on = { PHAZE_WRITE_TAGS: "true" };

/** What the analysis would have found. */
function analyse(world: World): void {
  const { db } = world.daemon.deps;
  db.query("delete from analysis").run();
  db.query(
    `insert into analysis (file_id, bpm, bpm_confidence, key, scale, key_strength, updated_at)
     select id, 127.9, 0.9, 'F#', 'minor', 0.9, 1 from files where kind = 'music'`,
  ).run();
}

async function settled(env: Record<string, string>, folder?: string): Promise<World> {
  const world = await makeWorld(tree, { env, ...(folder ? { folder } : {}) });
  await world.settle();
  analyse(world);
  return world;
}

async function tagsEnd(world: World, id: number): Promise<TagBatchReply> {
  for (;;) {
    const batch = await world.call<TagBatchReply>("GET", `/api/v1/tags/${id}`);
    if (batch.status !== "running") return batch;
    await Bun.sleep(10);
  }
}

const pathIn = (world: World) => join(world.library, "Mara Voss - Ebb.mp3");

describe("tags in a whole Phaze", () => {
  test("a scan after a write finds nothing changed, the approval stands, and no stage runs again", async () => {
    const world = await settled(on);
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const runs = () => world.daemon.deps.db.query("select stage, status, attempts, finished_at from runs").all();
    const before = runs();
    const { id } = await world.call<TagBatchReply>("POST", "/api/v1/tags/write", { all: true });
    expect(await tagsEnd(world, id)).toMatchObject({ status: "done", writes: { done: 1 } });
    const scan = world.daemon.deps.scanner.scan("test");
    await scan.done;
    await world.daemon.idle();
    const { n } = world.daemon.deps.db.query("select sum(files_changed) as n from scan_batches").get() as { n: number };
    expect(n).toBe(0);
    expect(runs()).toEqual(before);
    const plan = await world.call<PlanReply>("POST", "/execution/start", { dryRun: true });
    expect(plan).toMatchObject({ blocked: 0 });
  });

  test("written, moved, and both taken back in order, to the very tree", async () => {
    const world = await settled(on);
    const before = sha(pathIn(world));
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const moved = await world.call<PlanReply>("POST", "/execution/start", {});
    if (moved.batchId !== null) await world.batchEnd(moved.batchId);
    const written = await world.call<TagBatchReply>("POST", "/api/v1/tags/write", { all: true });
    expect((await tagsEnd(world, written.id)).status).toBe("done");
    if (moved.batchId !== null) {
      const blocked = await world.call<UndoReply>("POST", `/execution/${moved.batchId}/undo`, { dryRun: true });
      expect(blocked.items[0]?.reasons.join()).toContain(`phaze tags undo ${written.id}`);
    }
    const back = await world.call<TagBatchReply>("POST", `/api/v1/tags/${written.id}/undo`, {});
    expect((await tagsEnd(world, back.id)).status).toBe("done");
    if (moved.batchId !== null) {
      const undo = await world.call<UndoReply>("POST", `/execution/${moved.batchId}/undo`, {});
      await world.batchEnd(undo.batchId as number);
    }
    expect(sha(pathIn(world))).toBe(before);
    expect(hiddenIn(world.library)).toEqual([]);
  });

  test("nothing moves while tags are written, and the other way round", async () => {
    const world = await settled(on);
    const { tagger, mover } = world.daemon.deps as TaggingDeps;
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    const writing = tagger.write(undefined, { fields: ["bpm"], replace: false }, "x");
    expect(mover.apply(undefined, "x")).rejects.toThrow("Tags are being written");
    await (await writing).done;
    const moving = mover.apply(undefined, "x");
    expect(tagger.write(undefined, { fields: ["key"], replace: false }, "x")).rejects.toThrow("being moved");
    const started = await moving;
    if (started.batch) await started.done;
  });

  test("the command line: dry run, refusal while off, write, show, list, undo, wrong use", async () => {
    const folder = tempFolder();
    const world = await settled(on, folder);
    const before = sha(pathIn(world));
    await stopWorld(world);
    const run = async (args: string[], env: Record<string, string> = on) => {
      let out = "";
      let err = "";
      const io = { out: (text: string) => (out += text), err: (text: string) => (err += text), isTerminal: false };
      const all = { ...testEnv(folder), SCAN_PATH: world.library, ...env };
      const code = await runCli(args, { ...io, env: all, cwd: folder, signal: new AbortController().signal } as never);
      return { code, out, err };
    };
    const dry = await run(["tags", "write", "--all", "--dry-run"], {});
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining("bpm   (empty) → 128") });
    const off = await run(["tags", "write", "--all"], {});
    expect(off).toMatchObject({ code: 1, err: expect.stringContaining("PHAZE_WRITE_TAGS=true") });
    expect(sha(pathIn(world))).toBe(before);
    const wrote = await run(["tags", "write", "--all", "--fields", "bpm,key"]);
    expect(wrote).toMatchObject({ code: 0, out: expect.stringContaining("phaze tags undo 1") });
    expect((await run(["tags", "show", "1"])).out).toContain("key   (empty) → F#m");
    expect((await run(["tags", "undo", "1"])).code).toBe(0);
    expect((await run(["tags", "list"])).out).toContain("undo of 1");
    expect(sha(pathIn(world))).toBe(before);
    expect(JSON.parse((await run(["tags", "list", "--json"])).out).total).toBe(2);
    for (const wrong of [["tags"], ["tags", "write"], ["tags", "write", "1", "--all"], ["tags", "undo"], ["tags", "x"]])
      expect((await run(wrong)).code).toBe(2);
    linkSync(pathIn(world), join(folder, "seed.mp3"));
    const refused = await run(["tags", "write", "1"]);
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining("2 hard links") });
    rmSync(join(folder, "seed.mp3"));
    mkdirSync(join(folder, "x"));
  });
});

test("the command is registered", () => expect(commands.map(({ name }) => name)).toContain("tags"));
