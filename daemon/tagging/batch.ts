import { readTags } from "../audio/read-tags.ts";
import { displayPath, type RawPath, toBytes } from "../contract/raw-path.ts";
import { getFile, rawPathOf } from "../db/files.ts";
import { durably } from "../db/open.ts";
import {
  beforeRawOf,
  getTagWrite,
  insertTagWrite,
  type NewTagWrite,
  newestWriteOf,
  type TagWrite,
} from "../db/tag-writes.ts";
import { hopeless } from "../rename/reason.ts";
import type { TagDeps } from "./deps.ts";
import { draftOf, type TagRequest } from "./draft.ts";
import { RefusedError } from "./layout.ts";
import { unpackPatches } from "./patch.ts";
import { checkFile } from "./preflight.ts";
import { reasonOf } from "./reason.ts";
import { recordFailure } from "./record.ts";
import { changedTexts } from "./values.ts";
import { checkCopy } from "./verify.ts";
import { type Job, UnfinishedError, writeFile } from "./write-file.ts";

/** A batch at work: what is the same for all of its files. */
export interface BatchWork {
  deps: TagDeps;
  batchId: number;
  actor: string;
  signal: AbortSignal;
}

/** How one file of a batch ended. `hopeless`: the rest would fail in the same way. */
export type FileEnd = "done" | "unchanged" | "failed" | "unfinished" | "hopeless";

/** Notes a file that is refused, for the list of the batch. */
function noteRefused({ deps, batchId, actor }: BatchWork, refused: Partial<NewTagWrite>, reason: string): FileEnd {
  const { db, now } = deps;
  const nothing = { device: "", inode: "", sizeBefore: 0, mtimeBeforeNs: "0", shaBefore: "", changes: [] };
  const write = { batchId, fileId: 0, undoOf: null, pathRaw: "", path: "", ...nothing, ...refused };
  durably(db, () => recordFailure(deps, insertTagWrite(db, write, "planned", null, now()), actor, reason));
  return "failed";
}

/** Does one write that stands in the journal, and records how it ended. */
async function carryOut(work: BatchWork, job: Job): Promise<FileEnd> {
  const { deps, actor, signal } = work;
  try {
    await writeFile(deps, job, signal);
    deps.events.emit("file", { fileId: job.write.fileId, change: "tags" });
    return "done";
  } catch (error) {
    const reason = reasonOf(error);
    deps.log.warn("tags not written", { file: job.write.path, error: reason });
    if (error instanceof UnfinishedError) return "unfinished";
    durably(deps.db, () => recordFailure(deps, job.write.id, actor, reason));
    return hopeless.has((error as NodeJS.ErrnoException).code ?? "") ? "hopeless" : "failed";
  }
}

function insertPlanned({ deps }: BatchWork, write: NewTagWrite): TagWrite {
  const { db, now } = deps;
  const id = durably(db, () => insertTagWrite(db, write, "planned", null, now()));
  return getTagWrite(db, id) as TagWrite;
}

/** Writes the tags of one file. */
export async function writeOne(work: BatchWork, fileId: number, request: TagRequest): Promise<FileEnd> {
  const { deps, batchId, actor, signal } = work;
  const draft = await draftOf(deps, fileId, request, signal);
  const { item } = draft;
  if (item.status === "unchanged") return "unchanged";
  if (!draft.work) {
    const file = getFile(deps.db, fileId);
    return noteRefused(
      work,
      { fileId, path: item.path, pathRaw: file ? rawPathOf(file) : "", changes: item.fields },
      item.reason ?? "Refused",
    );
  }
  const { file, facts, reading } = draft.work;
  const path = rawPathOf(file);
  const changes = changedTexts(item.fields);
  const patches = reading.layout.edit(changes);
  const write = insertPlanned(work, {
    batchId,
    fileId,
    undoOf: null,
    pathRaw: path,
    path: file.path,
    changes: item.fields.filter(({ field }) => field in changes),
    device: facts.device,
    inode: facts.inode,
    sizeBefore: facts.sizeBytes,
    mtimeBeforeNs: facts.mtimeNs,
    shaBefore: file.sha256 as string,
  });
  const check = (temp: RawPath) =>
    checkCopy(reading, { path: temp, extension: file.extension, patches, changes }, signal);
  return carryOut(work, { write, facts, patches, kind: reading.layout.format, mtimeNs: null, actor, check });
}

/** What takes a write back, when the file is still the one that it left. Throws RefusedError when it is not. */
async function undoJob(work: BatchWork, write: TagWrite): Promise<Omit<Job, "write"> & { planned: NewTagWrite }> {
  const { deps, batchId, actor, signal } = work;
  const file = getFile(deps.db, write.fileId);
  const raw = beforeRawOf(deps.db, write.id);
  if (!file || !raw) throw new RefusedError("It is no longer known: nothing can be put back");
  const newest = newestWriteOf(deps.db, write.fileId);
  if (newest && newest.id !== write.id)
    throw new RefusedError(`Its tags were written again in batch ${newest.batchId}: take that back first`);
  const facts = await checkFile(deps, file);
  if (file.sha256 !== write.shaAfter)
    throw new RefusedError(
      "It has changed since its tags were written: what was there cannot be put back byte for byte",
    );
  const path = rawPathOf(file);
  return {
    facts,
    patches: unpackPatches(raw),
    kind: "undo",
    mtimeNs: write.mtimeBeforeNs,
    actor,
    async check(temp, sha256) {
      if (sha256 !== write.shaBefore)
        throw new RefusedError(
          "What would be put back is not the file that it was: the bytes that were kept are damaged",
        );
      const name = typeof temp === "string" ? temp : toBytes(temp);
      return readTags(name, { extension: file.extension, signal });
    },
    planned: {
      batchId,
      fileId: file.id,
      undoOf: write.id,
      pathRaw: path,
      path: displayPath(path),
      changes: write.changes.map((change) => ({
        field: change.field,
        old: change.new,
        new: change.old ?? "",
        action: "restore",
      })),
      device: facts.device,
      inode: facts.inode,
      sizeBefore: facts.sizeBytes,
      mtimeBeforeNs: facts.mtimeNs,
      shaBefore: write.shaAfter as string,
    },
  };
}

/** Takes one write back: the file becomes the one that it was, byte for byte, with its time. */
export async function undoOne(work: BatchWork, writeId: number): Promise<FileEnd> {
  const { deps, signal } = work;
  const write = getTagWrite(deps.db, writeId) as TagWrite;
  let prepared: Awaited<ReturnType<typeof undoJob>>;
  try {
    prepared = await undoJob(work, write);
  } catch (error) {
    signal.throwIfAborted();
    const { fileId, path, pathRaw } = write;
    return noteRefused(work, { fileId, path, pathRaw, undoOf: write.id }, reasonOf(error));
  }
  const { planned, ...job } = prepared;
  return carryOut(work, { ...job, write: insertPlanned(work, planned) });
}
