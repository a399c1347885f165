import { afterEach, describe, expect, test } from "bun:test";
import { llmSchema } from "../../daemon/contract/llm.ts";
import { arrives, breaksOff, type Puller, standsStill } from "../naming/ollama-pulls.ts";
import { type FakeOllama, startOllama } from "../naming/ollama-server.ts";
import { tempFolder, until } from "../support/world.ts";
import { run } from "./run-cli.ts";

const servers: FakeOllama[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});
function ollama(models: string[], pull?: Puller) {
  const server = startOllama(() => "{}", models, 0, pull ? { pull } : {});
  servers.push(server);
  return { server, env: { OLLAMA_HOST: server.host, LLM_MODEL: "new:1b" } };
}

describe("doctor", () => {
  test("without the model: state, remedy, and two models with size, licence and the command", async () => {
    const { env } = ollama(["qwen3:1.7b"]);
    const { code, out } = await run(tempFolder(), ["doctor"], env);
    expect(code).toBe(0);
    expect(out).toMatch(/! ollama: .*does not have the model new:1b.*\n {4}Run: ollama pull new:1b/);
    expect(out).toMatch(
      /from its own registry:\n {2}small: qwen3:1\.7b {2}\(1\.4 GB, about \d GB of memory, Apache-2\.0\)/,
    );
    expect(out).toContain("    is there   and set LLM_MODEL=qwen3:1.7b\n");
    expect(out).toContain("    phaze models pull qwen3:4b-instruct   and set LLM_MODEL=qwen3:4b-instruct\n");
  });

  test("with the model: no more about it; JSON has all of it", async () => {
    const { env } = ollama(["new:1b"]);
    expect((await run(tempFolder(), ["doctor"], env)).out).not.toContain("Language models");
    const { languageModel } = (await run(tempFolder(), ["doctor", "--json"], env)).json();
    expect(llmSchema.parse(languageModel)).toMatchObject({ state: "ok", model: "new:1b" });
  });
});

describe("models", () => {
  test("list ends with the language model", async () => {
    const { env } = ollama(["new:1b"]);
    expect((await run(tempFolder(), ["models", "list"], env)).out).toMatch(/\nLanguage model: new:1b at http:\S+\n$/);
    const missing = await run(tempFolder(), ["models", "list"], { ...env, LLM_MODEL: "x" });
    expect(missing.out).toMatch(/\nLanguage model: x, missing\. .* Run: ollama pull x\n$/);
    const { languageModel } = (await run(tempFolder(), ["models", "list", "--json"])).json();
    expect(languageModel).toMatchObject({ state: "no-server" });
  });

  test("list does not wait for an Ollama that is silent", async () => {
    const silent = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Promise<Response>(() => {}) });
    const start = performance.now();
    const { out } = await run(tempFolder(), ["models", "list"], { OLLAMA_HOST: `http://127.0.0.1:${silent.port}` });
    await silent.stop(true);
    expect(performance.now() - start).toBeLessThan(6000);
    expect(out).toMatch(/missing\. Ollama at \S+ has not answered within 2 s/);
  });

  test("pull has Ollama download it, with a bar that counts bytes", async () => {
    const { server, env } = ollama([], arrives([2_000_000_000, 1000], 30, 30));
    const { code, out, err } = await run(tempFolder(), ["models", "pull", "new:1b"], env, undefined, true);
    expect([code, out]).toEqual([0, `✓ new:1b: downloaded by Ollama at ${server.host}\n`]);
    expect(err).toMatch(/new:1b {2}\d+(\.\d)? [MG]B of 2\.0 GB/);
    expect(server.pulls).toEqual(["new:1b"]);
    const other = await run(tempFolder(), ["models", "pull", "other:1b"], env);
    expect([other.code, other.err]).toEqual([0, ""]);
    expect(other.out).toContain("To use it, set LLM_MODEL=other:1b\n");
  });

  test("pull fails with the reason: on the way, when Ollama is away, for what is no name", async () => {
    const { env } = ollama([], breaksOff("pull model manifest: file does not exist"));
    const failed = await run(tempFolder(), ["models", "pull", "new:1b"], env);
    expect(failed.code).toBe(1);
    expect(failed.out).toMatch(/✗ new:1b: .*does not exist.*spelling/);
    const json = await run(tempFolder(), ["models", "pull", "new:1b", "--json"], env);
    expect([json.code, json.json().pull.state]).toEqual([1, "failed"]);
    const away = await run(tempFolder(), ["models", "pull", "new:1b"]);
    expect([away.code, away.out]).toEqual([1, ""]);
    expect(away.err).toMatch(/does not answer[\s\S]*Start Ollama/);
    for (const names of [[], ["a", "b"], ["../x"]])
      expect((await run(tempFolder(), ["models", "pull", ...names], env)).code).toBe(2);
  });

  test("whoever stops the command stops the download", async () => {
    const { server, env } = ollama([], standsStill());
    const stop = new AbortController();
    const work = run(tempFolder(), ["models", "pull", "new:1b"], env, stop.signal);
    await until("the question", () => server.pulls.length);
    stop.abort(new Error("stopped"));
    expect((await work).code).toBe(1);
  });
});
