import { lstatSync } from "node:fs";
import type { Metadata } from "../contract/metadata.ts";
import { type AuditAction, appendAudit } from "../db/audit.ts";
import { saveMetadata } from "../db/metadata.ts";
import { endTagWrite, getTagWrite, storeContent, type TagWrite } from "../db/tag-writes.ts";
import type { TagDeps } from "./deps.ts";

/** Actions of the audit trail that come with tags. */
const actions: Record<"write" | "undo", AuditAction> = {
  write: "write tags",
  undo: "undo tags",
};

type RecordDeps = Pick<TagDeps, "db" | "now">;

function audit(
  { db, now }: RecordDeps,
  write: TagWrite,
  actor: string,
  action: AuditAction,
  more: Record<string, unknown>,
): void {
  appendAudit(db, {
    at: now(),
    actor,
    action,
    fileId: write.fileId,
    source: write.path,
    sha256: write.shaAfter,
    // The trail's own batches are moves; the batch of a write stands in the detail.
    detail: { tagBatch: write.batchId, ...more },
  });
}

/** The file's row follows what was written; if someone has replaced that already, the next scan finds theirs. */
function follow({ db, now }: RecordDeps, write: TagWrite): void {
  const exact = lstatSync(write.pathRaw as string, { bigint: true, throwIfNoEntry: false });
  if (exact?.size !== BigInt(write.sizeAfter ?? -1) || `${exact.mtimeNs}` !== write.mtimeAfterNs) return;
  const { ino: inode, dev: device, mtimeMs, size: sizeBytes } = lstatSync(write.pathRaw as string);
  storeContent(db, write.fileId, { sha256: write.shaAfter as string, sizeBytes, mtimeMs, inode, device }, now());
}

/**
 * The end of a write or of an undo, in the caller's transaction: journal, audit trail, and the file's row with its new
 * content and tags. No stage is queued: what we wrote ourselves is no news to decide on, and so decisions stand.
 */
export function recordDone(deps: RecordDeps, writeId: number, actor: string, metadata: Metadata | null): void {
  const { db, now } = deps;
  const write = getTagWrite(db, writeId) as TagWrite;
  endTagWrite(db, write.id, "done", null, now());
  if (write.undoOf !== null) endTagWrite(db, write.undoOf, "undone", null, now());
  follow(deps, write);
  if (metadata) saveMetadata(db, write.fileId, metadata);
  const changes = write.changes.map(({ field, old, new: text }) => ({ field, old, new: text }));
  audit(deps, write, actor, write.undoOf === null ? actions.write : actions.undo, { changes, before: write.shaBefore });
}

/** The end of a write that left its file as it was. */
export function recordFailure(
  deps: RecordDeps,
  writeId: number,
  actor: string,
  reason: string,
  action: "fail" | "roll back" = "fail",
): void {
  const write = getTagWrite(deps.db, writeId) as TagWrite;
  endTagWrite(deps.db, writeId, "failed", reason, deps.now());
  audit(deps, { ...write, shaAfter: null }, actor, action, { reason, changes: write.changes });
}
