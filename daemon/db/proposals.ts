import type { Engine, Evidence, FieldName, Fields, ProposalDraft, ProposalKind } from "../contract/naming.ts";
import { foldPath } from "../contract/raw-path.ts";
import type { ProposalStatus } from "../contract/states.ts";
import { appendAudit } from "./audit.ts";
import { readCounts, sumCounts } from "./counts.ts";
import { ftsQuery, type MatchWay, matchCondition, matchWay } from "./matches.ts";
import type { Db } from "./open.ts";

/** A proposal with the file it is for. `version` rises with every change of it, so that nobody decides on an old one. */
export interface Proposal {
  id: number;
  fileId: number;
  version: number;
  status: ProposalStatus;
  kind: ProposalKind;
  filename: string;
  directory: string;
  confidence: number;
  engine: Engine;
  fields: Fields;
  evidence: Partial<Record<FieldName, Evidence[]>>;
  notes: string[];
  /** True when the file stays where it is under its name. */
  unchanged: boolean;
  createdAt: number;
  updatedAt: number;
  decidedAt: number | null;
  path: string;
  sizeBytes: number;
  durationSec: number | null;
  missing: boolean;
}

type Row = Omit<Proposal, "fields" | "evidence" | "notes" | "unchanged" | "missing"> & {
  fields: string;
  evidence: string;
  notes: string;
  unchanged: number;
  missing: number;
};

const columns = `p.id, p.file_id as fileId, p.version, p.status, p.kind, p.filename, p.directory, p.confidence, p.engine, p.fields, p.evidence,
  p.notes, p.unchanged, p.created_at as createdAt, p.updated_at as updatedAt, p.decided_at as decidedAt, f.path, f.size_bytes as sizeBytes,
  m.duration_sec as durationSec, f.missing_since is not null as missing`;
const from = "from proposals p join files f on f.id = p.file_id left join metadata m on m.file_id = p.file_id";

const toProposal = (row: Row): Proposal => ({
  ...row,
  fields: JSON.parse(row.fields),
  evidence: JSON.parse(row.evidence),
  notes: JSON.parse(row.notes),
  unchanged: row.unchanged === 1,
  missing: row.missing === 1,
});

export function getProposal(db: Db, id: number): Proposal | null {
  const row = db.query(`select ${columns} ${from} where p.id = ?`).get(id) as Row | null;
  return row && toProposal(row);
}

export function proposalOfFile(db: Db, fileId: number): Proposal | null {
  const row = db.query(`select ${columns} ${from} where p.file_id = ?`).get(fileId) as Row | null;
  return row && toProposal(row);
}

/** Other open proposals that want the place with this folded path. */
export function rivals(
  db: Db,
  destinationKey: string,
  exceptId: number,
): { id: number; status: ProposalStatus; path: string }[] {
  return db
    .query(
      `select p.id, p.status, f.path from proposals p join files f on f.id = p.file_id
       where p.destination_key = ? and p.status in ('pending', 'approved') and p.unchanged = 0 and p.id <> ? and f.missing_since is null limit 5`,
    )
    .all(destinationKey, exceptId) as { id: number; status: ProposalStatus; path: string }[];
}

/** The directory of a file relative to the library; empty for the library itself. */
const directoryOf = (relativePath: string) => relativePath.split("/").slice(0, -1).join("/");

/**
 * Stores what an engine proposes for a file. What a person approved, rejected or executed is not rewritten. Returns
 * whether it was stored.
 */
