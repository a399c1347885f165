import type { Db } from "./open.ts";

export type ScanStatus = "running" | "completed" | "failed" | "cancelled";

/** What a scan found so far. */
export interface ScanTally {
  folders: number;
  seen: number;
  new: number;
  changed: number;
  moved: number;
  missing: number;
  returned: number;
  settling: number;
  skipped: Record<string, number>;
}

export const emptyTally = (): ScanTally => ({
  folders: 0,
  seen: 0,
  new: 0,
  changed: 0,
  moved: 0,
  missing: 0,
  returned: 0,
  settling: 0,
  skipped: {},
});

export interface ScanBatch {
  id: number;
  root: string;
  status: ScanStatus;
  reason: string | null;
  startedAt: number;
  finishedAt: number | null;
  files: ScanTally;
  error: string | null;
}

interface ScanRow extends Omit<ScanBatch, "files">, Omit<ScanTally, "skipped"> {
  skipped: string;
}

const columns = `id, root, status, reason, started_at as startedAt, finished_at as finishedAt, folders, files_seen as seen, files_new as new,
  files_changed as changed, files_moved as moved, files_missing as missing, files_returned as returned, files_settling as settling, skipped, error`;

function toBatch(row: ScanRow): ScanBatch {
  const { id, root, status, reason, startedAt, finishedAt, error, skipped, ...tally } = row;
  return { id, root, status, reason, startedAt, finishedAt, error, files: { ...tally, skipped: JSON.parse(skipped) } };
}

export function insertScan(db: Db, root: string, reason: string, now: number): number {
  return Number(
    db
      .query("insert into scan_batches (root, status, reason, started_at) values (?, 'running', ?, ?)")
      .run(root, reason, now).lastInsertRowid,
  );
}

export function updateScan(
  db: Db,
  id: number,
  tally: ScanTally,
  end: { status: ScanStatus; error?: string; now: number } | null,
): void {
  db.query(
    `update scan_batches set folders = ?, files_seen = ?, files_new = ?, files_changed = ?, files_moved = ?, files_missing = ?,
       files_returned = ?, files_settling = ?, skipped = ?, status = ?, error = ?, finished_at = ? where id = ?`,
  ).run(
    tally.folders,
    tally.seen,
    tally.new,
    tally.changed,
    tally.moved,
    tally.missing,
    tally.returned,
    tally.settling,
    JSON.stringify(tally.skipped),
    end?.status ?? "running",
    end?.error ?? null,
    end?.now ?? null,
    id,
  );
}

export function getScan(db: Db, id: number): ScanBatch | null {
  const row = db.query(`select ${columns} from scan_batches where id = ?`).get(id) as ScanRow | null;
  return row && toBatch(row);
}

export function lastScan(db: Db): ScanBatch | null {
  const row = db.query(`select ${columns} from scan_batches order by id desc limit 1`).get() as ScanRow | null;
  return row && toBatch(row);
}

/** Ends scans that a process which is gone left open. */
export function closeOpenScans(db: Db, now: number): void {
  db.query(
    "update scan_batches set status = 'failed', finished_at = ?, error = 'Phaze stopped during this scan' where status = 'running'",
  ).run(now);
}
