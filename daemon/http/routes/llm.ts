import { createRoute, z } from "@hono/zod-openapi";
import { llmPullSchema, llmSchema, modelNameSchema } from "../../contract/llm.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { fails, json } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";

const show = createRoute({
  method: "get",
  path: "/api/v1/llm",
  tags: ["Language model"],
  summary: "The language model: its state, what Ollama has, which models suit, and how far a download is",
  responses: { 200: json(llmSchema, "As of the last look; downloads as of now") },
});

const pull = createRoute({
  method: "post",
  path: "/api/v1/llm/pull",
  tags: ["Language model"],
  summary: "Have Ollama download a model from its own registry",
  description: "How far it is comes as events of type `llm`. Ollama keeps what it has of a download that is stopped.",
  request: {
    body: { content: { "application/json": { schema: z.object({ model: modelNameSchema }) } }, required: true },
  },
  responses: {
    202: json(llmPullSchema, "Ollama is asked for it"),
    409: fails("Another download is under way"),
    503: fails("Ollama is away"),
  },
});

const cancel = createRoute({
  method: "post",
  path: "/api/v1/llm/pull/cancel",
  tags: ["Language model"],
  summary: "Stop the download",
  responses: { 200: json(z.object({ cancelled: z.boolean() }), "Whether there was one") },
});

export function llmRoutes({ llm }: AppDeps) {
  return makeRoutes()
    .openapi(show, (c) => c.json(llm.describe(), 200))
    .openapi(pull, async (c) => {
      const started = await llm.pull(c.req.valid("json").model);
      if (started.ok) return c.json(started.pull, 202);
      throw new HttpProblem(started.why === "busy" ? 409 : 503, started.reason, started.remedy);
    })
    .openapi(cancel, (c) => c.json({ cancelled: llm.cancelPull() }, 200));
}
