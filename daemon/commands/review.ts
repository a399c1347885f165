import { setTimeout as sleep } from "node:timers/promises";
import type { BatchItem, PlanReply, UndoReply } from "../contract/api.ts";
import { type Client, connectClient } from "./client.ts";
import { type Command, type CommandInput, type Io, UsageError, wholeNumber } from "./command.ts";
import { progressBar, showBytes } from "./table.ts";

/** Runs `work` with a client and closes it whatever happens. */
export async function withClient<T>(
  input: CommandInput,
  options: { work: boolean; fingerprint?: boolean },
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connectClient(input.config(), options);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

export const printJson = (io: Io, value: unknown) => io.out(`${JSON.stringify(value)}\n`);

interface BulkReply {
  decided: number;
  conflicts: number[];
  notFound: number[];
}

function confidenceOf(text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new UsageError("--min-confidence must be a number from 0 to 1");
  return value;
}

const decisionCommand = (name: "approve" | "reject", summary: string, past: string): Command => ({
  name,
  summary,
  usage: "ID… | --all [--min-confidence X]",
  words: [0, 10_000],
  options: {
    all: { type: "boolean", help: "All pending proposals" },
    "min-confidence": { type: "string", value: "X", help: "With --all: only those at least this sure (0 to 1)" },
  },
  async run(input) {
    const { words, flags, io, json } = input;
    const minConfidence = confidenceOf(flags["min-confidence"]);
    if (Boolean(flags.all) === words.length > 0)
      throw new UsageError(`Name proposals, or say --all: phaze ${name} ID…`);
    if (minConfidence !== undefined && !flags.all) throw new UsageError("--min-confidence goes with --all");
    const ids = words.map((word) => wholeNumber(word, "ID"));
    const filter = minConfidence === undefined ? {} : { minConfidence };
    const body = flags.all ? { action: name, all: true, filter } : { action: name, ids };
    const reply = await withClient(input, { work: false }, (client) =>
      client.call<BulkReply>("PATCH", "/proposals/bulk", body),
    );
    if (json) printJson(io, reply);
    else {
      io.out(`${reply.decided} ${past}\n`);
      if (reply.notFound.length > 0) io.err(`There is no proposal ${reply.notFound.join(", ")}\n`);
      if (reply.conflicts.length > 0) io.err(`Already executed: ${reply.conflicts.join(", ")}\n`);
    }
    return reply.notFound.length + reply.conflicts.length > 0 ? 1 : 0;
  },
});

export const approve = decisionCommand("approve", "Approve proposals", "approved");
export const reject = decisionCommand("reject", "Reject proposals", "rejected");

/**
 * Waits for the end of a batch, showing its progress. An interrupt ends the waiting: a daemon goes on with the batch;
 * work of this command's own stops after the file at hand, and the journal is taken up at the next start.
 */
async function follow(client: Client, io: Io, batchId: number): Promise<BatchItem> {
  const bar = progressBar(io);
  try {
    for (;;) {
      io.signal.throwIfAborted();
      const batch = await client.call<BatchItem>("GET", `/execution/${batchId}`);
      bar.show(batch.bytesDone, batch.bytes, `${showBytes(batch.bytesDone)} of ${showBytes(batch.bytes)}`);
      if (batch.status !== "running") return batch;
      await sleep(150, undefined, { signal: io.signal }).catch(() => {});
    }
  } finally {
    bar.end();
  }
}

function showPlan(io: Io, plan: PlanReply): void {
  for (const item of plan.items) {
    if (item.status === "unchanged") continue;
    io.out(`${item.status === "ready" ? "→" : "✗"} ${item.source}\n  ${item.dest}\n`);
    for (const line of [...item.reasons, ...item.notes]) io.out(`  ! ${line}\n`);
    for (const companion of item.companions) io.out(`  + ${companion.dest}\n`);
  }
  io.out(
    `${plan.ready} ready (${plan.files} files, ${showBytes(plan.bytes)}), ${plan.blocked} blocked, ${plan.unchanged} stay where they are\n`,
  );
}

export const apply: Command = {
  name: "apply",
  summary: "Move the approved files to their proposed places: copy, verify, publish, remove",
  usage: "",
  options: { "dry-run": { type: "boolean", help: "Only show what would happen" } },
  async run(input) {
    const { io, json, flags } = input;
    return withClient(input, { work: false }, async (client) => {
      const plan = await client.call<PlanReply>("POST", "/execution/start", flags["dry-run"] ? { dryRun: true } : {});
      const batch = plan.batchId === null ? null : await follow(client, io, plan.batchId);
      if (json) printJson(io, { ...plan, batch });
      else {
        showPlan(io, plan);
        if (batch) io.out(`Batch ${batch.id}: ${batch.status}. Take it back with: phaze undo ${batch.id}\n`);
      }
      return batch && batch.status !== "done" ? 1 : 0;
    });
  },
};

export const undo: Command = {
  name: "undo",
  summary: "Put the files of a batch back where they were",
  usage: "BATCH",
  words: [1, 1],
  options: { "dry-run": { type: "boolean", help: "Only show what would happen" } },
  async run(input) {
    const { io, json, flags, words } = input;
    const id = wholeNumber(words[0], "BATCH");
    return withClient(input, { work: false }, async (client) => {
      const reply = await client.call<UndoReply>(
        "POST",
        `/execution/${id}/undo`,
        flags["dry-run"] ? { dryRun: true } : {},
      );
      const batch = reply.batchId === null ? null : await follow(client, io, reply.batchId);
      if (json) printJson(io, { ...reply, batch });
      else {
        for (const item of reply.items.filter((other) => other.status === "blocked"))
          io.out(`✗ ${item.source}\n${item.reasons.map((reason) => `  ! ${reason}\n`).join("")}`);
        io.out(`${reply.ready} files ${flags["dry-run"] ? "can go back" : "went back"}, ${reply.blocked} cannot\n`);
      }
      return reply.blocked > 0 || (batch !== null && batch.status !== "done") ? 1 : 0;
    });
  },
};
