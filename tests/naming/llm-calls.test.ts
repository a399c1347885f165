import { afterEach, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { CallError } from "../../daemon/naming/llm.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";
import { known, namer, never, reply, serve, stopServers } from "./llm-support.ts";
import { type ChatAnswer, cut, failsAfter, refused, slow } from "./ollama-server.ts";

afterEach(stopServers);

describe("a call that fails is no answer", () => {
  const cases: [string, () => ChatAnswer, string][] = [
    ["a cut connection", () => cut('{"items":['), "Did not receive done"],
    ["an error of the server", () => refused(500, "model crashed"), "model crashed"],
    ["an error inside the stream", () => failsAfter("", "runner died"), "runner died"],
    ["an error in the middle of the answer", () => failsAfter('{"items":[', "out of memory"), "out of memory"],
    ["a model that is gone", () => refused(404, "model 'm' not found"), "not found"],
    ["silence", () => new Promise<string>(() => {}), "no sign of life"],
  ];
  for (const [what, chat, message] of cases) {
    test(`${what} is thrown, and not asked again`, async () => {
      const server = serve(chat);
      const work = namer(server, { timeoutMs: 200 }).propose([known], [proposeByRules(known)], never);
      await expect(work).rejects.toThrow(message);
      await expect(work).rejects.toBeInstanceOf(CallError);
      expect(server.requests.length).toBe(1);
    });
  }

  test("a first word that is long in coming is waited for, one that never comes is not", async () => {
    const late = (ms: number) => async () => {
      await Bun.sleep(ms);
      return reply({ index: 0, fields: { artist: "Helena Hauff" } });
    };
    const ask = (ms: number) =>
      namer(serve(late(ms)), { timeoutMs: 400 }).propose([known], [proposeByRules(known)], never);
    expect((await ask(150))[0]?.engine).toBe("ollama");
    await expect(ask(1500)).rejects.toThrow("no sign of life");
  });

  test("a server that dies in the middle of an answer, and one in its place", async () => {
    const good = reply({ index: 0, fields: { artist: "Helena Hauff" } });
    const first = serve(() => slow(good, 50, 40));
    const one = namer(first);
    const work = one.propose([known], [proposeByRules(known)], never);
    setTimeout(() => first.stop(), 200);
    await expect(work).rejects.toBeInstanceOf(CallError);
    const second = serve(() => good, {}, Number(new URL(first.host).port));
    expect((await one.propose([known], [proposeByRules(known)], never))[0]?.engine).toBe("ollama");
    expect(second.requests.length).toBe(1);
  });

  test("nobody there is thrown too", async () => {
    const gone = { ...serve(() => ""), host: "http://127.0.0.1:9" };
    await expect(namer(gone).propose([known], [proposeByRules(known)], never)).rejects.toBeInstanceOf(CallError);
  });

  test("the runtime's own words for a lost connection reach nobody", async () => {
    const reset = createServer((socket) => void socket.on("data", () => socket.destroy())).listen(0);
    await once(reset, "listening");
    const port = (reset.address() as AddressInfo).port;
    const lost = namer({ ...serve(() => ""), host: `http://127.0.0.1:${port}` });
    const nobody = namer({ ...serve(() => ""), host: "http://127.0.0.1:9" });
    for (const [one, words] of [
      [lost, "the connection broke off"],
      [nobody, "the connection was refused"],
    ] as const) {
      const found = await one.probe(never);
      const error = await one.propose([known], [proposeByRules(known)], never).catch((reason: Error) => reason.message);
      for (const text of [found.ok ? "" : found.reason, String(error)]) {
        expect(text).toContain(words);
        expect(text).not.toMatch(/verbose|ECONN|url/);
      }
    }
    reset.close();
  });

  test("a try asks one word: it tells a model that works from one that does not", async () => {
    expect(await namer(serve(() => "{}")).tryOut(never)).toEqual({ ok: true });
    const broken = serve(() => refused(500, "out of memory"));
    expect(await namer(broken).tryOut(never)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("out of memory"),
    });
  });
});

describe("signs of life", () => {
  test("every piece of an answer is one", async () => {
    const server = serve(() => slow(reply({ index: 0, fields: { artist: "Helena Hauff" } }), 20, 10));
    let signs = 0;
    await namer(server, { timeoutMs: 150 }).propose([known], [proposeByRules(known)], never, () => signs++);
    expect(signs).toBeGreaterThanOrEqual(10);
  });

  test("a wait for the rate limit gives them too", async () => {
    const server = serve(() => reply({ index: 0, fields: { artist: "Helena Hauff" } }));
    let now = 0;
    const longest = { ms: 0 };
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        longest.ms = Math.max(longest.ms, ms);
        now += ms;
      },
    };
    const one = namer(server, { maxRpm: 1, clock });
    let signs = 0;
    for (let i = 0; i < 2; i++) await one.propose([known], [proposeByRules(known)], never, () => signs++);
    expect(longest.ms).toBeLessThan(1000);
    expect(signs).toBeGreaterThan(60);
  });
});

describe("probe", () => {
  test("says yes, names a missing model, a missing server, a missing setting", async () => {
    const server = serve(() => "");
    expect(await namer(server).probe(never)).toEqual({ ok: true });
    const missing = await namer(server, { model: "other" }).probe(never);
    expect(missing).toMatchObject({ ok: false, remedy: "Run: ollama pull other" });
    expect(missing).toMatchObject({ state: "no-model" });
    expect(await namer(server, { model: "" }).probe(never)).toMatchObject({ ok: false, state: "no-model-chosen" });
    const gone = await namer({ ...server, host: "http://127.0.0.1:9" }).probe(never);
    expect(gone).toMatchObject({ ok: false, state: "no-server" });
    const embeds = serve(() => "", { capabilities: ["embedding"] });
    expect(await namer(embeds).probe(never)).toMatchObject({ ok: false, state: "cannot-answer" });
  });

  test("what is no Ollama is told apart, whatever it says", async () => {
    for (const body of ["[]", "<html>", '{"models":5}', '{"models":[{"size":1}]}', ""]) {
      const other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(body) });
      const found = await namer({ host: `http://127.0.0.1:${other.port}` }).probe(never);
      await other.stop(true);
      expect([body, found.ok ? "ok" : found.state]).toEqual([body, "no-server"]);
    }
  });

  test("an Ollama without any model says so, also with null for the list", async () => {
    const empty = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ models: null }) });
    const look = await namer({ host: `http://127.0.0.1:${empty.port}` }).look(never);
    await empty.stop(true);
    expect(look).toMatchObject({ installed: [], found: { state: "no-model" } });
  });

  test("a look lists what Ollama has, with size and shape", async () => {
    const { installed, contextTokens } = await namer(serve(() => "", { contextLength: 8192 })).look(never);
    expect(installed).toEqual([
      { name: "m:latest", sizeBytes: 1_400_000_000, parameters: "1.2B", quantization: "Q4_K_M" },
    ]);
    expect(contextTokens).toBe(8192);
  });
});
