import type { RawPath } from "../contract/raw-path.ts";
import type { Db } from "./open.ts";

export type TagBatchStatus = "running" | "done" | "partly" | "failed" | "interrupted";
export type TagWriteStatus = "planned" | "written" | "done" | "failed" | "undone";

/** Tags written, or taken back, by one request. */
export interface TagBatch {
  id: number;
  kind: "write" | "undo";
  undoOf: number | null;
  status: TagBatchStatus;
  actor: string;
  /** Files that were asked for. */
  files: number;
  createdAt: number;
  finishedAt: number | null;
  error: string | null;
}

/** One field of a file: what its tags said, and what they were to say. */
export interface TagChange {
  field: string;
  old: string | null;
  new: string;
  action: string;
}

/** One file of a batch. Times in ns as text. */
export interface TagWrite {
  id: number;
  batchId: number;
  fileId: number;
  undoOf: number | null;
  pathRaw: RawPath;
  path: string;
  changes: TagChange[];
  device: string;
  inode: string;
  sizeBefore: number;
  mtimeBeforeNs: string;
  shaBefore: string;
  inodeAfter: string | null;
  sizeAfter: number | null;
  mtimeAfterNs: string | null;
  shaAfter: string | null;
  beforeKind: string | null;
  status: TagWriteStatus;
  reason: string | null;
  createdAt: number;
  updatedAt: number;
}

const batchColumns =
  "id, kind, undo_of as undoOf, status, actor, files, created_at as createdAt, finished_at as finishedAt, error";
const columns = `id, batch_id as batchId, file_id as fileId, undo_of as undoOf, path_raw as pathRaw, path, changes, device, inode,
  size_before as sizeBefore, mtime_before_ns as mtimeBeforeNs, sha_before as shaBefore, inode_after as inodeAfter,
  size_after as sizeAfter, mtime_after_ns as mtimeAfterNs, sha_after as shaAfter, before_kind as beforeKind, status, reason,
  created_at as createdAt, updated_at as updatedAt`;

type Row = Omit<TagWrite, "changes"> & { changes: string };
const toWrite = (row: Row): TagWrite => ({ ...row, changes: JSON.parse(row.changes) });

export function insertTagBatch(
  db: Db,
  batch: Pick<TagBatch, "kind" | "undoOf" | "actor" | "files" | "createdAt">,
): number {
  const { lastInsertRowid } = db
    .query(
      "insert into tag_batches (kind, undo_of, status, actor, files, created_at) values (?, ?, 'running', ?, ?, ?)",
    )
    .run(batch.kind, batch.undoOf, batch.actor, batch.files, batch.createdAt);
  return Number(lastInsertRowid);
}

export function finishTagBatch(
  db: Db,
  id: number,
  status: TagBatchStatus,
  now: number,
  error: string | null = null,
): void {
  db.query("update tag_batches set status = ?, finished_at = ?, error = ? where id = ?").run(status, now, error, id);
}

export function getTagBatch(db: Db, id: number): TagBatch | null {
  return db.query(`select ${batchColumns} from tag_batches where id = ?`).get(id) as TagBatch | null;
}

/** Batches, the newest first, with the true total. */
export function listTagBatches(db: Db, limit: number, offset: number): { items: TagBatch[]; total: number } {
  const items = db
    .query(`select ${batchColumns} from tag_batches order by id desc limit ? offset ?`)
    .all(limit, offset) as TagBatch[];
  return { items, total: (db.query("select count(*) as n from tag_batches").get() as { n: number }).n };
}

/** Batches that a stop or a crash left running. */
export function runningTagBatches(db: Db): TagBatch[] {
  return db.query(`select ${batchColumns} from tag_batches where status = 'running' order by id`).all() as TagBatch[];
}

/** How many files of a batch are in each state. */
export function countTagWrites(db: Db, batchId: number): Partial<Record<TagWriteStatus, number>> {
  const rows = db
    .query("select status, count(*) as n from tag_writes where batch_id = ? group by status")
    .all(batchId) as { status: TagWriteStatus; n: number }[];
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}

export type NewTagWrite = Pick<
  TagWrite,
  | "batchId"
  | "fileId"
  | "undoOf"
  | "pathRaw"
  | "path"
  | "changes"
  | "device"
  | "inode"
  | "sizeBefore"
  | "mtimeBeforeNs"
  | "shaBefore"
>;

