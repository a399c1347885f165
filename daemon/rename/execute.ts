import { durably } from "../db/open.ts";
import { type Batch, type BatchStatus, finishBatch, getBatch, type Operation, operationsOf } from "../db/operations.ts";
import type { MoveDeps } from "./deps.ts";
import { MoveError } from "./disk.ts";
import { noteLeftTimes, removeMadeFolders, restoreTimes, untouchedFolders } from "./folders.ts";
import { recordFailed } from "./journal.ts";
import { runUnit } from "./unit.ts";

/** How far a batch is. A byte is half done when it is copied, and done when it is read back. */
export interface BatchTally {
  units: number;
  unitsDone: number;
  unitsFailed: number;
  bytes: number;
  bytesDone: number;
}

/** Errors after which the rest of a batch would fail the same way. */
const hopeless = new Set(["ENOSPC", "EDQUOT", "EROFS"]);
const words: Record<string, string> = {
  ENOSPC: "The disk is full: free some space and apply again",
  EDQUOT: "The disk quota is used up: free some space and apply again",
  EROFS: "The file system is read-only: mount it for writing and apply again",
  EACCES: "Permission denied: give Phaze's user the right to write there and apply again",
  EPERM: "The system does not permit it: check owner and attributes of file and folder",
  ENAMETOOLONG: "The name is too long for this file system",
  EIO: "The disk reports an input/output error: check it before you go on",
};

/** The reason of a failed move in words, with the file system's code where there is one. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code && words[code] ? `${words[code]} (${message})` : message;
}

/** The operations of a batch, unit by unit, in order. */
export function unitsOf(operations: readonly Operation[]): Operation[][] {
  const units = new Map<number, Operation[]>();
  for (const operation of operations) {
    const unit = units.get(operation.unit);
    if (unit) unit.push(operation);
    else units.set(operation.unit, [operation]);
  }
  return [...units.values()];
}

function makeReporter(deps: MoveDeps, batch: Batch, tally: BatchTally) {
  let last = 0;
  return (force: boolean) => {
    if (!force && performance.now() - last < 200) return;
    last = performance.now();
    deps.events.emit("batch", { batchId: batch.id, kind: batch.kind, status: "running", ...tally });
  };
}

/**
 * Works off a batch that stands in the journal. A unit that fails leaves its files as they were, and the others go on.
 * Returns how the batch ended.
 */
export async function runBatch(deps: MoveDeps, batchId: number, signal: AbortSignal): Promise<BatchStatus> {
  const { db, log } = deps;
  const batch = getBatch(db, batchId);
  if (!batch) throw new Error(`There is no batch ${batchId}`);
  const units = unitsOf(operationsOf(db, batchId));
  const tally: BatchTally = { units: units.length, unitsDone: 0, unitsFailed: 0, bytes: batch.bytes, bytesDone: 0 };
  const report = makeReporter(deps, batch, tally);
  const restorable = batch.undoOf === null ? [] : untouchedFolders(db, batch.undoOf);
  let stopped: string | null = null;
  report(true);
  for (const unit of units) {
    if (signal.aborted) stopped ??= "Stopped before this file was moved; it is where it was";
    try {
      if (stopped !== null) throw new MoveError(stopped);
      await runUnit(deps, batch, unit, signal, (bytes) => {
        tally.bytesDone += bytes / 2;
        report(false);
      });
      tally.unitsDone++;
    } catch (error) {
      const reason = reasonOf(error);
      if (hopeless.has((error as NodeJS.ErrnoException).code ?? "")) stopped = `Not started: ${reason}`;
      log.warn("move failed", { batchId, file: unit[0]?.source, error: reason });
      durably(db, () => recordFailed(deps, batch, unit, reason));
      tally.unitsFailed++;
    }
    report(true);
  }
  const status = endOf(tally, signal);
  await tidyFolders(deps, batch, status, restorable);
  durably(db, () => finishBatch(db, batch.id, status, deps.now()));
  deps.events.emit("batch", { batchId: batch.id, kind: batch.kind, status, ...tally });
  return status;
}

function endOf(tally: BatchTally, signal: AbortSignal): BatchStatus {
  if (signal.aborted) return "interrupted";
  if (tally.unitsFailed === 0) return "done";
  return tally.unitsDone === 0 ? "failed" : "partly";
}

/** After an undo: folders the apply had made go when empty, and folders get the times they had before it. */
async function tidyFolders(
  deps: MoveDeps,
  batch: Batch,
  status: BatchStatus,
  restorable: ReturnType<typeof untouchedFolders>,
): Promise<void> {
  if (batch.undoOf === null) {
    if (status !== "done") await removeMadeFolders(deps.db, batch.id);
    noteLeftTimes(deps.db, batch.id);
    return;
  }
  await removeMadeFolders(deps.db, batch.undoOf);
  if (status === "done") restoreTimes(restorable, deps.libc);
}
