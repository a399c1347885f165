import { unlink } from "node:fs/promises";
import { displayPath, type RawPath, splitRaw } from "../contract/raw-path.ts";
import { durably } from "../db/open.ts";
import { type Batch, type Operation, updateOperation } from "../db/operations.ts";
import type { MoveDeps } from "./deps.ts";
import {
  copyVerified,
  type FileFacts,
  factsOf,
  MoveError,
  publish,
  readBack,
  removeIfSame,
  sameFile,
  sync,
  tempName,
} from "./disk.ts";
import { noteTime, prepareFolder } from "./folders.ts";
import { recordDone } from "./journal.ts";

/** An operation with what its source was when its copy began. */
interface Step {
  operation: Operation;
  facts: FileFacts;
  temp: RawPath;
}

export const tempOf = (operation: Operation, batch: Batch): RawPath =>
  tempName(splitRaw(operation.destRaw).folder, operation.id, batch.createdAt);

/** The source as it is now, if it is still what the plan named. */
async function checkSource(operation: Operation): Promise<FileFacts> {
  const facts = await factsOf(operation.sourceRaw);
  if (!facts) throw new MoveError(`${operation.source} is not there any more`);
  if (facts.sizeBytes !== operation.sizeBytes || facts.mtimeNs !== operation.mtimeNs) {
    throw new MoveError(`${operation.source} has changed since the plan was made; it was not touched`);
  }
  return facts;
}

async function copyAll(
  deps: MoveDeps,
  batch: Batch,
  operations: readonly Operation[],
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Step[]> {
  const steps: Step[] = [];
  try {
    for (const operation of operations) {
      const facts = await checkSource(operation);
      const temp = tempOf(operation, batch);
      const folder = splitRaw(operation.destRaw).folder;
      await prepareFolder(deps.db, batch.id, folder);
      noteTime(deps.db, batch.id, folder);
      deps.checkpoint?.("folders made");
      const request = {
        source: operation.sourceRaw,
        temp,
        facts,
        mtimeNs: operation.finalMtimeNs,
        sha256: operation.sha256,
      };
      const copy = await copyVerified(request, deps.libc, signal, onBytes);
      operation.sha256 = copy.sha256;
      operation.tempDevice = copy.device;
      operation.tempInode = copy.inode;
      steps.push({ operation, facts, temp });
      deps.checkpoint?.("temp verified");
    }
  } catch (error) {
    for (const { temp } of steps) await unlink(temp as string).catch(() => {}); // Already gone is as good.
    throw error;
  }
  durably(deps.db, () => {
    for (const { operation } of steps) {
      const { sha256, tempDevice, tempInode } = operation;
      updateOperation(
        deps.db,
        operation.id,
        { status: "copied", sha256: sha256 ?? "", tempDevice: tempDevice ?? "", tempInode: tempInode ?? "" },
        deps.now(),
      );
    }
  });
  deps.checkpoint?.("copied");
  return steps;
}

/** Takes back what a unit has published or prepared; only files that are this unit's own, by device and inode. */
export async function rollBack(batch: Batch, operations: readonly Operation[]): Promise<void> {
  for (const operation of operations) {
    await unlink(tempOf(operation, batch) as string).catch(() => {}); // Published already, or never made.
    await removeIfSame(operation.destRaw, operation.tempInode, operation.tempDevice);
  }
}

async function publishAll(deps: MoveDeps, batch: Batch, steps: readonly Step[]): Promise<void> {
  const operations = steps.map((step) => step.operation);
  try {
    for (const { operation, temp } of steps) {
      await publish(temp, operation.destRaw, deps.libc);
      deps.checkpoint?.("one published");
    }
    for (const { operation, facts } of steps) {
      const now = await factsOf(operation.sourceRaw);
      if (!now || !sameFile(now, facts))
        throw new MoveError(`${operation.source} changed while it was moved; it was left as it is`);
    }
  } catch (error) {
    await rollBack(batch, operations);
    throw error;
  }
  durably(deps.db, () => {
    for (const operation of operations) updateOperation(deps.db, operation.id, { status: "published" }, deps.now());
  });
  deps.checkpoint?.("published");
}

/** Removes the sources of published operations, each only while it is the file that was copied. */
export async function removeSources(deps: MoveDeps, batch: Batch, operations: readonly Operation[]): Promise<void> {
  for (const operation of operations) {
    if (operation.action !== "move") continue;
    const facts = await factsOf(operation.sourceRaw);
    if (!facts) continue; // Removed before an interruption.
    if (facts.sizeBytes !== operation.sizeBytes || facts.mtimeNs !== operation.mtimeNs) {
      deps.log.warn("source kept: it changed after it was copied", { source: operation.source });
      continue;
    }
    noteTime(deps.db, batch.id, splitRaw(operation.sourceRaw).folder);
    await unlink(operation.sourceRaw as string);
    await sync(splitRaw(operation.sourceRaw).folder);
    deps.checkpoint?.("one source removed");
  }
}

/** Removes a copy that an apply made beside a kept source, once both are seen to be whole and equal. */
export async function discardCopy(
  deps: MoveDeps,
  batch: Batch,
  operation: Operation,
  signal: AbortSignal,
): Promise<void> {
  await checkSource(operation);
  if (!(await factsOf(operation.destRaw)))
    throw new MoveError(`${operation.dest}, which the copy was made of, is not there any more; the copy was kept`);
  for (const path of [operation.sourceRaw, operation.destRaw]) {
    if ((await readBack(path, deps.libc, signal, () => {})) !== operation.sha256)
      throw new MoveError(`${displayPath(path)} has changed; both files were kept`);
  }
  noteTime(deps.db, batch.id, splitRaw(operation.sourceRaw).folder);
  await unlink(operation.sourceRaw as string);
  await sync(splitRaw(operation.sourceRaw).folder);
}

/**
 * Moves the files of one unit, all or none: copies and verifies each beside its destination, publishes all, and only then
 * removes the sources. The journal is written, and on disk, before each of these. Throws when nothing was moved.
 */
export async function runUnit(
  deps: MoveDeps,
  batch: Batch,
  unit: readonly Operation[],
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  deps.checkpoint?.("planned");
  const moves = unit.filter((operation) => operation.action !== "discard");
  const steps = await copyAll(deps, batch, moves, signal, onBytes);
  await publishAll(deps, batch, steps);
  for (const operation of unit) if (operation.action === "discard") await discardCopy(deps, batch, operation, signal);
  await removeSources(deps, batch, moves);
  deps.checkpoint?.("sources removed");
  durably(deps.db, () => recordDone(deps, batch, unit));
  deps.checkpoint?.("done");
}
