import { afterEach, describe, expect, test } from "bun:test";
import type { ProposalItem, Stats } from "../../daemon/contract/api.ts";
import { makeBatcher } from "../../daemon/naming/batch.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";
import { type ChatAnswer, type FakeOllama, startOllama } from "../naming/ollama-server.ts";
import { makeWorld, until, type World, wav } from "../support/world.ts";

interface Page<T> {
  items: T[];
  total: number;
}

const servers: FakeOllama[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

function serve(chat: (attempt: number, content: string) => ChatAnswer): FakeOllama {
  const server = startOllama(chat, ["m:latest"]);
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
    });
    const stats = await world.call<Stats>("GET", "/pipeline/stats");
    expect(stats.services[0]).toMatchObject({ name: "ollama", ok: true });
    expect(stats.stages.find((stage) => stage.name === "refine")).toMatchObject({ done: 1, waitingFor: null });
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
    const port = Number(new URL(host).port);
    const server = Bun.serve({
      port,
      hostname: "127.0.0.1",
      async fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === "/api/tags") return Response.json({ models: [{ name: "m:latest", model: "m:latest" }] });
        if (pathname === "/api/show") return Response.json({ details: {} });
        const { stream } = (await request.json()) as { stream: boolean };
        const message = {
          model: "m",
          message: { role: "assistant", content: answer },
          done: true,
          done_reason: "stop",
        };
        return stream ? new Response(`${JSON.stringify(message)}\n`) : Response.json(message);
      },
    });
    await until("the refined proposal", async () => (await proposals(world)).items[0]?.engine === "ollama");
    await server.stop(true);
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

  test("an error reaches everybody who waits", async () => {
    const ask = makeBatcher({ size: 2, gatherMs: 5, propose: () => Promise.reject(new Error("gone")) });
    expect(ask(input("1"), draft, new AbortController().signal)).rejects.toThrow("gone");
  });
});