export function saveProposal(db: Db, fileId: number, draft: ProposalDraft, relativePath: string, now: number): boolean {
  const name = relativePath.split("/").at(-1) ?? "";
  const unchanged = draft.filename === name && draft.directory === directoryOf(relativePath);
  const values = {
    $fileId: fileId,
    $kind: draft.kind,
    $filename: draft.filename,
    $directory: draft.directory,
    $confidence: draft.confidence,
    $engine: draft.engine,
    $fields: JSON.stringify(draft.fields),
    $evidence: JSON.stringify(draft.evidence),
    $notes: JSON.stringify(draft.notes),
    $unchanged: unchanged ? 1 : 0,
    $key: foldPath(`${draft.directory}/${draft.filename}`),
    $now: now,
  };
  return (
    db
      .query(
        `insert into proposals (file_id, status, kind, filename, directory, confidence, engine, fields, evidence, notes, unchanged, destination_key, created_at, updated_at)
         values ($fileId, 'pending', $kind, $filename, $directory, $confidence, $engine, $fields, $evidence, $notes, $unchanged, $key, $now, $now)
         on conflict (file_id) do update set kind = $kind, filename = $filename, directory = $directory, confidence = $confidence, engine = $engine,
           fields = $fields, evidence = $evidence, notes = $notes, unchanged = $unchanged, destination_key = $key, updated_at = $now, version = version + 1
         where status = 'pending'`,
      )
      .run(values).changes > 0
  );
}

/** The draft that a pending proposal holds; null when there is none or it is decided. */
export function pendingDraft(db: Db, fileId: number): ProposalDraft | null {
  const proposal = proposalOfFile(db, fileId);
  if (proposal?.status !== "pending") return null;
  const { kind, fields, filename, directory, confidence, engine, evidence, notes } = proposal;
  return { kind, fields, filename, directory, confidence, engine, evidence, notes };
}

/** A file's content is another than the one that was decided on: the decision falls, the proposal is made anew. */
export function reopenProposal(db: Db, fileId: number, now: number): void {
  const proposal = proposalOfFile(db, fileId);
  if (!proposal || proposal.status === "pending") return;
  db.query(
    "update proposals set status = 'pending', version = version + 1, decided_at = null, updated_at = ? where id = ?",
  ).run(now, proposal.id);
  appendAudit(db, {
    at: now,
    actor: "phaze",
    action: "content changed",
    fileId,
    proposalId: proposal.id,
    source: proposal.path,
    detail: { was: proposal.status },
  });
}

export const decisions = { approve: "approved", reject: "rejected", undo: "pending" } as const;
export type Decision = keyof typeof decisions;

export type DecisionResult =
  | { ok: true; proposal: Proposal }
  | { ok: false; reason: "not found" | "conflict" | "executed"; proposal: Proposal | null };

/** Approves or rejects a proposal, or takes that back. With `version`, only when the proposal is still that one. */
export function decide(
  db: Db,
  id: number,
  decision: Decision,
  options: { version?: number | undefined; actor: string; now: number },
): DecisionResult {
  return db.transaction((): DecisionResult => {
    const proposal = getProposal(db, id);
    if (!proposal) return { ok: false, reason: "not found", proposal };
    if (options.version !== undefined && options.version !== proposal.version)
      return { ok: false, reason: "conflict", proposal };
    if (proposal.status === "executed") return { ok: false, reason: "executed", proposal };
    const status = decisions[decision];
    if (status !== proposal.status) {
      db.query(
        "update proposals set status = ?, version = version + 1, decided_at = ?, updated_at = ? where id = ?",
      ).run(status, status === "pending" ? null : options.now, options.now, id);
      const action = decision === "undo" ? "revert" : decision;
      appendAudit(db, {
        at: options.now,
        actor: options.actor,
        action,
        fileId: proposal.fileId,
        proposalId: id,
        source: proposal.path,
        dest: `${proposal.directory}/${proposal.filename}`,
      });
    }
    return { ok: true, proposal: getProposal(db, id) as Proposal };
  })();
}

/** After a move or its undo; not a person's decision. */
export function setProposalStatus(db: Db, id: number, status: ProposalStatus, now: number): void {
  db.query("update proposals set status = ?, version = version + 1, updated_at = ? where id = ?").run(status, now, id);
}

