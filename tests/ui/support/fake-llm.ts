import type { Hono } from "hono";
import { type LlmReply, llmSchema } from "../../../daemon/contract/llm.ts";
import { problem } from "../../../daemon/http/problem.ts";
import { recommendedModels } from "../../../daemon/llm-models.ts";
import type { World } from "./fake-world.ts";

/** A model that is missing on an Ollama that is there. */
export const missingModel = (): LlmReply =>
  llmSchema.parse({
    host: "http://127.0.0.1:11434",
    model: "qwen3:4b-instruct",
    state: "no-model",
    reason: "Ollama at http://127.0.0.1:11434 does not have the model qwen3:4b-instruct.",
    remedy: "Run: ollama pull qwen3:4b-instruct",
    prompt: "fields-v3",
    installed: [],
    recommended: recommendedModels(16_384, []),
    pull: null,
  });

/** The language model as the daemon shows it; a download goes on only when a test says so. */
export function llmRoutes(app: Hono, world: World): void {
  app.get("/api/v1/llm", (c) => c.json(llmSchema.parse(world.llm)));
  app.post("/api/v1/llm/pull", async (c) => {
    const { model } = (await c.req.json()) as { model: string };
    if (world.llm.state === "no-server") return problem(c, 503, "Ollama does not answer", "Start Ollama");
    world.llm.pull = {
      ...{ model, state: "running", status: "pulling manifest", completedBytes: 0, totalBytes: 0 },
      ...{ startedAt: Date.now(), error: null, remedy: null },
    };
    return c.json(world.llm.pull, 202);
  });
  app.post("/api/v1/llm/pull/cancel", (c) => {
    if (world.llm.pull) world.llm.pull.state = "cancelled";
    return c.json({ cancelled: world.llm.pull !== null });
  });
}
