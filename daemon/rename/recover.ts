import type { RawPath } from "../contract/raw-path.ts";
import { durably } from "../db/open.ts";
import { type Batch, finishBatch, type Operation, openBatches, operationsOf } from "../db/operations.ts";
import type { MoveDeps } from "./deps.ts";
import { factsOf, readBack } from "./disk.ts";
import { unitsOf } from "./execute.ts";
import { removeMadeFolders } from "./folders.ts";
import { recordDone, recordFailed } from "./journal.ts";
import { discardCopy, removeSources, rollBack } from "./unit.ts";

export interface Recovered {
  batchId: number;
  completed: number;
  rolledBack: number;
}

/** True when every file of a published unit lies whole at its destination. */
async function allPublished(deps: MoveDeps, unit: readonly Operation[]): Promise<boolean> {
  for (const operation of unit) {
    const facts = await factsOf(operation.destRaw).catch(() => null);
    if (!facts || facts.inode !== operation.tempInode || facts.device !== operation.tempDevice) return false;
    if ((await readBack(operation.destRaw, deps.libc, new AbortController().signal, () => {})) !== operation.sha256)
      return false;
  }
  return true;
}

const isThere = async (path: RawPath) => (await factsOf(path).catch(() => null)) !== null;

/** Removes the copies of a unit that were to be removed and are still there. */
async function finishDiscards(deps: MoveDeps, batch: Batch, discards: readonly Operation[]): Promise<void> {
  for (const operation of discards) {
    if (await isThere(operation.sourceRaw)) await discardCopy(deps, batch, operation, new AbortController().signal);
  }
}

async function recoverUnit(
  deps: MoveDeps,
  batch: Batch,
  unit: readonly Operation[],
): Promise<"completed" | "rolled back" | "closed"> {
  if (unit.every((operation) => operation.status === "done" || operation.status === "failed")) return "closed";
  const moves = unit.filter((operation) => operation.action !== "discard");
  const discards = unit.filter((operation) => operation.action === "discard");
  const published = moves.every((operation) => operation.status === "published");
  const begun = moves.length > 0 || !(await isThere(discards[0]?.sourceRaw ?? ""));
  if (published && begun && (await allPublished(deps, moves))) {
    await finishDiscards(deps, batch, discards);
    await removeSources(deps, batch, moves);
    durably(deps.db, () => recordDone(deps, batch, unit));
    return "completed";
  }
  if (published && !(await Promise.all(moves.map((operation) => isThere(operation.sourceRaw)))).every(Boolean)) {
    // Never seen unless someone touched the files in between: keep everything, and say so.
    durably(deps.db, () =>
      recordFailed(
        deps,
        batch,
        unit,
        "Interrupted, and its files were changed by someone else; nothing was removed. Look at both places",
      ),
    );
    return "rolled back";
  }
  await rollBack(batch, moves);
  durably(deps.db, () =>
    recordFailed(
      deps,
      batch,
      unit,
      "Phaze was stopped before this file was moved; it is where it was, and still approved",
      "roll back",
    ),
  );
  return "rolled back";
}

/**
 * Closes the journal after a crash: a unit whose files were all published is completed, every other one is taken back.
 * Each file is whole in exactly one place afterwards.
 */
export async function recover(deps: MoveDeps): Promise<Recovered[]> {
  const results: Recovered[] = [];
  for (const batch of openBatches(deps.db)) {
    const result: Recovered = { batchId: batch.id, completed: 0, rolledBack: 0 };
    for (const unit of unitsOf(operationsOf(deps.db, batch.id))) {
      const end = await recoverUnit(deps, batch, unit);
      if (end === "completed") result.completed++;
      if (end === "rolled back") result.rolledBack++;
    }
    await removeMadeFolders(deps.db, batch.undoOf ?? batch.id);
    const why =
      "Phaze stopped during this batch. What was moved is moved; the rest is where it was and can be applied again";
    durably(deps.db, () => finishBatch(deps.db, batch.id, "interrupted", deps.now(), why));
    deps.log.warn("batch closed after an interruption", { ...result });
    results.push(result);
  }
  return results;
}
