import { resolve } from "node:path";
import type { Stats } from "../contract/api.ts";
import type { ScanBatch } from "../db/scan-batches.ts";
import type { Client } from "./client.ts";
import { type Command, type CommandInput, type Io, UsageError, wholeNumber } from "./command.ts";
import { printJson, withClient } from "./review.ts";
import { progressBar } from "./table.ts";

/** Waits for a scan to end. */
async function followScan(client: Client, io: Io, id: number): Promise<ScanBatch> {
  const bar = progressBar(io);
  for (;;) {
    const scan = await client.call<ScanBatch>("GET", `/api/v1/scan/${id}`);
    bar.show(0, 0, `scanning: ${scan.files.seen} files, ${scan.files.new} new`);
    if (scan.status !== "running") {
      bar.end();
      return scan;
    }
    io.signal.throwIfAborted();
    await Bun.sleep(150);
  }
}

/** Waits until every file has gone through the stages that can run. */
export async function followPipeline(client: Client, io: Io): Promise<Stats> {
  const bar = progressBar(io);
  for (let calm = 0; ; ) {
    const stats = await client.call<Stats>("GET", "/pipeline/stats");
    const active = stats.stages.filter((stage) => stage.waitingFor === null);
    const done = active.reduce((sum, stage) => sum + stage.done + stage.failed + stage.skipped, 0);
    const left = active.reduce((sum, stage) => sum + stage.pending + stage.running, 0);
    bar.show(done, done + left, `${left} steps left`);
    calm = stats.idle ? calm + 1 : 0;
    if (calm >= 2) {
      bar.end();
      return stats;
    }
    io.signal.throwIfAborted();
    await Bun.sleep(200);
  }
}

export const scan: Command = {
  name: "scan",
  summary: "Look for new, changed and vanished files",
  usage: "[PATH]",
  words: [0, 1],
  options: { wait: { type: "boolean", help: "Wait until every file has a proposal" } },
  async run(input: CommandInput) {
    const { io, flags, words, json } = input;
    return withClient(input, { work: Boolean(flags.wait) }, async (client) => {
      const body = words[0] === undefined ? {} : { path: resolve(io.cwd, words[0]) };
      const started = await client.call<{ batchId: number }>("POST", "/api/v1/scan", body);
      const wait = Boolean(flags.wait) || client.own;
      const found = wait
        ? await followScan(client, io, started.batchId)
        : await client.call<ScanBatch>("GET", `/api/v1/scan/${started.batchId}`);
      if (flags.wait && found.status === "completed") await followPipeline(client, io);
      const { files } = found;
      if (json) printJson(io, { batchId: started.batchId, ...found });
      else {
        io.out(
          `Scan ${found.id} ${found.status}: ${files.seen} files, ${files.new} new, ${files.changed} changed, ${files.moved} moved, ${files.missing} missing, ${files.returned} back\n`,
        );
        const skipped = Object.entries(files.skipped).map(([reason, n]) => `${n} ${reason}`);
        if (skipped.length > 0) io.out(`Left alone: ${skipped.join(", ")}\n`);
        if (files.settling > 0)
          io.out(`${files.settling} files are still being written and are taken when they are still\n`);
        if (found.error) io.err(`${found.error}\n`);
      }
      return found.status === "failed" ? 1 : 0;
    });
  },
};

export const propose: Command = {
  name: "propose",
  summary: "Make pending proposals anew",
  usage: "",
  options: {
    engine: { type: "string", value: "ENGINE", help: "rules (default), or ollama to let the model look over them" },
    "only-failed": { type: "boolean", help: "Only those that failed or were skipped" },
    wait: { type: "boolean", help: "Wait until they are made" },
  },
  async run(input) {
    const { io, flags, json } = input;
    const engine = flags.engine ?? "rules";
    if (engine !== "rules" && engine !== "ollama") throw new UsageError("--engine is rules or ollama");
    return withClient(input, { work: Boolean(flags.wait) }, async (client) => {
      const reply = await client.call<{ queued: number }>("POST", "/api/v1/proposals/generate", {
        engine,
        onlyFailed: Boolean(flags["only-failed"]),
      });
      if (flags.wait) await followPipeline(client, io);
      if (json) printJson(io, reply);
      else io.out(`${reply.queued} files queued\n`);
      return 0;
    });
  },
};

export const analyze: Command = {
  name: "analyze",
  summary: "Analyse the sound again: tempo, key, loudness, mood",
  usage: "[ID…]",
  words: [0, 10_000],
  options: {
    stage: { type: "string", value: "NAME", help: "Only loudness, rhythm, key or mood" },
    "only-failed": { type: "boolean", help: "Only what failed or was skipped" },
    wait: { type: "boolean", help: "Wait until it is done" },
  },
  async run(input) {
    const { io, flags, words, json } = input;
    const fileIds = words.map((word) => wholeNumber(word, "ID") as number);
    return withClient(input, { work: Boolean(flags.wait) }, async (client) => {
      const reply = await client.call<{ queued: number }>("POST", "/api/v1/analyze", {
        ...(fileIds.length > 0 ? { fileIds } : {}),
        ...(flags.stage ? { stages: [flags.stage] } : {}),
        onlyFailed: Boolean(flags["only-failed"]),
      });
      if (flags.wait) await followPipeline(client, io);
      if (json) printJson(io, reply);
      else io.out(`${reply.queued} steps queued\n`);
      return 0;
    });
  },
};
