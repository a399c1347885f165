import { lstatSync } from "node:fs";
import { splitRaw } from "../contract/raw-path.ts";
import { type AuditAction, appendAudit } from "../db/audit.ts";
import { ensureFolder, findFolder, getFile, moveFile } from "../db/files.ts";
import { type Batch, type Operation, updateOperation } from "../db/operations.ts";
import { setProposalStatus } from "../db/proposals.ts";
import type { MoveDeps } from "./deps.ts";

type RecordDeps = Pick<MoveDeps, "db" | "now" | "actor">;

/** The file's row follows it to its new place; a row that a scan made there meanwhile gives way. */
function relocate({ db }: RecordDeps, operation: Operation): void {
  if (operation.fileId === null || operation.action !== "move") return;
  // A row that is elsewhere by now is another file's, or was moved by someone else: it is left alone.
  if (getFile(db, operation.fileId)?.path !== operation.source) return;
  const { folder: folderRaw, name } = splitRaw(operation.destRaw);
  const stat = lstatSync(operation.destRaw as string, { throwIfNoEntry: false });
  const known = findFolder(db, folderRaw);
  const folder = known ?? ensureFolder(db, folderRaw, stat?.dev ?? null);
  db.query("delete from files where folder_id = ? and name_raw = ? and id <> ?").run(folder.id, name, operation.fileId);
  moveFile(db, operation.fileId, folder, name);
  if (!stat) return;
  db.query("update files set inode = ?, device = ?, mtime_ms = ?, size_bytes = ? where id = ?").run(
    stat.ino,
    stat.dev,
    stat.mtimeMs,
    stat.size,
    operation.fileId,
  );
}

function actionOf(batch: Batch, operation: Operation): AuditAction {
  if (operation.action === "discard") return "remove copy";
  if (batch.kind === "undo") return "restore";
  return operation.action;
}

/** Records a unit whose files are all in their new places: rows, decisions, journal and audit trail in one go. */
export function recordDone(deps: RecordDeps, batch: Batch, unit: readonly Operation[]): void {
  const { db, now, actor } = deps;
  for (const operation of unit) {
    relocate(deps, operation);
    updateOperation(db, operation.id, { status: "done" }, now());
    if (batch.kind === "undo") {
      db.query(
        "update operations set status = 'undone', updated_at = ? where batch_id = ? and dest_raw = ? and status = 'done'",
      ).run(now(), batch.undoOf, operation.sourceRaw);
    }
    if (operation.role === "media" && operation.proposalId !== null) {
      setProposalStatus(db, operation.proposalId, batch.kind === "undo" ? "pending" : "executed", now());
    }
    const { fileId, proposalId, source, dest, sha256 } = operation;
    const detail = operation.action === "copy" ? { kept: "The source has other hard links and was kept" } : {};
    appendAudit(db, {
      at: now(),
      actor,
      action: actionOf(batch, operation),
      fileId,
      proposalId,
      batchId: batch.id,
      source,
      dest,
      sha256,
      detail,
    });
  }
}

/** Records a unit that left its files where they were, and why. */
export function recordFailed(
  deps: RecordDeps,
  batch: Batch,
  unit: readonly Operation[],
  reason: string,
  action: "fail" | "roll back" = "fail",
): void {
  const { db, now, actor } = deps;
  for (const operation of unit) updateOperation(db, operation.id, { status: "failed", error: reason }, now());
  const media = unit.find((operation) => operation.role === "media") ?? unit[0];
  if (!media) return;
  const { fileId, proposalId, source, dest } = media;
  appendAudit(db, {
    at: now(),
    actor,
    action,
    fileId,
    proposalId,
    batchId: batch.id,
    source,
    dest,
    detail: { reason, files: unit.length },
  });
}
