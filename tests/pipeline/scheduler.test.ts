import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { z } from "zod";
import { readCounts } from "../../daemon/db/counts.ts";
import { ensureFolder, insertFile } from "../../daemon/db/files.ts";
import { openDatabase } from "../../daemon/db/open.ts";
import { claimRuns, getRun, giveBackRunning } from "../../daemon/db/runs.ts";
import { makeEvents } from "../../daemon/events.ts";
import { silentLog } from "../../daemon/log.ts";
import { start, syncStages } from "../../daemon/pipeline/advance.ts";
import { makeRegistry } from "../../daemon/pipeline/registry.ts";
import { makeScheduler, type SchedulerDeps } from "../../daemon/pipeline/scheduler.ts";
import { type Entry, PermanentError, type Stage } from "../../daemon/pipeline/stage.ts";
import { tempFolder, until } from "../support/world.ts";

type Run = Stage<number, unknown>["run"];

/** A stage that gets the file's id and whose output is thrown away. */
function entry(name: string, run: Run, more: Partial<Stage<number, unknown>> = {}): Entry<number, unknown> {
  const stage = {
    name,
    version: 1,
    kinds: ["music"],
    needs: [],
    after: [],
    pool: "io",
    output: z.unknown(),
    run,
    ...more,
  } as Stage<number, unknown>;
  return { stage, load: (_, fileId) => fileId, save: () => undefined };
}

function bench(
  entries: Entry<number, unknown>[],
  more: Partial<SchedulerDeps> = {},
  path = `${tempFolder()}/phaze.db`,
) {
  const db = openDatabase(path);
  const registry = makeRegistry(entries);
  syncStages(db, registry);
  const folder = ensureFolder(db, "/music", 1);
  const add = (name: string) => {
    const id = insertFile(
      db,
      { folder, nameRaw: name, kind: "music", sizeBytes: 1, mtimeMs: 1, inode: 1, device: 1 },
      1,
    );
    start(db, registry, id, "music");
    return id;
  };
  const pools = { io: 2, cpu: 1, pcm: 1, llm: 1 };
  const deps = {
    db,
    registry,
    events: makeEvents(),
    log: silentLog,
    pools,
    maxAttempts: 3,
    silenceMs: 60_000,
    backoffMs: () => 0,
    ...more,
  };
  return { db, registry, add, scheduler: makeScheduler(deps), path };
}

