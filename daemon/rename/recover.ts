import { splitRaw } from "../contract/raw-path.ts";
import { durably } from "../db/open.ts";
import { type Batch, finishBatch, type Operation, openBatches, operationsOf } from "../db/operations.ts";
import type { MoveDeps } from "./deps.ts";
import { factsOf, isDiskHere, MoveError, readBack } from "./disk.ts";
import { unitsOf } from "./execute.ts";
import { removeMadeFolders } from "./folders.ts";
import { recordFailed } from "./journal.ts";
import { reasonOf } from "./reason.ts";
import { finishUnit, rollBack } from "./unit.ts";

export interface Recovered {
  batchId: number;
  completed: number;
  rolledBack: number;
  /** Units that cannot be closed now, with the reasons: a disk is away, or does not let go of a file. */
  open: string[];
}

const never = new AbortController().signal;
const isThere = async (operation: Operation, side: "sourceRaw" | "destRaw") =>
  (await factsOf(operation[side]).catch(() => null)) !== null;

/** True when a published file lies whole at its destination. Throws while the disk of the destination is away. */
async function isPublished(deps: MoveDeps, operation: Operation): Promise<boolean> {
  if (!isDiskHere(splitRaw(operation.destRaw).folder, operation.tempDevice ?? "")) {
    throw new MoveError(`The disk of ${operation.dest} is not there: mount it and start Phaze again`);
  }
  if (!(await isThere(operation, "destRaw"))) return false;
  return (await readBack(operation.destRaw, deps.libc, never, () => {})) === operation.sha256;
}

/** Closes one unit: finished when all of it was published, taken back otherwise. Throws when neither can be done now. */
async function closeUnit(
  deps: MoveDeps,
  batch: Batch,
  unit: readonly Operation[],
): Promise<"completed" | "rolled back"> {
  const moves = unit.filter((operation) => operation.action !== "discard");
  const discards = unit.filter((operation) => operation.action === "discard");
  const published = moves.every((operation) => operation.status === "published");
  // A unit of nothing but discards has no `published`: it has begun when the first copy is gone.
  const begun = moves.length > 0 || (discards[0] !== undefined && !(await isThere(discards[0], "sourceRaw")));
  if (published && begun) {
    const whole = await Promise.all(moves.map((operation) => isPublished(deps, operation)));
    if (whole.every(Boolean)) {
      await finishUnit(deps, batch, unit, never);
      return "completed";
    }
    const sources = await Promise.all(moves.map((operation) => isThere(operation, "sourceRaw")));
    if (!sources.every(Boolean))
      throw new MoveError(
        `${unit[0]?.dest} was changed or removed by someone else before its move was finished; nothing more was done`,
      );
  }
  for (const operation of moves) {
    if (operation.tempDevice && !isDiskHere(splitRaw(operation.destRaw).folder, operation.tempDevice)) {
      throw new MoveError(`The disk of ${operation.dest} is not there: mount it and start Phaze again`);
    }
  }
  await rollBack(batch, moves);
  const reason = "Phaze was stopped before this file was moved; it is where it was, and still approved";
  durably(deps.db, () => recordFailed(deps, batch, unit, reason, "roll back"));
  return "rolled back";
}

const isOpen = (operation: Operation) =>
  operation.status !== "done" && operation.status !== "failed" && operation.status !== "undone";

async function closeBatch(deps: MoveDeps, batch: Batch): Promise<Recovered> {
  const result: Recovered = { batchId: batch.id, completed: 0, rolledBack: 0, open: [] };
  for (const unit of unitsOf(operationsOf(deps.db, batch.id))) {
    if (!unit.some(isOpen)) continue;
    try {
      if ((await closeUnit(deps, batch, unit)) === "completed") result.completed++;
      else result.rolledBack++;
    } catch (error) {
      result.open.push(reasonOf(error));
    }
  }
  await removeMadeFolders(deps.db, batch.undoOf ?? batch.id);
  const why =
    "Phaze stopped during this batch. What was moved is moved; the rest is where it was and can be applied again";
  const text = result.open.length > 0 ? `Not finished yet: ${result.open[0]}` : why;
  durably(deps.db, () => finishBatch(deps.db, batch.id, "interrupted", deps.now(), text));
  deps.log.warn("batch closed after an interruption", { ...result });
  return result;
}

/**
 * Closes the journal after a crash, and what earlier attempts had to leave open: a unit whose files were all published is
 * finished, every other one is taken back. Each file is whole in exactly one place afterwards. A unit that cannot be
 * closed, because its disk is away, say, stays open and is tried again; it keeps nothing else from going on.
 */
export async function recover(deps: MoveDeps): Promise<Recovered[]> {
  const results: Recovered[] = [];
  for (const batch of openBatches(deps.db)) results.push(await closeBatch(deps, batch));
  return results;
}
