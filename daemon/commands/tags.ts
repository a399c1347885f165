import { setTimeout as sleep } from "node:timers/promises";
import type { TagBatchReply, TagPlanReply, TagWriteReply } from "../http/routes/tagging.ts";
import type { Client } from "./client.ts";
import { type Command, type CommandInput, type Io, UsageError, wholeNumber } from "./command.ts";
import { printJson, withClient } from "./review.ts";
import { progressBar, showTime, table } from "./table.ts";

interface BatchDetail extends TagBatchReply {
  items: { items: TagWriteReply[]; total: number };
}

const ended = ({ writes }: TagBatchReply) => (writes.done ?? 0) + (writes.failed ?? 0) + (writes.undone ?? 0);

/** Waits for the end of a batch, showing its progress. An interrupt ends the waiting. */
async function follow(client: Client, io: Io, id: number): Promise<BatchDetail> {
  const bar = progressBar(io);
  try {
    for (;;) {
      io.signal.throwIfAborted();
      const batch = await client.call<BatchDetail>("GET", `/api/v1/tags/${id}?page_size=200`);
      bar.show(ended(batch), batch.files, `${ended(batch)} of ${batch.files} files`);
      if (batch.status !== "running") return batch;
      await sleep(150, undefined, { signal: io.signal }).catch(() => {});
    }
  } finally {
    bar.end();
  }
}

const shown = (text: string | null) => (text === null || text === "" ? "(empty)" : text);

function showPlan(io: Io, plan: TagPlanReply): void {
  for (const item of plan.items) {
    if (item.status === "unchanged") continue;
    io.out(`${item.status === "ready" ? "→" : "✗"} ${item.fileId}  ${item.path}\n`);
    if (item.reason) io.out(`  ! ${item.reason}\n`);
    for (const { field, old, new: text, action } of item.fields) {
      const note = action === "keep" ? " (stays; say --replace to change it)" : action === "same" ? " (the same)" : "";
      io.out(`  ${field.padEnd(5)} ${shown(old)} → ${text}${note}\n`);
    }
  }
  const more = plan.more > 0 ? `, ${plan.more} not looked at` : "";
  io.out(`${plan.ready} ready, ${plan.unchanged} with nothing to write, ${plan.refused} refused${more}\n`);
}

function showBatch(io: Io, batch: BatchDetail): void {
  for (const write of batch.items.items) {
    io.out(`${write.status === "failed" ? "✗" : "→"} ${write.fileId}  ${write.path} (${write.status})\n`);
    if (write.reason) io.out(`  ! ${write.reason}\n`);
    for (const { field, old, new: text } of write.changes)
      io.out(`  ${field.padEnd(5)} ${shown(old)} → ${shown(text)}\n`);
  }
  if (batch.items.total > batch.items.items.length)
    io.out(`… and ${batch.items.total - batch.items.items.length} more files\n`);
  if (batch.error) io.out(`${batch.error}\n`);
  const counts = Object.entries(batch.writes).map(([status, n]) => `${n} ${status}`);
  io.out(`Batch ${batch.id} (${batch.kind}): ${batch.status}; ${counts.join(", ") || "nothing to write"}\n`);
  if (batch.kind === "write" && (batch.writes.done ?? 0) > 0)
    io.out(`Take it back with: phaze tags undo ${batch.id}\n`);
}

async function writeCommand(input: CommandInput, words: readonly string[]): Promise<number> {
  const { flags, io, json } = input;
  if (Boolean(flags.all) === words.length > 0) throw new UsageError("Name files, or say --all: phaze tags write ID…");
  const fields = typeof flags.fields === "string" ? flags.fields.split(",").map((field) => field.trim()) : undefined;
  const body = {
    ...(flags.all ? { all: true } : { ids: words.map((word) => wholeNumber(word, "ID")) }),
    ...(fields ? { fields } : {}),
    replace: Boolean(flags.replace),
  };
  return withClient(input, { work: false }, async (client) => {
    if (flags["dry-run"]) {
      const plan = await client.call<TagPlanReply>("POST", "/api/v1/tags/write", { ...body, dryRun: true });
      if (json) printJson(io, plan);
      else showPlan(io, plan);
      return plan.refused > 0 ? 1 : 0;
    }
    const { id } = await client.call<TagBatchReply>("POST", "/api/v1/tags/write", body);
    return finish(input, await follow(client, io, id));
  });
}

function finish({ io, json }: CommandInput, batch: BatchDetail): number {
  if (json) printJson(io, batch);
  else showBatch(io, batch);
  return batch.status === "done" ? 0 : 1;
}

const undoCommand = (input: CommandInput, id: number): Promise<number> =>
  withClient(input, { work: false }, async (client) => {
    const started = await client.call<TagBatchReply>("POST", `/api/v1/tags/${id}/undo`, {});
    return finish(input, await follow(client, input.io, started.id));
  });

const showCommand = (input: CommandInput, id: number): Promise<number> =>
  withClient(input, { work: false }, async (client) => {
    const batch = await client.call<BatchDetail>("GET", `/api/v1/tags/${id}?page_size=200`);
    if (input.json) printJson(input.io, batch);
    else showBatch(input.io, batch);
    return 0;
  });

const listCommand = (input: CommandInput): Promise<number> =>
  withClient(input, { work: false }, async (client) => {
    const page = await client.call<{ items: TagBatchReply[]; total: number }>("GET", "/api/v1/tags");
    if (input.json) printJson(input.io, page);
    else if (page.items.length === 0) input.io.out("No tags were written yet.\n");
    else {
      const rows = page.items.map((batch) => [
        `${batch.id}`,
        showTime(batch.createdAt),
        batch.kind === "undo" ? `undo of ${batch.undoOf}` : "write",
        batch.status,
        `${batch.files}`,
      ]);
      input.io.out(`${table(["BATCH", "TIME (UTC)", "WHAT", "STATUS", "FILES"], rows)}\n`);
    }
    return 0;
  });

export const tags: Command = {
  name: "tags",
  summary: "Write tempo, key, mood and genre into files, on request only, and take it back",
  usage: "write ID… | write --all | undo BATCH | show BATCH | list",
  words: [1, 10_001],
  options: {
    all: { type: "boolean", help: "With write: all files that were analysed" },
    fields: { type: "string", value: "LIST", help: "With write: only these of bpm,key,mood,genre" },
    replace: { type: "boolean", help: "With write: also change what is there, not only what is empty" },
    "dry-run": { type: "boolean", help: "With write: only show what would happen, old → new" },
  },
  details: () =>
    [
      "Needs PHAZE_WRITE_TAGS=true; a dry run does not. Each file is copied, read back and compared before the copy",
      "takes its place: sound, and every other tag, stay the same byte for byte. Files with hard links are refused.",
      "An undo gives back the very file that it was.",
    ].join("\n"),
  async run(input) {
    const [verb, ...words] = input.words;
    if (verb === "write") return writeCommand(input, words);
    if (verb === "list" && words.length === 0) return listCommand(input);
    if ((verb === "undo" || verb === "show") && words.length === 1) {
      const id = wholeNumber(words[0], "BATCH") as number;
      return verb === "undo" ? undoCommand(input, id) : showCommand(input, id);
    }
    throw new UsageError(`Usage: phaze tags ${this.usage}`);
  },
};