/** Notes what will be done to a file, ahead of it. The caller makes it durable. */
export function insertTagWrite(
  db: Db,
  write: NewTagWrite,
  status: TagWriteStatus,
  reason: string | null,
  now: number,
): number {
  const { lastInsertRowid } = db
    .query(
      `insert into tag_writes (batch_id, file_id, undo_of, path_raw, path, changes, device, inode, size_before, mtime_before_ns, sha_before,
         status, reason, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      write.batchId,
      write.fileId,
      write.undoOf,
      write.pathRaw,
      write.path,
      JSON.stringify(write.changes),
      write.device,
      write.inode,
      write.sizeBefore,
      write.mtimeBeforeNs,
      write.shaBefore,
      status,
      reason,
      now,
      now,
    );
  return Number(lastInsertRowid);
}

export function getTagWrite(db: Db, id: number): TagWrite | null {
  const row = db.query(`select ${columns} from tag_writes where id = ?`).get(id) as Row | null;
  return row && toWrite(row);
}

/** A page of a batch's files, in the order of the work, with the true total. */
export function listTagWrites(
  db: Db,
  batchId: number,
  limit: number,
  offset: number,
): { items: TagWrite[]; total: number } {
  const rows = db
    .query(`select ${columns} from tag_writes where batch_id = ? order by id limit ? offset ?`)
    .all(batchId, limit, offset) as Row[];
  const { n } = db.query("select count(*) as n from tag_writes where batch_id = ?").get(batchId) as { n: number };
  return { items: rows.map(toWrite), total: n };
}

/** Ids of a batch's writes that stand and can be taken back. */
export function standingWrites(db: Db, batchId: number): number[] {
  const rows = db
    .query("select id from tag_writes where batch_id = ? and status = 'done' order by id desc")
    .all(batchId) as { id: number }[];
  return rows.map(({ id }) => id);
}

/** The newest write that stands in a file; null: none. */
export function newestWriteOf(db: Db, fileId: number): TagWrite | null {
  const row = db
    .query(
      `select ${columns} from tag_writes where file_id = ? and status = 'done' and undo_of is null order by id desc limit 1`,
    )
    .get(fileId) as Row | null;
  return row && toWrite(row);
}

/** Rows whose end is not recorded. */
export function openTagWrites(db: Db): TagWrite[] {
  const rows = db
    .query(
      `select ${columns} from tag_writes indexed by tag_writes_open where status in ('planned', 'written') order by id`,
    )
    .all() as Row[];
  return rows.map(toWrite);
}

/** The copy with new tags is whole and on disk; with it, the bytes that turn it back. The caller makes it durable. */
export function markWritten(
  db: Db,
  id: number,
  copy: {
    inode: string;
    sizeBytes: number;
    mtimeNs: string;
    sha256: string;
    beforeRaw: Uint8Array;
    beforeKind: string;
  },
  now: number,
): void {
  db.query(
    `update tag_writes set status = 'written', inode_after = ?, size_after = ?, mtime_after_ns = ?, sha_after = ?, before_raw = ?,
       before_kind = ?, updated_at = ? where id = ?`,
  ).run(copy.inode, copy.sizeBytes, copy.mtimeNs, copy.sha256, copy.beforeRaw, copy.beforeKind, now, id);
}

/** The packed bytes that turn a file back; null when there are none. */
export function beforeRawOf(db: Db, id: number): Uint8Array | null {
  const row = db.query("select before_raw as raw from tag_writes where id = ?").get(id) as { raw: Uint8Array | null };
  return row?.raw ?? null;
}

export function endTagWrite(db: Db, id: number, status: TagWriteStatus, reason: string | null, now: number): void {
  db.query("update tag_writes set status = ?, reason = ?, updated_at = ? where id = ?").run(status, reason, now, id);
}

/** A file's row gets the content that was written into it, so that a scan finds nothing changed. */
export function storeContent(
  db: Db,
  fileId: number,
  content: { sha256: string; sizeBytes: number; mtimeMs: number; inode: number; device: number },
  now: number,
): void {
  db.query(
    "update files set sha256 = ?, size_bytes = ?, mtime_ms = ?, inode = ?, device = ?, changed_at = ? where id = ?",
  ).run(content.sha256, content.sizeBytes, content.mtimeMs, content.inode, content.device, now, fileId);
}

/** Stages that read a file's content or tags right now, or wait to. */
export function readersOf(db: Db, fileId: number): string[] {
  const rows = db
    .query(
      "select stage from runs where file_id = ? and stage in ('hash', 'tags') and status in ('pending', 'running') order by stage",
    )
    .all(fileId) as { stage: string }[];
  return rows.map(({ stage }) => stage);
}

/** Whether a move of the file is under way, or could not be finished yet. */
export function isBeingMoved(db: Db, fileId: number): boolean {
  const row = db
    .query("select 1 as n from operations where file_id = ? and status in ('planned', 'copied', 'published') limit 1")
    .get(fileId);
  return row !== null;
}

/** Media files that are there, by id, after `afterId`. */
export function presentMedia(db: Db, afterId: number, limit: number): number[] {
  const rows = db
    .query("select id from files where id > ? and kind <> 'companion' and missing_since is null order by id limit ?")
    .all(afterId, limit) as { id: number }[];
  return rows.map(({ id }) => id);
}
