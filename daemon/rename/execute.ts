import { durably } from "../db/open.ts";
import {
  type Batch,
  type BatchStatus,
  finishBatch,
  getBatch,
  type Operation,
  operationsOf,
  statusOf,
} from "../db/operations.ts";
import type { MoveDeps } from "./deps.ts";
import { noteLeftTimes, removeMadeFolders, restoreTimes, untouchedFolders } from "./folders.ts";
import { recordFailed } from "./journal.ts";
import { hopeless, reasonOf } from "./reason.ts";
import { runUnit } from "./unit.ts";

/** How far a batch is. A byte is half done when it is copied, and done when it is read back. */
export interface BatchTally {
  units: number;
  unitsDone: number;
  unitsFailed: number;
  bytes: number;
  bytesDone: number;
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

/** What became of the units of a batch so far. */
interface Run {
  deps: MoveDeps;
  batch: Batch;
  tally: BatchTally;
  /** Why the rest is not begun; null while it is. */
  stopped: string | null;
  /** Why a unit that was published is not finished; the next recovery does that. */
  open: string | null;
}

/** Records that these units were not moved, in one go. */
function recordAllFailed({ deps, batch, tally }: Run, units: readonly (readonly Operation[])[], reason: string): void {
  durably(deps.db, () => {
    for (const unit of units) recordFailed(deps, batch, unit, reason);
  });
  tally.unitsFailed += units.length;
}

async function tryUnit(
  run: Run,
  unit: readonly Operation[],
  signal: AbortSignal,
  report: (force: boolean) => void,
): Promise<void> {
  const { deps, batch, tally } = run;
  try {
    await runUnit(deps, batch, unit, signal, (bytes) => {
      tally.bytesDone += bytes / 2;
      report(false);
    });
    tally.unitsDone++;
  } catch (error) {
    const reason = reasonOf(error);
    deps.log.warn("move failed", { batchId: batch.id, file: unit[0]?.source, error: reason });
    if (hopeless.has((error as NodeJS.ErrnoException).code ?? "")) run.stopped = `Not started: ${reason}`;
    // What stands in the journal as published has its new names: it is never called failed, but finished later.
    if (unit.some((operation) => statusOf(deps.db, operation.id) === "published"))
      run.open = `Not finished yet: ${reason}`;
    else recordAllFailed(run, [unit], reason);
  }
}

/**
 * Works off a batch that stands in the journal. A unit that fails leaves its files as they were, and the others go on.
 * Returns how the batch ended.
 */
export async function runBatch(deps: MoveDeps, batchId: number, signal: AbortSignal): Promise<BatchStatus> {
  const batch = getBatch(deps.db, batchId);
  if (!batch) throw new Error(`There is no batch ${batchId}`);
  const units = unitsOf(operationsOf(deps.db, batchId));
  const tally: BatchTally = { units: units.length, unitsDone: 0, unitsFailed: 0, bytes: batch.bytes, bytesDone: 0 };
  const run: Run = { deps, batch, tally, stopped: null, open: null };
  const report = makeReporter(deps, batch, tally);
  const restorable = batch.undoOf === null ? [] : untouchedFolders(deps.db, batch.undoOf);
  report(true);
  for (const [index, unit] of units.entries()) {
    if (signal.aborted) run.stopped = "Stopped before this file was moved; it is where it was";
    if (run.stopped !== null) {
      recordAllFailed(run, units.slice(index), run.stopped);
      break;
    }
    await tryUnit(run, unit, signal, report);
    report(true);
  }
  const status = endOf(run, signal);
  await tidyFolders(deps, batch, status, restorable);
  durably(deps.db, () => finishBatch(deps.db, batch.id, status, deps.now(), run.open));
  deps.events.emit("batch", { batchId: batch.id, kind: batch.kind, status, ...tally });
  return status;
}

function endOf({ tally, open }: Run, signal: AbortSignal): BatchStatus {
  if (signal.aborted || open !== null) return "interrupted";
  if (tally.unitsFailed === 0) return "done";
  return tally.unitsDone === 0 ? "failed" : "partly";
}

/**
 * After an undo: folders the apply had made go when empty, and folders get the times they had before it. The moves are
 * done by then, so nothing in here is worth failing for.
 */
async function tidyFolders(
  deps: MoveDeps,
  batch: Batch,
  status: BatchStatus,
  restorable: ReturnType<typeof untouchedFolders>,
): Promise<void> {
  try {
    if (batch.undoOf !== null || status !== "done") await removeMadeFolders(deps.db, batch.undoOf ?? batch.id);
    if (batch.undoOf === null) noteLeftTimes(deps.db, batch.id);
    else if (status === "done") restoreTimes(restorable, deps.libc);
  } catch (error) {
    deps.log.warn("folders not tidied up", { batchId: batch.id, error: reasonOf(error) });
  }
}
