import { describe, expect, test } from "bun:test";
import { linkSync } from "node:fs";
import { join } from "node:path";
import type { PlanReply } from "../../daemon/contract/api.ts";
import { openDatabase } from "../../daemon/db/open.ts";
import { makeWorld, snapshot, stopWorld, type World, wav } from "../support/world.ts";

const tree = {
  "Lowtide - Harbour (2011)/01 - Ebb.wav": wav(2, { seed: 1 }),
  "Lowtide - Harbour (2011)/02 - Flow.wav": wav(2, { seed: 2 }),
  "Lowtide - Harbour (2011)/cover.jpg": "picture",
  "Mara Voss - Solo.wav": wav(3, { seed: 3 }),
};

/** Every step at which the process may die, and how often it comes in the batch below before it does. */
const steps: [string, number][] = [
  ["planned", 1],
  ["planned", 2],
  ["folders made", 1],
  ["temp verified", 1],
  ["temp verified", 3],
  ["copied", 1],
  ["one published", 1],
  ["one published", 2],
  ["one published", 3],
  ["published", 1],
  ["one source removed", 1],
  ["one source removed", 2],
  ["one source removed", 3],
  ["sources removed", 1],
  ["done", 1],
  ["done", 2],
];

const contents = (root: string) =>
  Object.entries(snapshot(root))
    .filter(([name]) => !name.endsWith("/"))
    .map(([name, facts]) => ({ name, hash: facts.split(" ").at(-1) as string }));

async function approved(): Promise<World> {
  const world = await makeWorld(tree);
  await world.settle();
  await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
  return world;
}

async function crashAt(world: World, step: string, nth: number, undoBatch = ""): Promise<void> {
  await stopWorld(world);
  const script = join(import.meta.dir, "..", "support", "crash-apply.ts");
  const args = [world.config.databasePath, world.output, step, `${nth}`, undoBatch];
  const child = Bun.spawn([process.execPath, script, ...args], {
    stdout: "ignore",
    stderr: "pipe",
    env: { ...process.env, PHAZE_TEST_RUNNER: "1" },
  });
  await child.exited;
  expect({ signal: child.signalCode, stderr: await new Response(child.stderr).text() }).toEqual({
    signal: "SIGKILL",
    stderr: "",
  });
}

/** Starts again on the same folders, and checks that every file is whole in exactly one place and the journal closed. */
async function restart(world: World, hashes: string[]): Promise<World> {
  const again = await makeWorld({}, { folder: world.folder });
  const found = [...contents(world.library), ...contentsIfThere(world.output)];
  expect(found.map((file) => file.hash).sort()).toEqual(hashes);
  expect(found.filter((file) => file.name.includes(".phaze-"))).toEqual([]);
  const open = again.daemon.deps.db
    .query("select count(*) as n from operations where status in ('planned', 'copied', 'published')")
    .get() as { n: number };
  expect(open.n).toBe(0);
  const batches = await again.call<{ items: { status: string }[] }>("GET", "/execution/");
  expect(batches.items.map((batch) => batch.status)).not.toContain("running");
  return again;
}

function contentsIfThere(root: string) {
  try {
    return contents(root);
  } catch {
    return [];
  }
}

/** After the restart the rest can be applied, and all of it undone to the very first tree. */
async function finish(world: World): Promise<void> {
  await world.settle();
  await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
  const plan = await world.call<PlanReply>("POST", "/execution/start", {});
  expect(plan.blocked).toBe(0);
  if (plan.batchId !== null) expect(await world.batchEnd(plan.batchId)).toBe("done");
  expect(contents(world.library)).toEqual([]);
}

describe("kill -9 during an apply", () => {
  for (const [step, nth] of steps) {
    test(`at "${step}" number ${nth}: each file is whole in one place, the journal is closed, and the rest can go on`, async () => {
      const world = await approved();
      const hashes = contents(world.library)
        .map((file) => file.hash)
        .sort();
      await crashAt(world, step, nth);
      const again = await restart(world, hashes);
      await finish(again);
    });
  }
});

