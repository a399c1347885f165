import { afterAll, describe, expect, test } from "bun:test";
import type { z } from "zod";
import { namer, never } from "./llm-support.ts";
import { startOllama } from "./ollama-server.ts";
import {
  chatEndSchema,
  chatLineSchema,
  errorSchema,
  pullLineSchema,
  showSchema,
  tagsSchema,
  versionSchema,
} from "./ollama-shapes.ts";

const fake = startOllama(() => '{"items":[{"index":0,"fields":{}}]}', ["m:latest", "other:1b"]);
afterAll(() => fake.stop());

/** OLLAMA_HOST_TEST: the address of a real Ollama with a small model, to hold the test server against. */
const real = process.env.OLLAMA_HOST_TEST;
const servers: [string, string][] = [
  ["the test server", fake.host],
  ...(real ? [["a real server", real] as [string, string]] : []),
];

for (const [who, host] of servers) {
  const ask = (path: string, body?: unknown) =>
    fetch(`${host}${path}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
  const lines = async <T>(response: Response, schema: z.ZodType<T>): Promise<T[]> =>
    (await response.text())
      .split("\n")
      .filter(Boolean)
      .map((line) => schema.parse(JSON.parse(line)));
  const firstModel = async () => tagsSchema.parse(await (await ask("/api/tags")).json()).models[0]?.name ?? "";

  describe(`${who} speaks as documented`, () => {
    test("version, list and details of models", async () => {
      versionSchema.parse(await (await ask("/api/version")).json());
      const model = await firstModel();
      expect(model).toContain(":");
      const shown = showSchema.parse(await (await ask("/api/show", { model })).json());
      expect(Object.keys(shown.model_info).some((key) => key.endsWith(".context_length"))).toBe(true);
    });

    test("an answer in pieces, the last with reason and counts", async () => {
      const response = await ask("/api/chat", {
        model: await firstModel(),
        messages: [{ role: "user", content: "Answer with an empty list of items." }],
        format: { type: "object", properties: { items: { type: "array", maxItems: 0 } }, required: ["items"] },
        stream: true,
        options: { temperature: 0, num_predict: 40, num_ctx: 2048 },
      });
      expect(response.headers.get("content-type")).toContain("application/x-ndjson");
      const said = await lines(response, chatLineSchema);
      const last = chatEndSchema.parse(said.at(-1));
      expect(last.prompt_eval_count).toBeGreaterThan(0);
      expect(last.eval_count).toBeGreaterThan(0);
      expect(said.slice(0, -1).every((line) => "done" in line && !line.done)).toBe(true);
    }, 300_000);

    test("the shape of the largest question is understood", async () => {
      const model = await firstModel();
      const tried = await namer({ host }, { model, batchSize: 50, maxCompanionChars: 0, timeoutMs: 250_000 }).tryOut(
        never,
      );
      expect(tried).toEqual({ ok: true });
    }, 300_000);

    test("a model that is not there: 404 with the reason", async () => {
      for (const path of ["/api/show", "/api/chat"]) {
        const response = await ask(path, {
          model: "phaze-has-no-such-model",
          messages: [{ role: "user", content: "x" }],
        });
        expect([path, response.status]).toEqual([path, 404]);
        expect(errorSchema.parse(await response.json()).error).toContain("not found");
      }
    });

    test("a pull of a name that is none: 400 with the reason", async () => {
      const response = await ask("/api/pull", { model: "???" });
      expect(response.status).toBe(400);
      errorSchema.parse(await response.json());
    });
  });
}

test("a pull comes as lines: manifest, layers with bytes, checks, success", async () => {
  const response = await fetch(`${fake.host}/api/pull`, { method: "POST", body: JSON.stringify({ model: "new:1b" }) });
  const said = (await response.text())
    .trim()
    .split("\n")
    .map((line) => pullLineSchema.parse(JSON.parse(line)));
  const states = said.map((line) => ("status" in line ? line.status.replace(/[0-9a-f]{12}/, "DIGEST") : "error"));
  expect([...new Set(states)]).toEqual([
    "pulling manifest",
    "pulling DIGEST",
    "verifying sha256 digest",
    "writing manifest",
    "success",
  ]);
  expect(said.some((line) => "completed" in line && line.completed === line.total)).toBe(true);
  const names = tagsSchema.parse(await (await fetch(`${fake.host}/api/tags`)).json()).models.map(({ name }) => name);
  expect(names).toContain("new:1b");
});
