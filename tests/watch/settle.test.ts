import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ProposalItem } from "../../daemon/contract/api.ts";
import { makeSettle } from "../../daemon/watch/settle.ts";
import type { Page } from "../support/page.ts";
import { makeWorld, plant, tempFolder, until, wav } from "../support/world.ts";
import { files } from "./support.ts";

/** Plants files whose time is in the future: nothing but looking at them again shows that they are still. */
function plantNew(folder: string, ...names: string[]): void {
  const future = Date.now() / 1000 + 86_400;
  for (const name of names) {
    plant(folder, { [name]: wav(1) });
    utimesSync(join(folder, name), future, future);
  }
}

describe("files that are being written", () => {
  test("a growing file is not taken before it is still, and then reaches a proposal without any command", async () => {
    const world = await makeWorld({ "seed.txt": "x" }, { watch: true, env: { PHAZE_SETTLE_SECONDS: "1.5" } });
    await world.daemon.deps.scanner.idle();
    await until("the folder to be watched", () => world.daemon.deps.watchedFolders() > 0);
    const path = join(world.library, "Lowtide - Ebb.wav");
    const whole = wav(8);
    writeFileSync(path, whole.subarray(0, 1000));
    for (let at = 1000; at < whole.length; at += 1000) {
      await Bun.sleep(120);
      appendFileSync(path, whole.subarray(at, at + 1000));
      expect(await files(world)).toEqual([]);
    }
    await until("the proposal", async () => (await world.call<Page<ProposalItem>>("GET", "/proposals/")).total === 1);
    expect((await files(world))[0]).toMatchObject({ sizeBytes: whole.length });
  }, 20_000);

  test("new folders, removed files and renames are noticed without a scan", async () => {
    const world = await makeWorld({ "seed.txt": "x" }, { watch: true });
    await world.daemon.deps.scanner.idle();
    await until("the folder to be watched", () => world.daemon.deps.watchedFolders() > 0);
    plant(world.library, { "new/deep/Lowtide - Ebb.wav": wav(1) });
    const [file] = await until("the new file", async () => ((await files(world)).length === 1 ? files(world) : null));
    await until("its folder to be watched", () => world.daemon.deps.watchedFolders() >= 3);
    renameSync(join(world.library, "new/deep/Lowtide - Ebb.wav"), join(world.library, "new/deep/Lowtide - Flow.wav"));
    await until("the rename", async () => (await files(world))[0]?.name === "Lowtide - Flow.wav");
    expect((await files(world))[0]?.id).toBe(file?.id as number);
    rmSync(join(world.library, "new"), { recursive: true });
    await until("the loss", async () => (await files(world))[0]?.missing === true);
    expect(readdirSync(world.library)).toEqual(["seed.txt"]);
  }, 20_000);

  test("times in the future and clocks that jump do not keep a file waiting for ever", async () => {
    const folder = tempFolder();
    const path = join(folder, "future.wav");
    writeFileSync(path, "x");
    const future = Date.now() / 1000 + 86_400;
    utimesSync(path, future, future);
    const still: unknown[] = [];
    const settle = makeSettle({ settleMs: 100, onStill: (folders) => still.push(...folders) });
    const stat = { sizeBytes: 1, mtimeMs: statSync(path).mtimeMs };
    expect(settle.isStill(path, stat)).toBe(false);
    await until("the file to be still", () => still.length > 0);
    expect(settle.isStill(path, stat)).toBe(true);
    expect(settle.waiting()).toBe(0);
    settle.close();
  });

  test("a file that became a folder or vanished is not waited for", async () => {
    const folder = tempFolder();
    plantNew(folder, "a.wav", "b.wav");
    const hints: unknown[] = [];
    const settle = makeSettle({ settleMs: 100, onStill: (folders) => hints.push(...folders) });
    for (const name of ["a.wav", "b.wav"]) {
      const { size, mtimeMs } = statSync(join(folder, name));
      settle.isStill(join(folder, name), { sizeBytes: size, mtimeMs });
    }
    expect(settle.waiting()).toBe(2);
    unlinkSync(join(folder, "a.wav"));
    unlinkSync(join(folder, "b.wav"));
    mkdirSync(join(folder, "a.wav"));
    await until("both to be dropped", () => settle.waiting() === 0);
    await Bun.sleep(300);
    expect(hints).toEqual([]);
    settle.close();
  });

  test("a still file is reported once, and waited for until its folder was looked at", async () => {
    const folder = tempFolder();
    plantNew(folder, "a.wav");
    const looked = Promise.withResolvers<void>();
    let reports = 0;
    const onStill = () => {
      reports++;
      return looked.promise;
    };
    const settle = makeSettle({ settleMs: 60, onStill });
    const { size, mtimeMs } = statSync(join(folder, "a.wav"));
    settle.isStill(join(folder, "a.wav"), { sizeBytes: size, mtimeMs });
    await until("the report", () => reports > 0);
    expect(settle.waiting()).toBe(1);
    looked.resolve();
    await until("it to be dropped", () => settle.waiting() === 0);
    await Bun.sleep(300);
    expect(reports).toBe(1);
    settle.close();
  });

  test("a waiting file that turns into a partial download does not keep the library unsettled", async () => {
    const world = await makeWorld({}, { env: { PHAZE_SETTLE_SECONDS: "2" } });
    const { deps } = world.daemon;
    plantNew(world.library, "x.wav");
    await deps.scanner.scan("test").done;
    expect(deps.settling()).toBe(1);
    plant(world.library, { "x.wav.aria2": "x" });
    await until("nothing to wait for", () => deps.settling() === 0);
    expect(await files(world)).toEqual([]);
    unlinkSync(join(world.library, "x.wav.aria2"));
    await world.settle();
    expect(await files(world)).toHaveLength(1);
  });
});
