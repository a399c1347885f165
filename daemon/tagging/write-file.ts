import { closeSync, fsyncSync, lstatSync, openSync, unlinkSync } from "node:fs";
import { unlink } from "node:fs/promises";
import type { Metadata } from "../contract/metadata.ts";
import { joinRaw, type RawPath, splitRaw } from "../contract/raw-path.ts";
import { distrustHash } from "../db/files.ts";
import { durably } from "../db/open.ts";
import { markWritten, type TagWrite } from "../db/tag-writes.ts";
import { type FileFacts, factsOf, type Identity } from "../rename/disk.ts";
import { replace } from "./calls.ts";
import type { TagDeps } from "./deps.ts";
import { type Patch, packPatches } from "./patch.ts";
import { checkReaders } from "./preflight.ts";
import { recordDone } from "./record.ts";
import { ChangedError, rewrite } from "./rewrite.ts";

/** The hidden copy beside a file: a name that the scanner leaves alone, and that the journal gives again. */
export const hiddenName = (write: Pick<TagWrite, "id" | "pathRaw" | "createdAt">): RawPath =>
  joinRaw(splitRaw(write.pathRaw).folder, `.phaze-tags-${write.id}-${write.createdAt.toString(36)}.part`);

/** A write that stands in the journal as planned, and what it takes to do it. */
export interface Job {
  write: TagWrite;
  facts: FileFacts;
  patches: readonly Patch[];
  /** Name of the editor, or of the way back. */
  kind: string;
  /** The time that the file gets, ns; null: now. */
  mtimeNs: string | null;
  actor: string;
  /** Looks at the finished copy; throws when it is not what it should be. Gives what the tag reader says of it. */
  check(temp: RawPath, sha256: string): Promise<Metadata>;
}

/** What is at a path now, without waiting; null: nothing, or no regular file. */
export function identityOf(path: RawPath): (Identity & { links: number }) | null {
  const stat = lstatSync(path as string, { bigint: true, throwIfNoEntry: false });
  if (!stat?.isFile()) return null;
  return {
    device: `${stat.dev}`,
    inode: `${stat.ino}`,
    sizeBytes: Number(stat.size),
    mtimeNs: `${stat.mtimeNs}`,
    links: Number(stat.nlink),
  };
}

/** Whether a file is the one that was there before a write. The device is left out: a restart may give it a new number. */
export const isOriginal = (now: Pick<Identity, "inode" | "sizeBytes" | "mtimeNs"> | null, write: TagWrite): boolean =>
  now?.inode === write.inode && now.sizeBytes === write.sizeBefore && now.mtimeNs === write.mtimeBeforeNs;

const changed = "It was changed by someone else while its tags were written; it was left as it is";

/** A write that is done on disk, but not recorded: the next start, or the next batch, records it. */
export class UnfinishedError extends Error {}

function syncNow(folder: RawPath): void {
  const handle = openSync(folder as string, "r");
  try {
    fsyncSync(handle);
  } catch (error) {
    // Some file systems cannot sync a folder; what they can do is done.
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
  } finally {
    closeSync(handle);
  }
}

/**
 * Lets the copy take the file's place. Where the system can, the two change places in one step, so that the file which
 * went is there to be looked at, and comes back if it was not the one that was copied. Throws ChangedError then. Waits for
 * nothing, so that no scan and no other work of this process comes between.
 */
export function publish(deps: Pick<TagDeps, "calls" | "checkpoint">, write: TagWrite, temp: RawPath): void {
  const now = identityOf(write.pathRaw);
  if (!isOriginal(now, write) || now?.links !== 1) throw new ChangedError(changed);
  if (!deps.calls.exchange(temp, write.pathRaw)) {
    // It cannot be done here, or the file went away this very moment.
    if (!isOriginal(identityOf(write.pathRaw), write)) throw new ChangedError(changed);
    replace(temp, write.pathRaw);
    return;
  }
  deps.checkpoint?.("exchanged");
  if (!isOriginal(identityOf(temp), write)) {
    deps.calls.exchange(temp, write.pathRaw);
    throw new ChangedError(changed);
  }
  unlinkSync(temp as string);
}

/** The copy, read back and found to be right. Throws, and removes it, when it is not. */
async function makeCopy(deps: TagDeps, job: Job, temp: RawPath, signal: AbortSignal) {
  const { write, facts, patches, mtimeNs } = job;
  const request = { source: write.pathRaw, temp, facts, sha256: write.shaBefore, patches, mtimeNs };
  const made = await rewrite(request, deps, signal).catch((error) => {
    if (error instanceof ChangedError) distrustHash(deps.db, write.fileId);
    throw error;
  });
  deps.checkpoint?.("copied");
  try {
    return { made, metadata: await job.check(temp, made.sha256) };
  } catch (error) {
    await removeCopy(temp, made.facts.inode);
    throw error;
  }
}

/** Removes our copy, by its inode: what lies there after a change of places that went wrong is someone else's. */
async function removeCopy(temp: RawPath, inode: string): Promise<void> {
  const facts = await factsOf(temp).catch(() => null);
  if (facts?.inode === inode) await unlink(temp as string);
}

/**
 * Writes one file: copy, read back and check, journal, change places, record. A throw means that the file is as it was;
 * but UnfinishedError, that it is written, and the journal still says so in its last line but one.
 */
export async function writeFile(deps: TagDeps, job: Job, signal: AbortSignal): Promise<void> {
  const { write } = job;
  const temp = hiddenName(write);
  deps.checkpoint?.("planned");
  const { made, metadata } = await makeCopy(deps, job, temp, signal);
  const { inode, sizeBytes, mtimeNs } = made.facts;
  try {
    deps.checkpoint?.("checked");
    const way = { beforeRaw: packPatches(made.back), beforeKind: job.kind };
    const copy = { inode, sizeBytes, mtimeNs, sha256: made.sha256, ...way };
    durably(deps.db, () => markWritten(deps.db, write.id, copy, deps.now()));
    deps.checkpoint?.("written");
    signal.throwIfAborted();
    // From here to the end of the record, nothing is waited for.
    checkReaders(deps, write.fileId);
    publish(deps, write, temp);
  } catch (error) {
    await removeCopy(temp, inode);
    throw error;
  }
  try {
    syncNow(splitRaw(write.pathRaw).folder);
    deps.checkpoint?.("published");
    durably(deps.db, () => recordDone(deps, write.id, job.actor, metadata));
  } catch (error) {
    throw new UnfinishedError(`Written, but not recorded yet: ${(error as Error).message}`, { cause: error });
  }
  deps.checkpoint?.("done");
}
