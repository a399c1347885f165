import { unlink } from "node:fs/promises";
import { readTags } from "../audio/read-tags.ts";
import type { Metadata } from "../contract/metadata.ts";
import { type RawPath, splitRaw, toBytes } from "../contract/raw-path.ts";
import { getFile } from "../db/files.ts";
import { durably } from "../db/open.ts";
import { finishTagBatch, openTagWrites, runningTagBatches, type TagWrite } from "../db/tag-writes.ts";
import { isDiskHere, readBack } from "../rename/disk.ts";
import type { TagDeps } from "./deps.ts";
import { reasonOf } from "./reason.ts";
import { recordDone, recordFailure } from "./record.ts";
import { hiddenName, identityOf, isOriginal } from "./write-file.ts";

/** What became of the writes that a crash, or a disk that went away, left open. */
export interface RecoveredTags {
  completed: number;
  rolledBack: number;
  /** Those that cannot be closed now, with the reasons. */
  open: string[];
}

const never = new AbortController().signal;
const actor = "phaze";

const isCopy = (path: RawPath, write: TagWrite): boolean => identityOf(path)?.inode === write.inodeAfter;

/** What lies at the file's place: the file as it was, the copy with new tags, something else, or nothing. */
async function whatIsThere(deps: TagDeps, write: TagWrite): Promise<"before" | "after" | "other" | "nothing"> {
  const here = identityOf(write.pathRaw);
  if (!here) return "nothing";
  if (isOriginal(here, write)) return "before";
  if (write.shaAfter === null) return "other";
  // Inodes may have other numbers after a restart; the content tells.
  const sha256 = await readBack(write.pathRaw, deps.libc, never, () => {});
  return sha256 === write.shaAfter ? "after" : sha256 === write.shaBefore ? "before" : "other";
}

async function metadataOf(deps: TagDeps, write: TagWrite): Promise<Metadata | null> {
  const extension = getFile(deps.db, write.fileId)?.extension ?? "";
  const path = typeof write.pathRaw === "string" ? write.pathRaw : toBytes(write.pathRaw);
  return readTags(path, { extension, signal: never }).catch(() => null);
}

/** Removes the copy beside a file, or what there is of it. */
async function removeHidden(temp: RawPath): Promise<void> {
  if (identityOf(temp)) await unlink(temp as string);
}

/** Closes one write: recorded when it was published, taken back otherwise. Throws while its disk is away. */
async function closeWrite(deps: TagDeps, write: TagWrite): Promise<"completed" | "rolled back"> {
  const temp = hiddenName(write);
  const { folder } = splitRaw(write.pathRaw);
  if (!isDiskHere(folder, write.device) && !identityOf(write.pathRaw))
    throw new Error(`The disk of ${write.path} is not there: mount it and start Phaze again`);
  const rollBack = (reason: string) => {
    durably(deps.db, () => recordFailure(deps, write.id, actor, reason, "roll back"));
    return "rolled back" as const;
  };
  const stopped =
    "Phaze was stopped before the new tags were in place; the file is as it was, and can be written again";
  const there = await whatIsThere(deps, write);
  if (write.status === "planned" || there === "before") {
    await removeHidden(temp);
    return rollBack(stopped);
  }
  const hidden = identityOf(temp);
  if (there === "after" && hidden && !isOriginal(hidden, write) && !isCopy(temp, write)) {
    // Someone replaced the file in the very moment of the change of places: theirs is what counts.
    if (!deps.calls.exchange(temp, write.pathRaw))
      throw new Error(`${write.path}: a newer version of it lies beside it as ${temp}; put it back by hand`);
    await unlink(temp as string);
    return rollBack("It was replaced by someone else while its tags were written; theirs was kept");
  }
  if (there === "after") {
    if (hidden) await unlink(temp as string);
    const metadata = await metadataOf(deps, write);
    durably(deps.db, () => recordDone(deps, write.id, actor, metadata));
    return "completed";
  }
  if (hidden && isCopy(temp, write)) await unlink(temp as string);
  return rollBack("It was changed or removed by someone else while its tags were written; nothing more was done");
}

/** Closes the journal of tags after a crash. Each file is whole afterwards: as it was, or with its new tags. */
export async function recoverTags(deps: TagDeps): Promise<RecoveredTags> {
  const result: RecoveredTags = { completed: 0, rolledBack: 0, open: [] };
  for (const write of openTagWrites(deps.db)) {
    try {
      if ((await closeWrite(deps, write)) === "completed") result.completed++;
      else result.rolledBack++;
    } catch (error) {
      result.open.push(reasonOf(error));
    }
  }
  const why = "Phaze stopped during this batch. What was written is written; the rest can be written again";
  const batches = runningTagBatches(deps.db);
  durably(deps.db, () => {
    for (const { id } of batches) finishTagBatch(deps.db, id, "interrupted", deps.now(), result.open[0] ?? why);
  });
  if (batches.length > 0 || result.open.length > 0)
    deps.log.warn("tag writing closed after an interruption", { ...result });
  return result;
}
