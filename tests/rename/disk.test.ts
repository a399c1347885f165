import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PlanReply } from "../../daemon/contract/api.ts";
import { insertBatch, operationsOf } from "../../daemon/db/operations.ts";
import { copyVerified, type FileFacts, factsOf, publish, publishWithoutLinks } from "../../daemon/rename/disk.ts";
import { runBatch } from "../../daemon/rename/execute.ts";
import { openLibc } from "../../daemon/rename/libc.ts";
import { makeWorld, tempFolder, type World, wav } from "../support/world.ts";

const libc = openLibc();
const never = new AbortController().signal;

async function request(folder: string, content: string | Buffer = "hello") {
  const source = join(folder, "source.wav");
  writeFileSync(source, content);
  utimesSync(source, 1_500_000_000.5, 1_400_000_000.25);
  const facts = (await factsOf(source)) as FileFacts;
  return { source, temp: join(folder, ".temp.part"), facts, mtimeNs: facts.mtimeNs, sha256: null };
}

describe("copying", () => {
  test("keeps content, mode and time to the nanosecond", async () => {
    const folder = tempFolder();
    const copy = await request(folder);
    libc.setTimes(copy.source, 1_600_000_000_123_456_789n, 1_600_000_000_987_654_321n);
    const facts = (await factsOf(copy.source)) as FileFacts;
    await copyVerified({ ...copy, facts, mtimeNs: facts.mtimeNs }, libc, never, () => {});
    expect(readFileSync(copy.temp, "utf8")).toBe("hello");
    expect(await factsOf(copy.temp)).toMatchObject({ mtimeNs: "1600000000987654321", mode: facts.mode });
  });

  test("a wrong hash, a changed source, a stop: the copy goes and the source stays", async () => {
    const folder = tempFolder();
    const copy = await request(folder, Buffer.alloc(3_000_000, 7));
    expect(copyVerified({ ...copy, sha256: "0".repeat(64) }, libc, never, () => {})).rejects.toThrow(
      "SHA-256 is not the one that was recorded",
    );
    await Bun.sleep(50);
    const grow = () => writeFileSync(copy.source, "changed");
    expect(copyVerified(copy, libc, never, grow)).rejects.toThrow("changed while it was copied");
    await Bun.sleep(50);
    expect(
      copyVerified(await request(folder), libc, AbortSignal.abort(new Error("stopped")), () => {}),
    ).rejects.toThrow("stopped");
    await Bun.sleep(50);
    expect(readdirSync(folder)).toEqual(["source.wav"]);
  });

  test("does not follow a link that took the source's place", async () => {
    const folder = tempFolder();
    const copy = await request(folder);
    unlinkSync(copy.source);
    symlinkSync("/etc/passwd", copy.source);
    expect(copyVerified(copy, libc, never, () => {})).rejects.toThrow();
    expect(existsSync(copy.temp)).toBe(false);
  });
});

describe("publishing never overwrites", () => {
  const unsupported = { renameExclusive: () => "unsupported" as const };
  const ways: [string, (temp: string, dest: string) => Promise<void>][] = [
    ["by a hard link", (temp, dest) => publish(temp, dest, libc)],
    ["by an exclusive rename", (temp, dest) => publishWithoutLinks(temp, dest, libc)],
    ["by a reserved name", (temp, dest) => publishWithoutLinks(temp, dest, unsupported)],
  ];
  for (const [name, way] of ways) {
    test(name, async () => {
      const folder = tempFolder();
      const [temp, dest] = [join(folder, "temp"), join(folder, "dest")];
      writeFileSync(temp, "new");
      await way(temp, dest);
      expect(readFileSync(dest, "utf8")).toBe("new");
      expect(existsSync(temp)).toBe(false);
      writeFileSync(temp, "newer");
      expect(way(temp, dest)).rejects.toThrow("has appeared meanwhile");
      await Bun.sleep(20);
      expect(readFileSync(dest, "utf8")).toBe("new");
      expect(readFileSync(temp, "utf8")).toBe("newer");
    });
  }
});

async function approved(env: Record<string, string>, folder = tempFolder()): Promise<World> {
  const world = await makeWorld(
    { "Lowtide - Ebb.wav": wav(3000, { seed: 1 }), "Lowtide - Flow.wav": wav(2, { seed: 2 }) },
    { env, folder },
  );
  await world.settle();
  await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
  return world;
}

async function apply(world: World): Promise<{ plan: PlanReply; status: string }> {
  const plan = await world.call<PlanReply>("POST", "/execution/start", {});
  return { plan, status: plan.batchId === null ? "nothing" : await world.batchEnd(plan.batchId) };
}