const hang: Run = (_input, _tools, signal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("the queue", () => {
  test("stages run in order, what fails does not hold up what does not need it", async () => {
    const order: string[] = [];
    const say =
      (name: string, outcome?: () => unknown): Run =>
      async (id) => {
        order.push(`${name} ${id}`);
        return outcome?.() ?? {};
      };
    const world = bench([
      entry("hash", say("hash")),
      entry(
        "tags",
        say("tags", () => {
          throw new PermanentError("broken header");
        }),
        { needs: ["hash"] },
      ),
      entry("after-tags", say("after-tags"), { after: ["tags"] }),
      entry("needs-tags", say("needs-tags"), { needs: ["tags"] }),
    ]);
    const id = world.add("a.mp3");
    world.scheduler.start();
    await world.scheduler.idle();
    expect(order).toEqual([`hash ${id}`, `tags ${id}`, `after-tags ${id}`]);
    expect(getRun(world.db, id, "tags")).toMatchObject({ status: "failed", error: "broken header", attempts: 1 });
    expect(getRun(world.db, id, "needs-tags")).toBeNull();
    await world.scheduler.stop();
  });

  test("the newest file goes first", async () => {
    const seen: number[] = [];
    const world = bench([entry("hash", async (id) => seen.push(id))], { pools: { io: 1, cpu: 1, pcm: 1, llm: 1 } });
    const ids = ["a", "b", "c"].map((name) => world.add(name));
    world.scheduler.start();
    await world.scheduler.idle();
    expect(seen).toEqual(ids.reverse());
    await world.scheduler.stop();
  });

  test("never more jobs at a time than the pool has places", async () => {
    let now = 0;
    let most = 0;
    const run: Run = async () => {
      most = Math.max(most, ++now);
      await Bun.sleep(5);
      now--;
    };
    const world = bench([entry("hash", run)], { pools: { io: 3, cpu: 1, pcm: 1, llm: 1 } });
    for (let n = 0; n < 20; n++) world.add(`${n}`);
    world.scheduler.start();
    await world.scheduler.idle();
    expect(most).toBe(3);
    await world.scheduler.stop();
  });

  test("a failure is retried with back-off, then recorded with its reason; an output that does not fit fails too", async () => {
    let tries = 0;
    const waits: number[] = [];
    const backoffMs = (attempts: number) => 0 * waits.push(attempts);
    const bad = entry("bad", async () => ({ size: "x" }), { output: z.object({ size: z.number() }) });
    const world = bench(
      [
        entry("hash", async () => {
          tries++;
          throw new Error("disk hiccup");
        }),
        bad,
      ],
      { backoffMs },
    );
    const id = world.add("a.mp3");
    world.scheduler.start();
    await world.scheduler.idle();
    expect(tries).toBe(3);
    expect(waits.sort()).toEqual([1, 1, 2, 2]);
    expect(getRun(world.db, id, "hash")).toMatchObject({ status: "failed", error: "disk hiccup", attempts: 3 });
    expect(getRun(world.db, id, "bad")?.error).toContain("expected number");
    await world.scheduler.stop();
  });

  test("silence stops a stage, progress keeps it alive", async () => {
    const lively: Run = async (_id, tools) => {
      for (let n = 0; n < 25; n++) {
        await Bun.sleep(100);
        tools.progress(n / 25);
      }
      return {};
    };
    const world = bench([entry("lively", lively), entry("silent", hang)], { silenceMs: 1000, maxAttempts: 1 });
    const id = world.add("a.mp3");
    world.scheduler.start();
    await world.scheduler.idle();
    expect(getRun(world.db, id, "lively")?.status).toBe("done");
    expect(getRun(world.db, id, "silent")).toMatchObject({ status: "failed", error: "No sign of progress for 1 s" });
    await world.scheduler.stop();
  });

  test("cancel ends a job and the child process it waits for", async () => {
    let pid = 0;
    const run: Run = (_id, _tools, signal) =>
      new Promise((_, reject) => {
        const child = spawn(process.execPath, ["-e", "await Bun.sleep(600_000)"], { signal, killSignal: "SIGKILL" });
        pid = child.pid ?? 0;
        child.on("error", reject);
      });
    const world = bench([entry("slow", run)]);
    const id = world.add("a.mp3");
    world.add("b.mp3");
    world.scheduler.start();
    await until("a child", () => pid);
    expect(world.scheduler.cancel({ stage: "slow" })).toBe(2);
    await world.scheduler.idle();
    expect(getRun(world.db, id, "slow")).toMatchObject({ status: "skipped", error: "Cancelled" });
    await until("the child to be gone", () => !isAlive(pid));
    await world.scheduler.stop();
  });

  test("paused, nothing starts, also after a restart; resumed, it goes on", async () => {
    const world = bench([entry("hash", async () => ({}))]);
    world.scheduler.start();
    world.scheduler.pause();
    const id = world.add("a.mp3");
    world.scheduler.wake();
    await Bun.sleep(50);
    expect(getRun(world.db, id, "hash")?.status).toBe("pending");
    await world.scheduler.stop();
    world.db.close();
    const again = bench([entry("hash", async () => ({}))], {}, world.path);
    expect(again.scheduler.isPaused()).toBe(true);
    again.scheduler.start();
    again.scheduler.resume();
    await again.scheduler.idle();
    expect(getRun(again.db, id, "hash")?.status).toBe("done");
    await again.scheduler.stop();
  });

  test("stopping gives running work back without losing it", async () => {
    const world = bench([entry("hash", hang)]);
    const id = world.add("a.mp3");
    world.scheduler.start();
    await until("the job", () => world.scheduler.running().length);
    await world.scheduler.stop();
    expect(getRun(world.db, id, "hash")).toMatchObject({ status: "pending", error: null });
  });

  test("a stage that waits for something says why, and holds up nothing", async () => {
    let reason: string | null = "The model is away";
    const world = bench([
      entry("hash", async () => ({})),
      entry("refine", async () => ({}), { needs: ["hash"], pool: "llm", blockedBy: () => reason }),
    ]);
    const id = world.add("a.mp3");
    world.scheduler.start();
    await world.scheduler.idle();
    expect(world.scheduler.blocked()).toEqual({ refine: "The model is away" });
    reason = null;
    world.scheduler.wake();
    await world.scheduler.idle();
    expect(getRun(world.db, id, "refine")?.status).toBe("done");
    await world.scheduler.stop();
  });

  test("an output whose run was queued anew meanwhile is thrown away, and the stage runs again", async () => {
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const world = bench([
      entry("hash", async () => {
        runs++;
        if (runs === 1) await gate.promise;
        return { runs };
      }),
    ]);
    const id = world.add("a.mp3");
    world.scheduler.start();
    await until("the first run", () => runs);
    start(world.db, world.registry, id, "music");
    gate.resolve();
    await world.scheduler.idle();
    expect(runs).toBe(2);
    await world.scheduler.stop();
  });
});

describe("crashes, clocks and versions", () => {
  test("what a dead process was working on comes back, once", () => {
    const world = bench([entry("hash", async () => ({}))]);
    world.add("a.mp3");
    expect(claimRuns(world.db, "hash", 5, 1000, 60_000, 3_600_000)).toHaveLength(1);
    expect(claimRuns(world.db, "hash", 5, 1000, 60_000, 3_600_000)).toHaveLength(0);
    expect(giveBackRunning(world.db)).toBe(1);
    expect(claimRuns(world.db, "hash", 5, 1000, 60_000, 3_600_000)).toHaveLength(1);
  });

  test("a clock that jumps back does not keep a retry waiting for ever", () => {
    const world = bench([entry("hash", async () => ({}))]);
    const id = world.add("a.mp3");
    const year = 31_536_000_000;
    world.db.query("update runs set due_at = ? where file_id = ?").run(2 * year, id);
    expect(claimRuns(world.db, "hash", 1, year, 60_000, 3_600_000)).toHaveLength(1);
    world.db.query("update runs set status = 'pending', due_at = ? where file_id = ?").run(year + 5000, id);
    expect(claimRuns(world.db, "hash", 1, year, 60_000, 3_600_000)).toHaveLength(0);
  });

  test("a higher version reruns that stage and, when the output differs, what depends on it; a new stage runs for all", async () => {
    const path = `${tempFolder()}/phaze.db`;
    const ran: string[] = [];
    const note =
      (name: string, output: unknown): Run =>
      async () => {
        ran.push(name);
        return output;
      };
    const first = bench(
      [
        entry("hash", note("hash", 1)),
        entry("tags", note("tags", 1), { needs: ["hash"] }),
        entry("propose", note("propose", 1), { after: ["tags"] }),
      ],
      {},
      path,
    );
    first.add("a.mp3");
    first.scheduler.start();
    await first.scheduler.idle();
    await first.scheduler.stop();
    first.db.close();
    for (const [output, expected] of [
      [1, ["tags", "mood"]],
      [2, ["tags", "propose"]],
    ] as const) {
      ran.length = 0;
      const version = output + 1;
      const next = bench(
        [
          entry("hash", note("hash", 1)),
          entry("tags", note("tags", output), { needs: ["hash"], version }),
          entry("propose", note("propose", 1), { after: ["tags"] }),
          entry("mood", note("mood", 1), { needs: ["hash"] }),
        ],
        {},
        path,
      );
      next.scheduler.start();
      await next.scheduler.idle();
      expect(ran.sort()).toEqual([...expected].sort());
      await next.scheduler.stop();
      next.db.close();
    }
  });

  test("starting again changes nothing in a queue that is done", async () => {
    const path = `${tempFolder()}/phaze.db`;
    const world = bench([entry("hash", async () => ({}))], {}, path);
    for (let n = 0; n < 10; n++) world.add(`${n}`);
    world.scheduler.start();
    await world.scheduler.idle();
    await world.scheduler.stop();
    syncStages(world.db, world.registry);
    expect(readCounts(world.db, "run:hash")).toEqual({ done: 10 });
  });
});

describe("the registry", () => {
  const cases: [string, Entry<number, unknown>[], string][] = [
    ["two of a name", [entry("hash", hang), entry("hash", hang)], "registered twice"],
    ["an unknown need", [entry("tags", hang, { needs: ["hash"] })], "not registered before it"],
    ["a circle", [entry("a", hang, { after: ["b"] }), entry("b", hang, { after: ["a"] })], "not registered before it"],
    ["a bad version", [entry("hash", hang, { version: 0 })], "whole number"],
    ["a bad name", [entry("Hash It", hang)], "lower-case"],
  ];
  for (const [name, entries, message] of cases)
    test(`refuses ${name}`, () => expect(() => makeRegistry(entries)).toThrow(message));
});