describe("kill -9 during an undo", () => {
  for (const [step, nth] of [
    ["copied", 1],
    ["one published", 2],
    ["one source removed", 1],
    ["done", 1],
  ] as const) {
    test(`at "${step}" number ${nth}`, async () => {
      const world = await approved();
      const before = contents(world.library);
      const hashes = before.map((file) => file.hash).sort();
      const plan = await world.call<PlanReply>("POST", "/execution/start", {});
      await world.batchEnd(plan.batchId as number);
      await crashAt(world, step, nth, `${plan.batchId}`);
      const again = await restart(world, hashes);
      const undo = await again.request("POST", `/execution/${plan.batchId}/undo`, { body: {} });
      if (undo.status === 202) await again.batchEnd(((await undo.json()) as { batchId: number }).batchId);
      expect(contents(again.library)).toEqual(before);
    });
  }
});

test("a kept hard-linked source survives a crash, and its unrecorded copy is taken back", async () => {
  const world = await makeWorld({ "Mara Voss - Solo.wav": wav(3, { seed: 3 }) });
  linkSync(join(world.library, "Mara Voss - Solo.wav"), join(world.folder, "seed.wav"));
  await world.settle();
  await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
  const hashes = contents(world.library).map((file) => file.hash);
  await crashAt(world, "one published", 1);
  await restart(world, hashes);
});

test("kill -9 of the whole daemon in the middle of the pipeline loses no finished work", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 300 }, (_, n) => [`Artist ${n} - Song ${n}.wav`, wav(20, { seed: n })]),
  );
  const world = await makeWorld(many);
  await stopWorld(world);
  const cli = join(import.meta.dir, "..", "..", "daemon", "cli.ts");
  const settings = {
    DATABASE_URL: world.config.databasePath,
    API_PORT: "0",
    PHAZE_SETTLE_SECONDS: "0",
    OLLAMA_HOST: "http://127.0.0.1:9",
    PHAZE_AUTH: "none",
  };
  const env = { ...process.env, ...settings };
  const plain = "('hash', 'tags', 'propose')";
  const listening = "('loudness', 'rhythm', 'key')";
  let done = 0;
  let crashes = 0;
  for (; crashes < 20 && done < 900; crashes++) {
    const child = Bun.spawn([process.execPath, cli, "serve", world.library, "--json"], {
      env,
      stdout: "pipe",
      stderr: "ignore",
    });
    await child.stdout.getReader().read();
    await Bun.sleep(120 + crashes * 60);
    child.kill("SIGKILL");
    await child.exited;
    const db = openDatabase(world.config.databasePath);
    const now = (
      db.query(`select count(*) as n from runs where status = 'done' and stage in ${plain}`).get() as { n: number }
    ).n;
    db.close();
    expect(now).toBeGreaterThanOrEqual(done);
    done = now;
  }
  const again = await makeWorld({}, { folder: world.folder });
  await again.settle();
  const { db } = again.daemon.deps;
  const runs = db
    .query(`select stage, status, count(*) as n from runs where stage in ${plain} group by stage, status`)
    .all();
  expect(runs).toEqual(["hash", "propose", "tags"].map((stage) => ({ stage, status: "done", n: 300 })));
  // A crash repeats what was running at that moment, and nothing else.
  const { repeats } = db.query(`select sum(attempts - 1) as repeats from runs where stage in ${plain}`).get() as {
    repeats: number;
  };
  expect(repeats).toBeLessThanOrEqual(crashes * again.config.values.WORKER_MAX_JOBS);
  // What was analysed is there; what was not waits for its turn, as if nothing had been.
  const heard = db.query(`select count(*) as n from runs where status = 'done' and stage in ${listening}`).get();
  expect(heard).toEqual(db.query("select count(*) as n from analysis_results").get());
  const others = db.query(`select distinct status from runs where status <> 'done' and stage in ${listening}`).all();
  expect(others).toEqual([{ status: "pending" }]);
}, 120_000);