export interface ProposalFilter {
  status?: ProposalStatus | undefined;
  kind?: ProposalKind | undefined;
  minConfidence?: number | undefined;
  changed?: boolean | undefined;
  search?: string | undefined;
}

export const proposalSorts = {
  id: "p.id",
  confidence: "p.confidence",
  path: "f.path",
  destination: "p.directory, p.filename",
} as const;
export type ProposalSort = keyof typeof proposalSorts;

function conditions(
  filter: ProposalFilter,
  way: MatchWay = "drive",
): { where: string; values: Record<string, string | number> } {
  const parts: string[] = [];
  const values: Record<string, string | number> = {};
  const add = (part: string, name: string, value: string | number | undefined) => {
    if (value === undefined) return;
    parts.push(part);
    values[name] = value;
  };
  add("p.status = $status", "$status", filter.status);
  add("p.kind = $kind", "$kind", filter.kind);
  add("p.confidence >= $min", "$min", filter.minConfidence);
  if (filter.changed !== undefined) add("p.unchanged = $unchanged", "$unchanged", filter.changed ? 0 : 1);
  if (filter.search?.trim()) {
    const query = ftsQuery(filter.search);
    if (query) add(matchCondition("p.file_id", way), "$query", query);
    else parts.push("0");
  }
  return { where: parts.length > 0 ? `where ${parts.join(" and ")}` : "", values };
}

/** A page of proposals with the true total; the order is total, too: equal ones by id. */
export function listProposals(
  db: Db,
  filter: ProposalFilter,
  page: { sort: ProposalSort; descending: boolean; limit: number; offset: number },
): { items: Proposal[]; total: number } {
  const total = countProposals(db, filter);
  const { where, values } = conditions(filter, matchWay(db, total, page.offset + page.limit));
  const direction = page.descending ? "desc" : "asc";
  const order = proposalSorts[page.sort]
    .split(", ")
    .map((column) => `${column} ${direction}`)
    .join(", ");
  const needsFile = page.sort === "path" ? "join files f on f.id = p.file_id" : "";
  const ids = `select p.id from proposals p ${needsFile} ${where} order by ${order}, p.id ${direction} limit $limit offset $offset`;
  const rows = db
    .query(`select ${columns} ${from} where p.id in (${ids}) order by ${order}, p.id ${direction}`)
    .all({ ...Object.fromEntries(Object.entries(values)), $limit: page.limit, $offset: page.offset }) as Row[];
  return { items: rows.map(toProposal), total };
}

/** How many proposals there are; read from the kept counts where only the status is asked for. */
export function countProposals(db: Db, filter: ProposalFilter): number {
  const { status, ...rest } = filter;
  if (Object.values(rest).every((value) => value === undefined || value === "")) {
    const counts = readCounts(db, "proposal");
    return status ? (counts[status] ?? 0) : sumCounts(counts);
  }
  const { search, ...unsearched } = filter;
  const query = search?.trim() ? ftsQuery(search) : undefined;
  if (query === null) return 0;
  const { where, values } = conditions(unsearched);
  if (query === undefined)
    return (db.query(`select count(*) as n from proposals p ${where}`).get(values) as { n: number }).n;
  // From the matches to their proposals: the other way round every proposal would be looked at.
  const sql = `select count(*) as n from files_fts cross join proposals p on p.file_id = files_fts.rowid and files_fts match $query ${where}`;
  return (db.query(sql).get({ ...values, $query: query }) as { n: number }).n;
}

/** Ids of all proposals that match, at most `limit`, oldest first. */
export function proposalIds(db: Db, filter: ProposalFilter, limit: number): number[] {
  const { where, values } = conditions(filter);
  const rows = db
    .query(`select p.id from proposals p ${where} order by p.id limit $limit`)
    .all({ ...values, $limit: limit }) as { id: number }[];
  return rows.map((row) => row.id);
}