/** Whether a small file system can be mounted here: it takes root, and the right to mount. */
const canMount = (() => {
  const path = mkdtempSync(join(tmpdir(), "phaze-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "tmpfs", path]).status === 0;
  if (mounted) spawnSync("umount", [path]);
  rmSync(path, { recursive: true });
  return mounted;
})();
const mountTest = canMount
  ? test
  : (name: string, _work: () => Promise<void>) => test.skip(`${name} (no right to mount a file system here)`, () => {});

/** Runs `work` with a small file system of its own. */
async function withMount(options: string, work: (path: string) => Promise<void>): Promise<void> {
  const path = join(tempFolder(), "mount");
  mkdirSync(path);
  expect(spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]).status).toBe(0);
  try {
    await work(path);
  } finally {
    spawnSync("umount", ["-l", path]);
  }
}

describe("file systems", () => {
  const other = "/dev/shm";
  test.skipIf(!existsSync(other))("a target on another file system gets verified copies", async () => {
    const output = join(other, `phaze-test-${process.pid}`);
    const world = await approved({ OUTPUT_PATH: output });
    expect((await apply(world)).status).toBe("done");
    expect(statSync(join(output, "music/Lowtide/Lowtide - Ebb.wav")).dev).not.toBe(statSync(world.library).dev);
    const undo = await world.call<{ batchId: number }>("POST", "/execution/1/undo", {});
    expect(await world.batchEnd(undo.batchId)).toBe("done");
    expect(existsSync(output)).toBe(false);
  });

  mountTest("a disk that is full during the copy loses nothing; what is left says why", async () => {
    await withMount("size=100m", async (mount) => {
      const world = await approved({ OUTPUT_PATH: join(mount, "organized") });
      // The plan finds room enough; then someone else fills the disk.
      const { db, mover } = world.daemon.deps;
      const plan = await mover.plan();
      // The small file goes first: a full disk ends the batch.
      const operations = plan.operations
        .toSorted((a, b) => a.sizeBytes - b.sizeBytes)
        .map((operation, unit) => ({ ...operation, unit }));
      const batchId = insertBatch(db, { kind: "apply", undoOf: null, createdAt: Date.now() }, operations);
      writeFileSync(join(mount, "filler"), Buffer.alloc(102_500_000));
      const deps = { ...world.daemon.deps, libc, actor: "test" };
      // The small file still fits; the long one does not.
      expect(await runBatch(deps, batchId, never)).toBe("partly");
      const errors = operationsOf(db, batchId).map((operation) => operation.error ?? operation.status);
      expect(errors.sort()).toEqual([expect.stringContaining("The disk is full"), "done"]);
      expect(readdirSync(world.library)).toEqual(["Lowtide - Ebb.wav"]);
      expect(readdirSync(join(mount, "organized/music/Lowtide"))).toEqual(["Lowtide - Flow.wav"]);
    });
  });

  mountTest("a read-only source or target is noticed before the copy", async () => {
    await withMount("size=100m", async (mount) => {
      const world = await approved({ OUTPUT_PATH: join(mount, "organized") });
      spawnSync("mount", ["-o", "remount,ro", mount]);
      const plan = await world.call<PlanReply>("POST", "/execution/start", { dryRun: true });
      expect(plan).toMatchObject({ ready: 0, blocked: 2 });
      expect(plan.items[0]?.reasons.join()).toContain("is read-only for Phaze");
      spawnSync("mount", ["-o", "remount,rw", mount]);
      const folder = join(mount, "home");
      mkdirSync(folder);
      const source = await approved({ OUTPUT_PATH: tempFolder() }, folder);
      // The database lies elsewhere in real life; here it is on the same disk, so only the library is made read-only.
      spawnSync("mount", ["--bind", source.library, source.library]);
      spawnSync("mount", ["-o", "remount,ro,bind", source.library]);
      const blocked = await source.call<PlanReply>("POST", "/execution/start", { dryRun: true });
      spawnSync("umount", ["-l", source.library]);
      expect(blocked.items[0]?.reasons.join()).toContain("the source could not be removed after the copy");
    });
  });
});

test("a file that appears at the destination after the plan is not touched, and the others go", async () => {
  const world = await approved({});
  const { db, mover } = world.daemon.deps;
  const plan = await mover.plan();
  const batchId = insertBatch(db, { kind: "apply", undoOf: null, createdAt: Date.now() }, plan.operations);
  const squatter = join(world.output, "music/Lowtide/Lowtide - Flow.wav");
  // It comes at the last moment: the copies are verified, and about to get their names.
  const checkpoint = (step: string) => {
    if (step === "copied" && !existsSync(squatter)) writeFileSync(squatter, "mine");
  };
  expect(await runBatch({ ...world.daemon.deps, libc, actor: "test", checkpoint }, batchId, never)).toBe("partly");
  expect(readFileSync(squatter, "utf8")).toBe("mine");
  expect(existsSync(join(world.library, "Lowtide - Flow.wav"))).toBe(true);
  expect(existsSync(join(world.output, "music/Lowtide/Lowtide - Ebb.wav"))).toBe(true);
  const failed = operationsOf(db, batchId).filter((operation) => operation.status === "failed");
  expect(failed.map((operation) => operation.error)).toEqual([expect.stringContaining("has appeared meanwhile")]);
});
