import type { RawPath } from "../contract/raw-path.ts";
import { readCounts, sumCounts } from "./counts.ts";
import type { Db } from "./open.ts";

export type BatchStatus = "running" | "done" | "partly" | "failed" | "interrupted";
export type OperationStatus = "planned" | "copied" | "published" | "done" | "failed" | "undone";

/** `move`: copy, then remove the source. `copy`: keep the source. `discard`: remove a copy whose original is there. */
export type OperationAction = "move" | "copy" | "discard";

/** Moves that were started together. */
export interface Batch {
  id: number;
  kind: "apply" | "undo";
  undoOf: number | null;
  status: BatchStatus;
  createdAt: number;
  finishedAt: number | null;
  units: number;
  bytes: number;
  error: string | null;
}

/** One journaled move of one file. Operations of the same `unit` happen together or not at all. */
export interface Operation {
  id: number;
  batchId: number;
  unit: number;
  proposalId: number | null;
  fileId: number | null;
  role: "media" | "companion";
  action: OperationAction;
  sourceRaw: RawPath;
  destRaw: RawPath;
  source: string;
  dest: string;
  sizeBytes: number;
  /** The source's modification time in ns since 1970, as text: it exceeds what a number holds. */
  mtimeNs: string;
  /** The modification time that the file shall have in the end. */
  finalMtimeNs: string;
  /** Permission bits. */
  mode: number;
  /** The file system the source was on: when it is another one at recovery, the disk is away. */
  sourceDevice: string;
  sha256: string | null;
  tempDevice: string | null;
  tempInode: string | null;
  status: OperationStatus;
  error: string | null;
}

const batchColumns =
  "id, kind, undo_of as undoOf, status, created_at as createdAt, finished_at as finishedAt, units, bytes, error";
const columns = `id, batch_id as batchId, unit, proposal_id as proposalId, file_id as fileId, role, action, source_raw as sourceRaw,
  dest_raw as destRaw, source, dest, size_bytes as sizeBytes, mtime_ns as mtimeNs, final_mtime_ns as finalMtimeNs, mode, source_device as sourceDevice, sha256, temp_device as tempDevice,
  temp_inode as tempInode, status, error`;

export type NewOperation = Omit<Operation, "id" | "batchId" | "tempDevice" | "tempInode" | "status" | "error">;

/** Writes a batch and all its operations ahead of the first of them. The caller makes it durable. */
export function insertBatch(
  db: Db,
  batch: Pick<Batch, "kind" | "undoOf" | "createdAt">,
  operations: readonly NewOperation[],
): number {
  const units = new Set(operations.map((operation) => operation.unit)).size;
  const bytes = operations.reduce((sum, operation) => sum + operation.sizeBytes, 0);
  const { lastInsertRowid } = db
    .query("insert into batches (kind, undo_of, status, created_at, units, bytes) values (?, ?, 'running', ?, ?, ?)")
    .run(batch.kind, batch.undoOf, batch.createdAt, units, bytes);
  const id = Number(lastInsertRowid);
  const insert = db.query(
    `insert into operations (batch_id, unit, proposal_id, file_id, role, action, source_raw, dest_raw, source, dest, size_bytes, mtime_ns,
       final_mtime_ns, mode, source_device, sha256, status, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'planned', ?)`,
  );
  for (const op of operations) {
    const place = [op.sourceRaw, op.destRaw, op.source, op.dest];
    const facts = [op.sizeBytes, op.mtimeNs, op.finalMtimeNs, op.mode, op.sourceDevice, op.sha256];
    insert.run(id, op.unit, op.proposalId, op.fileId, op.role, op.action, ...place, ...facts, batch.createdAt);
  }
  return id;
}

export function getBatch(db: Db, id: number): Batch | null {
  return db.query(`select ${batchColumns} from batches where id = ?`).get(id) as Batch | null;
}

export function listBatches(db: Db, limit: number, offset: number): { items: Batch[]; total: number } {
  const items = db
    .query(`select ${batchColumns} from batches order by id desc limit ? offset ?`)
    .all(limit, offset) as Batch[];
  return { items, total: (db.query("select count(*) as n from batches").get() as { n: number }).n };
}

/** Batches that were interrupted, or of which a unit could not be finished: their journal is still open. */
export function openBatches(db: Db): Batch[] {
  const open = "select batch_id from operations where status in ('planned', 'copied', 'published')";
  return db
    .query(`select ${batchColumns} from batches where status = 'running' or id in (${open}) order by id`)
    .all() as Batch[];
}

