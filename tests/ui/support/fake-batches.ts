import { batchSchema, operationSchema, planSchema, undoSchema } from "../../../daemon/contract/api.ts";
import { type Batch, countBy, type Operation } from "./canned.ts";
import type { Proposal } from "./canned-proposals.ts";

/** A batch with its journal, moved on by `step`. */
export interface FakeBatch {
  batch: Batch;
  operations: Operation[];
}

const cueOf = (path: string) => path.replace(/\.[^.]+$/, ".cue");

/** The first approved one has a companion; ids in `blocked` are in the way of something. */
export function planOf(
  approved: readonly Proposal[],
  blocked: ReadonlySet<number>,
  batchId: number | null,
  dryRun: boolean,
) {
  const status = (proposal: Proposal) =>
    proposal.unchanged ? "unchanged" : blocked.has(proposal.id) ? "blocked" : "ready";
  const items = approved.map((proposal) => ({
    proposalId: proposal.id,
    fileId: proposal.fileId,
    source: proposal.path,
    dest: proposal.destination,
    sizeBytes: proposal.sizeBytes,
    status: status(proposal),
    reasons: blocked.has(proposal.id) ? [`${proposal.destination} is already there`] : [],
    notes:
      proposal.id === 1
        ? ["Has other hard links (perhaps it is being seeded): it is copied, and the source is kept"]
        : [],
    companions: proposal.id === 1 ? [{ source: cueOf(proposal.path), dest: cueOf(proposal.destination) }] : [],
  }));
  const ready = items.filter((item) => item.status === "ready");
  return planSchema.parse({
    batchId,
    dryRun,
    ready: ready.length,
    blocked: items.filter((item) => item.status === "blocked").length,
    unchanged: items.filter((item) => item.status === "unchanged").length,
    files: ready.length + ready.reduce((sum, item) => sum + item.companions.length, 0),
    bytes: ready.reduce((sum, item) => sum + item.sizeBytes, 0),
    items: items.sort((a, b) => Number(b.status === "blocked") - Number(a.status === "blocked")),
  });
}

export function startBatch(
  id: number,
  kind: Batch["kind"],
  undoOf: number | null,
  moves: readonly Pick<Operation, "proposalId" | "fileId" | "source" | "dest" | "sizeBytes">[],
): FakeBatch {
  const operations = moves.map((move, at) =>
    operationSchema.parse({
      ...move,
      id: id * 1000 + at,
      unit: at,
      role: "media",
      action: "move",
      sha256: "ab".repeat(32),
      status: "planned",
      error: null,
    }),
  );
  const bytes = moves.reduce((sum, move) => sum + move.sizeBytes, 0);
  const batch = {
    id,
    kind,
    undoOf,
    undoneBy: null,
    status: "running",
    createdAt: Date.now(),
    finishedAt: null,
    units: moves.length,
    bytes,
    bytesDone: 0,
  };
  return refreshed({ batch: batchSchema.parse({ ...batch, operations: {}, error: null }), operations });
}

export function refreshed(fake: FakeBatch): FakeBatch {
  fake.batch.operations = countBy(fake.operations, (operation) => operation.status);
  fake.batch.bytesDone = fake.operations
    .filter((operation) => operation.status === "done")
    .reduce((sum, operation) => sum + operation.sizeBytes, 0);
  return fake;
}

export function undoPlanOf(fake: FakeBatch, changed: ReadonlySet<number>, batchId: number | null) {
  const items = fake.operations
    .filter((operation) => operation.status === "done")
    .map((operation) => {
      const blocked = operation.proposalId !== null && changed.has(operation.proposalId);
      return {
        source: operation.dest,
        dest: operation.source,
        status: blocked ? "blocked" : "ready",
        reasons: blocked ? [`${operation.dest} has changed since it was moved`] : [],
      };
    });
  const blocked = items.filter((item) => item.status === "blocked").length;
  return undoSchema.parse({
    batchId,
    ready: items.length - blocked,
    blocked,
    items: items.sort((a, b) => a.status.localeCompare(b.status)),
  });
}
