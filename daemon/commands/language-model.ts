import type { Config } from "../config.ts";
import { type LlmPull, type LlmReply, modelNameSchema } from "../contract/llm.ts";
import { silentLog } from "../log.ts";
import { makeLanguageModel } from "../model.ts";
import type { Client } from "./client.ts";
import { type CommandInput, UsageError } from "./command.ts";
import { printJson, withClient } from "./review.ts";
import { progressBar, showBytes } from "./table.ts";

const pollMs = 300;

/** What a look at Ollama says now, without a daemon; after `waitMs` it is what is known by then. */
export async function lookAtModel(config: Config, waitMs: number) {
  const model = makeLanguageModel(config, silentLog, { onReturn() {} });
  const looked = model.check();
  await Promise.race([looked, Bun.sleep(waitMs)]);
  const reply = model.describe();
  const status = model.status();
  model.stop();
  if (reply.state !== "unknown") return { reply, status };
  const reason = `Ollama at ${reply.host} has not answered within ${Math.round(waitMs / 1000)} s.`;
  const remedy = "Start Ollama, or look into its log.";
  return { reply: { ...reply, reason, remedy }, status: { ...status, detail: reason, remedy } };
}

/** The model's state in one line. */
export function modelLine({ model, host, state, reason, remedy }: LlmReply): string {
  if (state === "ok") return `Language model: ${model} at ${host}`;
  return `Language model: ${model}, missing. ${[reason, remedy].filter(Boolean).join(" ")}`;
}

/** Models that suit, each with the command that fetches it; empty when the model that is set is there. */
export function recommendedLines({ state, recommended, model }: LlmReply): string[] {
  if (state === "ok") return [];
  const lines = recommended.flatMap(({ name, size, downloadBytes, memoryBytes, licence, why, installed }) => {
    const facts = `${showBytes(downloadBytes)}, about ${Math.round(memoryBytes / 1e9)} GB of memory, ${licence}`;
    const set = name === model ? "" : `   and set LLM_MODEL=${name}`;
    return [
      `  ${size}: ${name}  (${facts})`,
      `    ${why}`,
      `    ${installed ? "is there" : `phaze models pull ${name}`}${set}`,
    ];
  });
  return ["", "Language models that suit; Ollama downloads them from its own registry:", ...lines];
}

async function follow(client: Client, { io }: CommandInput): Promise<{ reply: LlmReply; pull: LlmPull }> {
  const bar = progressBar(io);
  try {
    for (;;) {
      const reply = await client.call<LlmReply>("GET", "/api/v1/llm");
      const { pull } = reply;
      if (!pull) throw new Error("The daemon was started anew: ask for the model again");
      const { completedBytes, totalBytes, model, status } = pull;
      const bytes = totalBytes > 0 ? `${showBytes(completedBytes)} of ${showBytes(totalBytes)}` : status;
      bar.show(completedBytes, totalBytes, `${model}  ${bytes}`);
      if (pull.state !== "running") return { reply, pull };
      io.signal.throwIfAborted();
      await Bun.sleep(pollMs);
    }
  } catch (error) {
    // Who stops the command does not want the download either; Ollama keeps what it has.
    await client.call("POST", "/api/v1/llm/pull/cancel").catch(() => {});
    throw error;
  } finally {
    bar.end();
  }
}

/** Has Ollama download a model, and shows how far it is. */
export async function pullModel(input: CommandInput, names: readonly string[]): Promise<number> {
  const [name = ""] = names;
  if (names.length !== 1) throw new UsageError("phaze models pull MODEL: one model at a time");
  if (!modelNameSchema.safeParse(name).success)
    throw new UsageError(`${JSON.stringify(name)} is no model's name: they look like qwen3:1.7b`);
  const { io, json } = input;
  return withClient(input, { work: false }, async (client) => {
    await client.call("POST", "/api/v1/llm/pull", { model: name });
    const { reply, pull } = await follow(client, input);
    if (json) printJson(io, { host: reply.host, model: reply.model, state: reply.state, pull });
    else if (pull.state === "done") {
      io.out(`✓ ${name}: downloaded by Ollama at ${reply.host}\n`);
      if (reply.model !== name) io.out(`To use it, set LLM_MODEL=${name}\n`);
    } else
      io.out(`✗ ${name}: ${[pull.error ?? "the download was cancelled", pull.remedy].filter(Boolean).join(". ")}\n`);
    return pull.state === "done" ? 0 : 1;
  });
}
