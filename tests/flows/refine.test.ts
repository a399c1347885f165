import { afterEach, describe, expect, test } from "bun:test";
import type { ProposalItem, Stats } from "../../daemon/contract/api.ts";
import { getRun } from "../../daemon/db/runs.ts";
import { makeBatcher } from "../../daemon/naming/batch.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";
import { type ChatAnswer, type FakeOllama, refused, slow, startOllama } from "../naming/ollama-server.ts";
import type { Page } from "../support/page.ts";
import { makeWorld, until, type World, wav } from "../support/world.ts";

const servers: FakeOllama[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

function serve(chat: (attempt: number, content: string) => ChatAnswer, port = 0): FakeOllama {
  const server = startOllama(chat, ["m:latest"], port);
  servers.push(server);
  return server;
}

const vague = {
  "x/rec.wav": wav(2000),
  "x/rec.txt": "a night with the great Helena Brandt\nat the Golden Pier, in deepest winter\n",
};
const answer = JSON.stringify({
  items: [{ index: 0, kind: "set", fields: { artist: "Helena Brandt", venue: "Golden Pier" } }],
});
const proposals = (world: World) => world.call<Page<ProposalItem>>("GET", "/proposals/");
const settings = (host: string) => ({
  OLLAMA_HOST: host,
  LLM_MODEL: "m",
  LLM_BATCH_SIZE: "4",
  LLM_MAX_RPM: "1000",
  WORKER_HEALTH_CHECK_INTERVAL: "1",
});

describe("the model looks over what the rules proposed", () => {
  test("an answer with evidence refines the proposal, and the status says that the model is there", async () => {
    const world = await makeWorld(vague, { env: settings(serve(() => answer).host) });
    await world.settle();
    const { items } = await proposals(world);
    expect(items[0]).toMatchObject({
      engine: "ollama",
      kind: "set",
      filename: "Helena Brandt - Live @ Golden Pier.wav",
      model: "m",
      prompt: "fields-v3",
    });
    expect(items[0]?.durationMs).toBeGreaterThanOrEqual(0);
    const stats = await world.call<Stats>("GET", "/pipeline/stats");
    expect(stats.services[0]).toMatchObject({ name: "ollama", ok: true });
    expect(stats.stages.find((stage) => stage.name === "refine")).toMatchObject({ done: 1, waitingFor: null });
  });

  test("other templates rename what the model has found, without asking it again", async () => {
    const server = serve(() => answer);
    const world = await makeWorld(vague, { env: settings(server.host) });
    await world.settle();
    const asked = server.requests.length;
    await world.call("PUT", "/api/v1/naming/templates", { set: { filename: "{Artist} ({Venue})", directory: "sets" } });
    await world.daemon.idle();
    expect((await proposals(world)).items[0]).toMatchObject({
      engine: "ollama",
      filename: "Helena Brandt (Golden Pier).wav",
      directory: "sets",
    });
    expect(server.requests.length).toBe(asked);
  });

  test("templates that change while the model thinks name what it finds", async () => {
    const gate = Promise.withResolvers<string>();
    const server = serve(() => gate.promise);
    const world = await makeWorld(vague, { env: settings(server.host) });
    world.daemon.deps.scanner.scan("test");
    await until("the question", () => server.requests.length);
    await world.call("PUT", "/api/v1/naming/templates", { set: { filename: "{Artist} ({Venue})", directory: "sets" } });
    gate.resolve(answer);
    await world.daemon.idle();
    expect((await proposals(world)).items[0]).toMatchObject({
      engine: "ollama",
      filename: "Helena Brandt (Golden Pier).wav",
      directory: "sets",
    });
  });

  test("a model that has nothing to say does not bring back the name of former templates", async () => {
    const gate = Promise.withResolvers<string>();
    const server = serve((attempt) => (attempt === 1 ? gate.promise : "no idea"));
    const world = await makeWorld(
      { "x/Helena Brandt - Live @ Golden Pier.wav": wav(2000) },
      { env: settings(server.host) },
    );
    world.daemon.deps.scanner.scan("test");
    await until("the question", () => server.requests.length);
    await world.call("PUT", "/api/v1/naming/templates", { set: { filename: "{Artist}", directory: "sets" } });
    const place = async () => (await proposals(world)).items[0]?.directory;
    await until("the rules' new name", async () => (await place()) === "sets");
    gate.resolve("no idea");
    await world.daemon.idle();
    const { items } = await proposals(world);
    expect(items[0]?.notes.join()).toContain("not JSON");
    expect(items[0]).toMatchObject({ filename: "Helena Brandt.wav", directory: "sets" });
  });

  test("what a person approved meanwhile is not rewritten", async () => {
    const gate = Promise.withResolvers<string>();
    const server = serve(() => gate.promise);
    const world = await makeWorld(vague, { env: settings(server.host) });
    world.daemon.deps.scanner.scan("test");
    await until("the question", () => server.requests.length);
    const before = (await proposals(world)).items[0] as ProposalItem;
    await world.call("PATCH", `/proposals/${before.id}/approve`, { version: before.version });
    gate.resolve(answer);
    await world.daemon.idle();
    expect((await proposals(world)).items[0]).toMatchObject({
      engine: "rules",
      status: "approved",
      filename: before.filename,
    });
  });

  test("a model that answers nonsense leaves the rules' proposal, and says so", async () => {
    const world = await makeWorld(vague, { env: settings(serve(() => "no idea").host) });
    await world.settle();
    const { items } = await proposals(world);
    expect(items[0]).toMatchObject({ engine: "rules" });
    expect(items[0]?.notes.join()).toContain("not JSON");
  });

  test("away, it holds up nothing; come back, it is asked", async () => {
    const absent = serve(() => answer);
    const { host } = absent;
    absent.stop();
    const world = await makeWorld(vague, { env: settings(host) });
    await world.settle();
    expect((await proposals(world)).items[0]?.engine).toBe("rules");
    const waiting = (await world.call<Stats>("GET", "/pipeline/stats")).stages.find((stage) => stage.name === "refine");
    expect(waiting?.waitingFor).toContain("does not answer");
    serve(() => answer, Number(new URL(host).port));
    await until("the refined proposal", async () => (await proposals(world)).items[0]?.engine === "ollama");
  }, 20_000);
});

describe("an outage costs a file nothing", () => {
  const refineRun = (world: World) => getRun(world.daemon.deps.db, 1, "refine");
  const refineStats = async (world: World) =>
    (await world.call<Stats>("GET", "/pipeline/stats")).stages.find((stage) => stage.name === "refine");
  const once = { WORKER_MAX_RETRIES: "1" };
  const failure = () => refused(500, "out of memory");

  test("a model that answers slowly is not silent", async () => {
    const server = serve(() => slow(answer, 150, 20));
    const world = await makeWorld(vague, { env: { ...settings(server.host), ...once, WORKER_JOB_TIMEOUT: "1" } });
    await world.settle();
    expect(refineRun(world)).toMatchObject({ status: "done", attempts: 1 });
    expect((await proposals(world)).items[0]?.engine).toBe("ollama");
    expect(server.requests.length).toBe(1);
  }, 20_000);

  test("a model that is silent counts as away, not the file as failed", async () => {
    const server = serve(() => new Promise<string>(() => {}));
    const world = await makeWorld(vague, {
      env: { ...settings(server.host), ...once, WORKER_JOB_TIMEOUT: "1", WORKER_HEALTH_CHECK_INTERVAL: "3600" },
    });
    await world.settle();
    expect((await refineStats(world))?.waitingFor).toContain("no sign of life");
    expect(refineRun(world)).toMatchObject({ status: "pending", attempts: 0 });
  }, 20_000);

  test("while every question fails, refine waits, says why, and uses up no attempt", async () => {
    const state = { broken: true };
    const server = serve(() => (state.broken ? failure() : answer));
    const world = await makeWorld(vague, { env: { ...settings(server.host), ...once } });
    world.daemon.deps.scanner.scan("test");
    await until("several tries", () => server.requests.length >= 5);
    await until("the reason", async () => (await refineStats(world))?.waitingFor?.includes("out of memory"));
    expect(refineRun(world)).toMatchObject({ status: "pending", attempts: 0 });
    expect((await world.call<Stats>("GET", "/pipeline/stats")).services[0]).toMatchObject({ ok: false });
    state.broken = false;
    const item = await until("the refined proposal", async () =>
      (await proposals(world)).items.find(({ engine }) => engine === "ollama"),
    );
    expect(item.notes.join()).not.toContain("no usable answer");
    expect(refineRun(world)).toMatchObject({ status: "done", attempts: 1 });
  }, 20_000);

  test("a server that dies in the middle of an answer and comes back is asked again", async () => {
    const server = serve(() => slow(answer, 100, 50));
    const world = await makeWorld(vague, { env: { ...settings(server.host), ...once } });
    world.daemon.deps.scanner.scan("test");
    await until("the question", () => server.requests.length);
    await Bun.sleep(250);
    server.stop();
    await until("the wait", async () => (await refineStats(world))?.waitingFor);
    expect(refineRun(world)).toMatchObject({ status: "pending", attempts: 0 });
    serve(() => answer, Number(new URL(server.host).port));
    await until("the refined proposal", async () => (await proposals(world)).items[0]?.engine === "ollama");
    expect(refineRun(world)).toMatchObject({ status: "done", attempts: 1 });
  }, 20_000);

  test("a file at which a model that works fails again and again counts its attempts", async () => {
    const server = serve((_, content) => (content.includes("rec.wav") ? failure() : "{}"));
    const world = await makeWorld(vague, { env: { ...settings(server.host), ...once } });
    await world.settle();
    expect(refineRun(world)).toMatchObject({ status: "failed", attempts: 1, error: "out of memory" });
    expect((await refineStats(world))?.waitingFor).toBeNull();
  });

  test("a proposal that was decided while the model was away is left alone, and not called gone", async () => {
    const absent = serve(() => answer);
    absent.stop();
    const world = await makeWorld(vague, { env: settings(absent.host) });
    await world.settle();
    const before = (await proposals(world)).items[0] as ProposalItem;
    await world.call("PATCH", `/proposals/${before.id}/approve`, { version: before.version });
    serve(() => answer, Number(new URL(absent.host).port));
    await until("the end", () => refineRun(world)?.status === "skipped");
    expect(refineRun(world)?.error).toBe("Nothing to do any more: the file is gone, or it was decided on");
  }, 20_000);
});

describe("questions are gathered", () => {
  const input = (name: string) => ({ path: `${name}.mp3`, durationSec: 100, tags: {}, companions: [], siblings: [] });
  const draft = proposeByRules(input("A - B"));

  test("into requests of the batch size, answered each by its own", async () => {
    const sizes: number[] = [];
    const ask = makeBatcher({
      size: 3,
      gatherMs: 10,
      propose: async (inputs) => {
        sizes.push(inputs.length);
        return inputs.map((one) => ({ ...draft, filename: one.path }));
      },
    });
    const signal = new AbortController().signal;
    const answers = await Promise.all(["1", "2", "3", "4"].map((name) => ask(input(name), draft, signal)));
    expect(sizes).toEqual([3, 1]);
    expect(answers.map((one) => one.filename)).toEqual(["1.mp3", "2.mp3", "3.mp3", "4.mp3"]);
  });

  test("one that is stopped leaves; the request ends when all have left", async () => {
    const ended = Promise.withResolvers<string>();
    const ask = makeBatcher({
      size: 2,
      gatherMs: 10,
      propose: (_inputs, _drafts, signal) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            ended.resolve("stopped");
            reject(new Error("stopped"));
          }),
        ),
    });
    const [a, b] = [new AbortController(), new AbortController()];
    const answers = Promise.allSettled([ask(input("1"), draft, a.signal), ask(input("2"), draft, b.signal)]);
    await Bun.sleep(20);
    a.abort(new Error("cancelled"));
    b.abort(new Error("cancelled"));
    expect(await ended.promise).toBe("stopped");
    expect((await answers).map((one) => one.status)).toEqual(["rejected", "rejected"]);
  });

  test("requests go one after the other, and a sign of life of the first is one for all who wait", async () => {
    const signs = { a: 0, b: 0 };
    let running = 0;
    const ask = makeBatcher({
      size: 1,
      gatherMs: 5,
      propose: async (_inputs, drafts, _signal, alive) => {
        expect(++running).toBe(1);
        for (let i = 0; i < 5; i++) {
          await Bun.sleep(5);
          alive();
        }
        running--;
        return drafts;
      },
    });
    const signal = new AbortController().signal;
    await Promise.all([
      ask(input("1"), draft, signal, () => signs.a++),
      ask(input("2"), draft, signal, () => signs.b++),
    ]);
    expect(signs).toEqual({ a: 5, b: 10 });
  });

  test("an error reaches everybody who waits", async () => {
    const ask = makeBatcher({ size: 2, gatherMs: 5, propose: () => Promise.reject(new Error("gone")) });
    expect(ask(input("1"), draft, new AbortController().signal)).rejects.toThrow("gone");
  });
});