/** The undo of a batch that is under way or has put something back; null when there is none. */
export function undoOf(db: Db, batchId: number): Batch | null {
  return db
    .query(`select ${batchColumns} from batches where undo_of = ? and status <> 'failed' order by id desc limit 1`)
    .get(batchId) as Batch | null;
}

export function operationsOf(db: Db, batchId: number): Operation[] {
  return db.query(`select ${columns} from operations where batch_id = ? order by unit, id`).all(batchId) as Operation[];
}

/** A page of a batch's journal, in the order of the work, with the true total. */
export function listOperations(
  db: Db,
  filter: { batchId: number; status?: OperationStatus | undefined },
  limit: number,
  offset: number,
): { items: Operation[]; total: number } {
  const { batchId, status } = filter;
  const counts = readCounts(db, `operations:${batchId}`);
  const where = status ? "batch_id = ? and status = ?" : "batch_id = ?";
  const index = status ? "operations_by_status" : "operations_by_batch";
  const items = db
    .query(`select ${columns} from operations indexed by ${index} where ${where} order by unit, id limit ? offset ?`)
    .all(...(status ? [batchId, status] : [batchId]), limit, offset) as Operation[];
  return { items, total: status ? (counts[status] ?? 0) : sumCounts(counts) };
}

/** The journal's word on one operation. */
export function statusOf(db: Db, id: number): OperationStatus | null {
  const row = db.query("select status from operations where id = ?").get(id) as { status: OperationStatus } | null;
  return row?.status ?? null;
}

export function finishBatch(db: Db, id: number, status: BatchStatus, now: number, error: string | null = null): void {
  db.query("update batches set status = ?, finished_at = ?, error = ? where id = ?").run(status, now, error, id);
}

export interface OperationChange {
  status: OperationStatus;
  sha256?: string;
  tempDevice?: string;
  tempInode?: string;
  error?: string;
}

export function updateOperation(db: Db, id: number, change: OperationChange, now: number): void {
  db.query(
    `update operations set status = ?, sha256 = coalesce(?, sha256), temp_device = coalesce(?, temp_device), temp_inode = coalesce(?, temp_inode),
       error = coalesce(?, error), updated_at = ? where id = ?`,
  ).run(
    change.status,
    change.sha256 ?? null,
    change.tempDevice ?? null,
    change.tempInode ?? null,
    change.error ?? null,
    now,
    id,
  );
}

/** How far a batch is: operations by status, and bytes of those that ended; from the kept counts. */
export function batchProgress(
  db: Db,
  id: number,
): { statuses: Partial<Record<OperationStatus, number>>; bytesDone: number } {
  const bytes = readCounts(db, `operation bytes:${id}`);
  return {
    statuses: readCounts(db, `operations:${id}`),
    bytesDone: (bytes.done ?? 0) + (bytes.failed ?? 0) + (bytes.undone ?? 0),
  };
}

/** A folder that a batch made, or whose time it changed by taking a file out. Times in ns as text. */
export interface BatchFolder {
  pathRaw: RawPath;
  created: boolean;
  mtimeNs: string | null;
  leftMtimeNs: string | null;
}

export function noteFolder(
  db: Db,
  batchId: number,
  folder: Pick<BatchFolder, "pathRaw" | "created" | "mtimeNs">,
): void {
  db.query(
    "insert into batch_folders (batch_id, path_raw, created, mtime_ns) values (?, ?, ?, ?) on conflict do nothing",
  ).run(batchId, folder.pathRaw, folder.created ? 1 : 0, folder.mtimeNs);
}

export function noteLeftTime(db: Db, batchId: number, pathRaw: RawPath, leftMtimeNs: string): void {
  db.query("update batch_folders set left_mtime_ns = ? where batch_id = ? and path_raw = ?").run(
    leftMtimeNs,
    batchId,
    pathRaw,
  );
}

export function foldersOf(db: Db, batchId: number): BatchFolder[] {
  const rows = db
    .query(
      "select path_raw as pathRaw, created, mtime_ns as mtimeNs, left_mtime_ns as leftMtimeNs from batch_folders where batch_id = ?",
    )
    .all(batchId) as (Omit<BatchFolder, "created"> & { created: number })[];
  return rows.map((row) => ({ ...row, created: row.created === 1 }));
}
