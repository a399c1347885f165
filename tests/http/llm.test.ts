import { afterEach, describe, expect, test } from "bun:test";
import { settings } from "../../daemon/config.ts";
import type { ProposalItem } from "../../daemon/contract/api.ts";
import type { PhazeEvent } from "../../daemon/contract/event.ts";
import { type LlmPull, type LlmReply, llmSchema } from "../../daemon/contract/llm.ts";
import { arrives, breaksOff, type Puller, standsStill } from "../naming/ollama-pulls.ts";
import { type FakeOllama, refused, startOllama } from "../naming/ollama-server.ts";
import { makeWorld, until, type World, wav } from "../support/world.ts";

const servers: FakeOllama[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

const answer = JSON.stringify({
  items: [{ index: 0, kind: "set", fields: { artist: "Helena Brandt", venue: "Golden Pier" } }],
});
const vague = {
  "x/rec.wav": wav(2000),
  "x/rec.txt": "a night with the great Helena Brandt\nat the Golden Pier, in deepest winter\n",
};

async function start(
  pull: Puller | undefined,
  options: { models?: string[]; env?: Record<string, string>; tree?: typeof vague } = {},
) {
  const server = startOllama(() => answer, options.models ?? [], 0, pull ? { pull } : {});
  servers.push(server);
  const env = { OLLAMA_HOST: server.host, LLM_MODEL: "new:1b", LLM_MAX_RPM: "1000", ...options.env };
  const world = await makeWorld(options.tree ?? ({} as typeof vague), {
    env: { WORKER_HEALTH_CHECK_INTERVAL: "3600", ...env },
  });
  const news: PhazeEvent[] = [];
  world.daemon.deps.events.listen((event) => event.type === "llm" && news.push(event));
  return { world, server, news, pulls: () => news.flatMap(({ data }) => (data.pull ? [data.pull as LlmPull] : [])) };
}
const show = async (world: World) => llmSchema.parse(await world.call<LlmReply>("GET", "/api/v1/llm"));
const pullOf = (world: World, model: string) => world.request("POST", "/api/v1/llm/pull", { body: { model } });
const cancel = (world: World) => world.call<{ cancelled: boolean }>("POST", "/api/v1/llm/pull/cancel");
const ended = (world: World) =>
  until("the end of the download", async () => {
    const { pull } = await show(world);
    return pull && pull.state !== "running" ? pull : null;
  });

describe("what the API says of the language model", () => {
  test("state with reason and remedy, what is there, what suits", async () => {
    const { world } = await start(undefined, { models: ["other:1b", "qwen3:1.7b"] });
    const shown = await show(world);
    expect(shown).toMatchObject({ model: "new:1b", state: "no-model", remedy: "Run: ollama pull new:1b", pull: null });
    expect(shown.installed).toEqual([
      { name: "other:1b", sizeBytes: 1_400_000_000, parameters: "1.2B", quantization: "Q4_K_M" },
      { name: "qwen3:1.7b", sizeBytes: 1_400_000_000, parameters: "1.2B", quantization: "Q4_K_M" },
    ]);
    expect(shown.recommended.map(({ size, installed }) => [size, installed])).toEqual([
      ["small", true],
      ["better", false],
    ]);
    const [small, better] = shown.recommended;
    expect(better?.downloadBytes).toBeGreaterThan(small?.downloadBytes ?? 0);
    for (const one of shown.recommended) expect(one.memoryBytes).toBeGreaterThan(one.downloadBytes);
  });

  test("ok has neither reason nor remedy", async () => {
    const { world } = await start(undefined, { models: ["new:1b"] });
    expect(await show(world)).toMatchObject({ state: "ok", reason: null, remedy: null });
  });

  test("the default model is one that is recommended", async () => {
    const { world } = await start(undefined);
    const names = (await show(world)).recommended.map(({ name }) => name);
    expect(names).toContain(settings.LLM_MODEL.fallback ?? "");
  });
});

describe("a download", () => {
  test("goes on by itself, tells how far it is, and what waits for the model goes on after it", async () => {
    const { world, server, news, pulls } = await start(arrives([1_000_000, 500], 40, 20), { tree: vague });
    await world.settle();
    expect((await world.call<{ items: ProposalItem[] }>("GET", "/proposals/")).items[0]?.engine).toBe("rules");
    const response = await pullOf(world, "new:1b");
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ model: "new:1b", state: "running", error: null });
    expect(await ended(world)).toMatchObject({ state: "done", completedBytes: 1_000_500, totalBytes: 1_000_500 });
    expect(server.pulls).toEqual(["new:1b"]);
    await until("the refined proposal", async () => {
      const { items } = await world.call<{ items: ProposalItem[] }>("GET", "/proposals/");
      return items[0]?.engine === "ollama";
    });
    const told = pulls();
    expect(told.map(({ state }) => state).slice(-1)).toEqual(["done"]);
    expect(told.some(({ state, completedBytes }) => state === "running" && completedBytes > 0)).toBe(true);
    // 1.6 s of 80 steps: told about twice a second, not 80 times.
    expect(told.length).toBeLessThan(12);
    expect(news.some(({ data }) => data.state === "ok")).toBe(true);
    expect((await show(world)).state).toBe("ok");
  }, 20_000);

  test("one at a time; cancelled, it says so, and another can follow", async () => {
    const { world, server } = await start(standsStill());
    expect((await pullOf(world, "a:1b")).status).toBe(202);
    await until("the first", () => server.pulls.length === 1);
    const second = await pullOf(world, "b:1b");
    expect([second.status, ((await second.json()) as { title: string }).title]).toEqual([
      409,
      "Ollama is downloading a:1b already",
    ]);
    expect(await cancel(world)).toEqual({ cancelled: true });
    expect(await ended(world)).toMatchObject({ model: "a:1b", state: "cancelled", error: null });
    expect(await cancel(world)).toEqual({ cancelled: false });
    expect((await pullOf(world, "b:1b")).status).toBe(202);
    await until("the second", () => server.pulls.length === 2);
    expect(server.pulls).toEqual(["a:1b", "b:1b"]);
  });

  const failures: [string, Puller, RegExp, RegExp][] = [
    ["an error on its way", breaksOff("write /models: no space left on device"), /no space left/, /Free some space/],
    [
      "a name that Ollama does not know",
      breaksOff("pull model manifest: file does not exist"),
      /does not exist/,
      /spelling/,
    ],
    ["a refusal", () => refused(400, "invalid model name"), /invalid model name/, /again/],
    ["a stream that ends too soon", () => new Response('{"status":"pulling manifest"}\n'), /Did not receive/, /again/],
  ];
  for (const [what, pull, error, remedy] of failures) {
    test(`${what}: failed, with the reason and a remedy`, async () => {
      const { world, pulls } = await start(pull);
      await pullOf(world, "new:1b");
      const last = await ended(world);
      expect(last).toMatchObject({ state: "failed" });
      expect(last.error).toMatch(error);
      expect(last.remedy).toMatch(remedy);
      expect(pulls().at(-1)).toEqual(last);
      expect((await show(world)).state).toBe("no-model");
    });
  }

  test("nothing that comes for a while, however much Ollama talks: failed", async () => {
    const { world } = await start(standsStill(), { env: { WORKER_JOB_TIMEOUT: "1" } });
    await pullOf(world, "new:1b");
    const last = await ended(world);
    expect(last).toMatchObject({ state: "failed", completedBytes: 3000, totalBytes: 3000 });
    expect(last.error).toContain("no sign of life");
  });

  test("a connection that is lost: failed, with the reason in plain words", async () => {
    const { world, server } = await start(standsStill());
    await pullOf(world, "new:1b");
    await until("some bytes", async () => (await show(world)).pull?.completedBytes);
    server.stop();
    expect((await ended(world)).error).toMatch(/broke off|closed/);
  });

  test("Ollama is away: refused with the reason", async () => {
    const { world, server } = await start(undefined);
    server.stop();
    const response = await pullOf(world, "new:1b");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      title: expect.stringContaining("does not answer"),
      detail: expect.stringContaining("Start Ollama"),
    });
    expect((await show(world)).pull).toBeNull();
  });

  test("only names of models, and nothing unasked", async () => {
    const { world, server } = await start(undefined);
    for (const model of [
      "",
      " ",
      "a b",
      "../x",
      "a/../b",
      "-x",
      "x:",
      "http://x/y",
      "x?y",
      "a".repeat(201),
      "x\ny",
      5,
      null,
    ])
      expect([model, (await world.request("POST", "/api/v1/llm/pull", { body: { model } })).status]).toEqual([
        model,
        400,
      ]);
    expect((await world.request("POST", "/api/v1/llm/pull")).status).toBe(400);
    expect(server.pulls).toEqual([]);
    for (const model of ["qwen3:1.7b", "library/qwen3", "hf.co/someone/Model-GGUF:Q4_K_M", "localhost:5000/a/b:c"]) {
      expect([model, (await pullOf(world, model)).status]).toEqual([model, 202]);
      await ended(world);
    }
    expect(server.pulls.length).toBe(4);
  });
});
