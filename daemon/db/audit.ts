import type { Db } from "./open.ts";

export const auditActions = [
  "approve",
  "reject",
  "revert",
  "move",
  "copy",
  "restore",
  "remove copy",
  "fail",
  "roll back",
  "content changed",
  "settings",
] as const;
export type AuditAction = (typeof auditActions)[number];

/** One line of the audit trail; the table lets nobody change or delete it. */
export interface AuditEntry {
  id: number;
  at: number;
  actor: string;
  action: AuditAction;
  fileId: number | null;
  proposalId: number | null;
  batchId: number | null;
  source: string | null;
  dest: string | null;
  sha256: string | null;
  detail: Record<string, unknown>;
}

export type NewAudit = Pick<AuditEntry, "at" | "actor" | "action"> &
  Partial<Omit<AuditEntry, "id" | "at" | "actor" | "action">>;

export function appendAudit(db: Db, entry: NewAudit): void {
  db.query(
    `insert into execution_log (at, actor, action, file_id, proposal_id, batch_id, source, dest, sha256, detail)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    entry.at,
    entry.actor,
    entry.action,
    entry.fileId ?? null,
    entry.proposalId ?? null,
    entry.batchId ?? null,
    entry.source ?? null,
    entry.dest ?? null,
    entry.sha256 ?? null,
    JSON.stringify(entry.detail ?? {}),
  );
}

export interface AuditFilter {
  action?: AuditAction | undefined;
  batchId?: number | undefined;
  fileId?: number | undefined;
}

/** A page of the audit trail, newest first, with the true total. */
export function listAudit(
  db: Db,
  filter: AuditFilter,
  limit: number,
  offset: number,
): { items: AuditEntry[]; total: number } {
  const wanted = [
    ["action", filter.action],
    ["batch_id", filter.batchId],
    ["file_id", filter.fileId],
  ].filter((pair): pair is [string, string | number] => pair[1] !== undefined);
  const where = wanted.length > 0 ? `where ${wanted.map(([name]) => `${name} = ?`).join(" and ")}` : "";
  const values = wanted.map(([, value]) => value);
  const rows = db
    .query(
      `select id, at, actor, action, file_id as fileId, proposal_id as proposalId, batch_id as batchId, source, dest, sha256, detail
       from execution_log ${where} order by id desc limit ? offset ?`,
    )
    .all(...values, limit, offset) as (Omit<AuditEntry, "detail"> & { detail: string })[];
  // Rows are only ever added, so without a filter the newest id is their number.
  const count = where
    ? `select count(*) as n from execution_log ${where}`
    : "select coalesce(max(id), 0) as n from execution_log";
  const { n } = db.query(count).get(...values) as { n: number };
  return { items: rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) })), total: n };
}
