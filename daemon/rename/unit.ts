import { unlink } from "node:fs/promises";
import { displayPath, type RawPath, splitRaw } from "../contract/raw-path.ts";
import { distrustHash } from "../db/files.ts";
import { durably } from "../db/open.ts";
import { type Batch, type Operation, updateOperation } from "../db/operations.ts";
import { getProposal } from "../db/proposals.ts";
import type { MoveDeps } from "./deps.ts";
import {
  copyVerified,
  type FileFacts,
  factsOf,
  isDiskHere,
  MismatchError,
  MoveError,
  publish,
  readBack,
  removeOwn,
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

const tempOf = (operation: Operation, batch: Batch): RawPath =>
  tempName(splitRaw(operation.destRaw).folder, operation.id, batch.createdAt);
const isDiscard = (operation: Operation) => operation.action === "discard";

/** A person may have taken an approval back while the batch came to this unit: then nothing of it moves. */
function checkApproval({ db }: MoveDeps, batch: Batch, unit: readonly Operation[]): void {
  if (batch.kind !== "apply") return;
  for (const { role, proposalId, dest } of unit) {
    if (role !== "media" || proposalId === null) continue;
    const proposal = getProposal(db, proposalId);
    const same = proposal?.status === "approved" && dest.endsWith(displayPath(`/${proposal.filename}`));
    if (!same) throw new MoveError("The approval was taken back, or the proposal changed, before this file was moved");
  }
}

/** The source as it is now, if it is still what the plan named. */
async function checkSource(operation: Operation): Promise<FileFacts> {
  const facts = await factsOf(operation.sourceRaw);
  if (!facts) throw new MoveError(`${operation.source} is not there any more`);
  if (facts.sizeBytes !== operation.sizeBytes || facts.mtimeNs !== operation.mtimeNs) {
    throw new MoveError(`${operation.source} has changed since the plan was made; it was not touched`);
  }
  return facts;
}

/** A copy may only go when it and the source that was kept are both whole and equal. */
async function checkDiscard(deps: MoveDeps, operation: Operation, signal: AbortSignal): Promise<void> {
  await checkSource(operation);
  if (!(await factsOf(operation.destRaw))) {
    throw new MoveError(`${operation.dest}, which the copy was made of, is not there any more; the copy was kept`);
  }
  for (const path of [operation.sourceRaw, operation.destRaw]) {
    if ((await readBack(path, deps.libc, signal, () => {})) !== operation.sha256) {
      throw new MoveError(`${displayPath(path)} has changed; both files were kept`);
    }
  }
}

async function copyOne(
  deps: MoveDeps,
  batch: Batch,
  operation: Operation,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Step> {
  const facts = await checkSource(operation);
  const temp = tempOf(operation, batch);
  const folder = splitRaw(operation.destRaw).folder;
  await prepareFolder(deps.db, batch.id, folder);
  noteTime(deps.db, batch.id, folder);
  deps.checkpoint?.("folders made");
  const { sourceRaw: source, finalMtimeNs: mtimeNs, sha256 } = operation;
  try {
    const copy = await copyVerified({ source, temp, facts, mtimeNs, sha256 }, deps.libc, signal, onBytes);
    Object.assign(operation, { sha256: copy.sha256, tempDevice: copy.device, tempInode: copy.inode });
  } catch (error) {
    if (error instanceof MismatchError && operation.fileId !== null) distrustHash(deps.db, operation.fileId);
    throw error;
  }
  deps.checkpoint?.("temp verified");
  return { operation, facts, temp };
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
    for (const operation of operations) steps.push(await copyOne(deps, batch, operation, signal, onBytes));
  } catch (error) {
    for (const { temp } of steps) await unlink(temp as string).catch(() => {}); // Already gone is as good.
    throw error;
  }
  durably(deps.db, () => {
    for (const { operation } of steps) {
      const { sha256, tempDevice, tempInode } = operation;
      const change = {
        status: "copied",
        sha256: sha256 ?? "",
        tempDevice: tempDevice ?? "",
        tempInode: tempInode ?? "",
      } as const;
      updateOperation(deps.db, operation.id, change, deps.now());
    }
  });
  deps.checkpoint?.("copied");
  return steps;
}

/** Takes back what a unit has prepared or published; only files that are this unit's own. */
export async function rollBack(batch: Batch, operations: readonly Operation[]): Promise<void> {
  for (const operation of operations) {
    await unlink(tempOf(operation, batch) as string).catch(() => {}); // Published already, or never made.
    await removeOwn(operation.destRaw, {
      inode: operation.tempInode,
      sizeBytes: operation.sizeBytes,
      mtimeNs: operation.finalMtimeNs,
    });
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

/** Removes one source, only while it is the file that was copied. Throws while its disk is away. */
async function removeSource(deps: MoveDeps, batch: Batch, operation: Operation): Promise<void> {
  const { folder } = splitRaw(operation.sourceRaw);
  const facts = await factsOf(operation.sourceRaw);
  if (!facts) {
    if (isDiskHere(folder, operation.sourceDevice)) return; // Removed before an interruption.
    throw new MoveError(`The disk of ${operation.source} is not there: mount it and start Phaze again`);
  }
  if (facts.sizeBytes !== operation.sizeBytes || facts.mtimeNs !== operation.mtimeNs) {
    deps.log.warn("source kept: it changed after it was copied", { source: operation.source });
    return;
  }
  noteTime(deps.db, batch.id, folder);
  await unlink(operation.sourceRaw as string);
  await sync(folder);
  deps.checkpoint?.("one source removed");
}

/** Removes the copy of a source that was kept. */
async function removeCopy(deps: MoveDeps, batch: Batch, operation: Operation, signal: AbortSignal): Promise<void> {
  if (!(await factsOf(operation.sourceRaw)) && isDiskHere(splitRaw(operation.sourceRaw).folder, operation.sourceDevice))
    return;
  await checkDiscard(deps, operation, signal);
  await removeSource(deps, batch, operation);
}

/**
 * The last part of every unit, in an apply, an undo and a recovery alike: everything is published, the old files go, and
 * the end is recorded. When it throws, the unit stays open in the journal, and is finished by the next recovery.
 */
export async function finishUnit(
  deps: MoveDeps,
  batch: Batch,
  unit: readonly Operation[],
  signal: AbortSignal,
): Promise<void> {
  for (const operation of unit) {
    if (isDiscard(operation)) await removeCopy(deps, batch, operation, signal);
    else if (operation.action === "move") await removeSource(deps, batch, operation);
  }
  deps.checkpoint?.("sources removed");
  durably(deps.db, () => recordDone(deps, batch, unit));
  deps.checkpoint?.("done");
}

/**
 * Moves the files of one unit, all or none: copies and verifies each beside its destination, publishes all, and only then
 * removes the sources. The journal is written, and on disk, before each of these. A throw before `published` stands in
 * the journal means that nothing was moved; one after it leaves the unit open there.
 */
export async function runUnit(
  deps: MoveDeps,
  batch: Batch,
  unit: readonly Operation[],
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  deps.checkpoint?.("planned");
  checkApproval(deps, batch, unit);
  for (const operation of unit.filter(isDiscard)) await checkDiscard(deps, operation, signal);
  const steps = await copyAll(
    deps,
    batch,
    unit.filter((operation) => !isDiscard(operation)),
    signal,
    onBytes,
  );
  await publishAll(deps, batch, steps);
  // From here on the unit is finished even when the batch is told to stop.
  await finishUnit(deps, batch, unit, new AbortController().signal);
}
