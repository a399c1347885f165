import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { makeWorkerPool, type PoolOptions, type WorkerPool } from "../../daemon/workers/pool.ts";
import { until } from "../support/world.ts";

const pools: WorkerPool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

function makePool(options: Partial<PoolOptions> = {}): WorkerPool {
  const pool = makeWorkerPool({ size: 2, script: join(import.meta.dir, "fake-worker.ts"), ...options });
  pools.push(pool);
  return pool;
}
const never = new AbortController().signal;
const samples = Float32Array.of(1, 2, 3);
const run = (pool: WorkerPool, ...names: string[]) =>
  pool.run(
    samples,
    names.map((name) => ({ name })),
    never,
  );
const results = (outcomes: readonly object[]) =>
  outcomes.map((outcome) => ("result" in outcome ? outcome.result : "error" in outcome ? `! ${outcome.error}` : "?"));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the pool of analysis processes", () => {
  test("gives samples to a process and its answers back, in the order asked", async () => {
    expect(results(await run(makePool(), "sum", "wait", "sum"))).toEqual([6, "wait", 6]);
  });

  test("starts no process before there is work, and no more than its size", async () => {
    const pool = makePool({ size: 2 });
    expect(pool.workers()).toEqual([]);
    const all = await Promise.all(Array.from({ length: 8 }, () => run(pool, "pid", "wait")));
    expect(new Set(all.map(([outcome]) => JSON.stringify(outcome))).size).toBe(2);
    expect(pool.workers().length).toBe(2);
  });

  test("a task that throws fails alone", async () => {
    expect(results(await run(makePool(), "throw", "sum"))).toEqual(["! no such luck", 6]);
  });

  test.each(["crash", "exit"])("a process that dies (%s) costs the task it was at, the others go on", async (name) => {
    const pool = makePool({ size: 1 });
    const [one, other] = await Promise.all([run(pool, "sum", name, "sum"), run(pool, "sum")]);
    expect(results(one)).toEqual([6, expect.stringMatching(/^! The analysis process died \((signal|exit code)/), 6]);
    expect(results(other)).toEqual([6]);
  });

  test("a task that never ends is stopped, and the process with it", async () => {
    const pool = makePool({ size: 1, taskTimeoutMs: 700 });
    const [pid] = results(await run(pool, "pid"));
    expect(results(await run(pool, "hang", "sum"))).toEqual([
      "! The analysis process gave no answer for 0.7 s and was stopped",
      6,
    ]);
    expect(isAlive(Number(pid))).toBe(false);
  });

  test("aborting takes a job out of the queue, or stops its process at once", async () => {
    const pool = makePool({ size: 1 });
    const [pid] = results(await run(pool, "pid"));
    const control = new AbortController();
    const hanging = pool.run(samples, [{ name: "hang" }], control.signal);
    const waiting = pool.run(samples, [{ name: "sum" }], control.signal);
    const other = run(pool, "sum");
    const ends = Promise.allSettled([hanging, waiting]);
    control.abort(new Error("enough"));
    expect((await ends).map((end) => end.status === "rejected" && end.reason.message)).toEqual(["enough", "enough"]);
    expect(results(await other)).toEqual([6]);
    await until("the process to be gone", () => !isAlive(Number(pid)));
  });

  test("a process that was killed while it was idle costs nobody anything", async () => {
    const pool = makePool({ size: 1 });
    const [pid] = results(await run(pool, "pid"));
    process.kill(Number(pid), "SIGKILL");
    expect(results(await run(pool, "sum", "sum"))).toEqual([6, 6]);
  });

  test("a process that has grown is replaced", async () => {
    const pool = makePool({ size: 1, maxRssBytes: 200 * 1024 ** 2 });
    const [before] = results(await run(pool, "pid", "grow"));
    const [after] = results(await run(pool, "pid"));
    expect(after).not.toBe(before);
  });

  test("idle processes end and give their memory back", async () => {
    const pool = makePool({ idleMs: 100 });
    await run(pool, "sum");
    await until("the pool to be empty", () => pool.workers().length === 0);
    expect(results(await run(pool, "sum"))).toEqual([6]);
  });

  test("a process that cannot even start is an error, not a wait", async () => {
    const pool = makePool({ script: join(import.meta.dir, "no-such-worker.ts") });
    expect(results(await run(pool, "sum"))).toEqual([expect.stringContaining("cannot be started")]);
  });

  test("closing ends all that runs and waits", async () => {
    const pool = makePool({ size: 1 });
    const running = run(pool, "hang");
    const waiting = run(pool, "sum");
    await until("a process", () => pool.workers().length === 1);
    const [worker] = pool.workers();
    const ends = Promise.allSettled([running, waiting]);
    pool.close();
    for (const end of await ends) expect(end.status === "rejected" && end.reason.message).toContain("closed");
    await until("the process to be gone", () => !isAlive(worker?.pid ?? 0));
  });
});
