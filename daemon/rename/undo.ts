import { getFile } from "../db/files.ts";
import type { Db } from "../db/open.ts";
import { type Batch, getBatch, type NewOperation, type Operation, operationsOf } from "../db/operations.ts";
import { newestWriteOf } from "../db/tag-writes.ts";
import { factsOf } from "./disk.ts";
import { unitsOf } from "./execute.ts";
import { checkDestination, checkRights } from "./preflight.ts";

/** A file that an undo would put back, or why it cannot. */
export interface UndoItem {
  source: string;
  dest: string;
  status: "ready" | "blocked";
  reasons: string[];
}

export interface UndoPlan {
  items: UndoItem[];
  operations: NewOperation[];
}

/** A batch that cannot be undone at all, with the reason. */
export class UndoError extends Error {}

/** Throws when a batch is none that could be undone. */
export function undoable(db: Db, batchId: number): Batch {
  const batch = getBatch(db, batchId);
  if (!batch) throw new UndoError(`There is no batch ${batchId}`);
  if (batch.kind === "undo") throw new UndoError("This batch is an undo itself: approve and apply again instead");
  if (batch.status === "running") throw new UndoError("This batch is still running: wait until it has ended");
  return batch;
}

/** Why a copy may not go: the source that was kept is gone or another file now. */
async function changesOfKept(operation: Operation): Promise<string[]> {
  const kept = await factsOf(operation.sourceRaw).catch(() => null);
  if (!kept) return [`${operation.source}, which was kept, is not there any more: the copy is the only one left`];
  const same = kept.sizeBytes === operation.sizeBytes && kept.mtimeNs === operation.mtimeNs;
  return same ? [] : [`${operation.source}, which was kept, has changed: the copy is the only one of its content`];
}

/** Tags that were written since: the file is another one now, until they are taken back. */
function tagsSince(db: Db, operation: Operation): string[] {
  const file = operation.fileId === null ? null : getFile(db, operation.fileId);
  const write = file && newestWriteOf(db, file.id);
  if (!write || file.sha256 === operation.sha256) return [];
  return [`Tags were written into ${operation.dest} since: take that back first (phaze tags undo ${write.batchId})`];
}

/** The operation that takes one back, and why it may not be done. */
async function reverse(db: Db, operation: Operation): Promise<{ operation: NewOperation; reasons: string[] }> {
  const reasons: string[] = tagsSince(db, operation);
  const facts = await factsOf(operation.destRaw).catch(() => null);
  if (!facts) reasons.push(`${operation.dest} is not there any more`);
  else if (facts.sizeBytes !== operation.sizeBytes) reasons.push(`${operation.dest} has changed since it was moved`);
  const discard = operation.action === "copy";
  if (discard) {
    reasons.push(...(await changesOfKept(operation)));
  } else {
    reasons.push(...checkDestination(null, operation.sourceRaw).map((reason) => `The old place: ${reason}`));
  }
  if (facts) reasons.push(...checkRights(operation.destRaw, operation.sourceRaw, false));
  return {
    reasons,
    operation: {
      unit: operation.unit,
      proposalId: operation.proposalId,
      fileId: operation.fileId,
      role: operation.role,
      action: discard ? "discard" : "move",
      sourceRaw: operation.destRaw,
      destRaw: operation.sourceRaw,
      source: operation.dest,
      dest: operation.source,
      sizeBytes: operation.sizeBytes,
      mtimeNs: facts?.mtimeNs ?? operation.finalMtimeNs,
      finalMtimeNs: operation.mtimeNs,
      mode: operation.mode,
      sourceDevice: facts?.device ?? "",
      sha256: operation.sha256,
    },
  };
}

/** Plans to put back what a batch moved. A unit of which one file cannot go back stays as a whole, with the reasons. */
export async function planUndo(db: Db, batchId: number): Promise<UndoPlan> {
  const batch = undoable(db, batchId);
  const plan: UndoPlan = { items: [], operations: [] };
  const done = operationsOf(db, batch.id).filter((operation) => operation.status === "done");
  if (done.length === 0) throw new UndoError("Nothing that this batch moved is left to put back");
  for (const unit of unitsOf(done)) {
    const reversed = await Promise.all(unit.map((operation) => reverse(db, operation)));
    const blocked = reversed.some((item) => item.reasons.length > 0);
    for (const { operation, reasons } of reversed) {
      const also = blocked && reasons.length === 0 ? ["A file that belongs to it cannot go back"] : reasons;
      plan.items.push({
        source: operation.source,
        dest: operation.dest,
        status: blocked ? "blocked" : "ready",
        reasons: also,
      });
    }
    if (!blocked) plan.operations.push(...reversed.map((item) => item.operation));
  }
  return plan;
}
