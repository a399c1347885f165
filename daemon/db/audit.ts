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
  "write tags",
  "undo tags",
  "set analysis",
  "edit",
  "learn again",
  "unlearn",
  "set templates",
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

const columns =
  "id, at, actor, action, file_id as fileId, proposal_id as proposalId, batch_id as batchId, source, dest, sha256, detail";
type Row = Omit<AuditEntry, "detail"> & { detail: string };
const toEntry = (row: Row): AuditEntry => ({ ...row, detail: JSON.parse(row.detail) });

/** The index that leaves the fewest entries to look at: a file has few, a batch may have as many as there are files. */
function indexFor(filter: AuditFilter): string {
  if (filter.fileId !== undefined) return "execution_log_by_file";
  if (filter.batchId === undefined) return "execution_log_by_action";
  return filter.action === undefined ? "execution_log_by_batch" : "execution_log_by_batch_action";
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
  if (wanted.length === 0) return wholeAudit(db, limit, offset);
  const from = `from execution_log indexed by ${indexFor(filter)} where ${wanted.map(([name]) => `${name} = ?`).join(" and ")}`;
  const values = wanted.map(([, value]) => value);
  const { n } = db.query(`select count(*) as n ${from}`).get(...values) as { n: number };
  const rows = db
    .query(`select ${columns} ${from} order by id desc limit ? offset ?`)
    .all(...values, limit, offset) as Row[];
  return { items: rows.map(toEntry), total: n };
}

/** Rows are only ever added, so ids have no gaps: the newest one is the total, and a page is a range of them. */
function wholeAudit(db: Db, limit: number, offset: number): { items: AuditEntry[]; total: number } {
  const { n } = db.query("select coalesce(max(id), 0) as n from execution_log").get() as { n: number };
  const rows = db
    .query(`select ${columns} from execution_log where id > ? and id <= ? order by id desc`)
    .all(n - offset - limit, n - offset) as Row[];
  return { items: rows.map(toEntry), total: n };
}
