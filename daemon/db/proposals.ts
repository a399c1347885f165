import type { ProposalDraft } from "../contract/naming.ts";
import { foldPath } from "../contract/raw-path.ts";
import type { ProposalStatus } from "../contract/states.ts";
import { appendAudit } from "./audit.ts";
import type { Db } from "./open.ts";
import { type Proposal, type ProposalRow, proposalColumns, proposalFrom, toProposal } from "./proposal-rows.ts";
import { runAgain } from "./runs.ts";

export type { Proposal };

export function getProposal(db: Db, id: number): Proposal | null {
  const row = db.query(`select ${proposalColumns} ${proposalFrom} where p.id = ?`).get(id) as ProposalRow | null;
  return row && toProposal(row);
}

export function proposalOfFile(db: Db, fileId: number): Proposal | null {
  const row = db
    .query(`select ${proposalColumns} ${proposalFrom} where p.file_id = ?`)
    .get(fileId) as ProposalRow | null;
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
 * Stores what an engine proposes for a file. What a person approved, rejected or executed is not rewritten, and what is
 * the same stays at its version. Returns whether anything was stored.
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
    $sureness: JSON.stringify(draft.sureness),
    $alternatives: JSON.stringify(draft.alternatives),
    $notes: JSON.stringify(draft.notes),
    $model: draft.model ?? null,
    $prompt: draft.prompt ?? null,
    $durationMs: draft.durationMs ?? null,
    $unchanged: unchanged ? 1 : 0,
    $key: foldPath(`${draft.directory}/${draft.filename}`),
    $now: now,
  };
  return (
    db
      .query(
        `insert into proposals (file_id, status, kind, filename, directory, confidence, engine, fields, evidence, sureness, alternatives, notes,
           model, prompt, duration_ms, unchanged, destination_key, created_at, updated_at)
         values ($fileId, 'pending', $kind, $filename, $directory, $confidence, $engine, $fields, $evidence, $sureness, $alternatives, $notes,
           $model, $prompt, $durationMs, $unchanged, $key, $now, $now)
         on conflict (file_id) do update set kind = $kind, filename = $filename, directory = $directory, confidence = $confidence, engine = $engine,
           fields = $fields, evidence = $evidence, sureness = $sureness, alternatives = $alternatives, notes = $notes,
           model = $model, prompt = $prompt, duration_ms = $durationMs, unchanged = $unchanged, destination_key = $key, updated_at = $now, version = version + 1
         where status = 'pending' and (kind, filename, directory, confidence, engine, fields, evidence, sureness, alternatives, notes, model, prompt, unchanged)
           is not ($kind, $filename, $directory, $confidence, $engine, $fields, $evidence, $sureness, $alternatives, $notes, $model, $prompt, $unchanged)`,
      )
      .run(values).changes > 0
  );
}

/** What an engine said, out of a stored proposal. */
export function draftOf(proposal: Proposal): ProposalDraft {
  const { kind, fields, filename, directory, confidence, engine, evidence, sureness, alternatives, notes } = proposal;
  const { model, prompt, durationMs } = proposal;
  return {
    ...{ kind, fields, filename, directory, confidence, engine, evidence, sureness, alternatives, notes },
    ...(model === null ? {} : { model }),
    ...(prompt === null ? {} : { prompt }),
    ...(durationMs === null ? {} : { durationMs }),
  };
}

/** The draft that a pending proposal holds; null when there is none or it is decided. */
export function pendingDraft(db: Db, fileId: number): ProposalDraft | null {
  const proposal = proposalOfFile(db, fileId);
  if (proposal?.status !== "pending") return null;
  return draftOf(proposal);
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
      // What was decided stayed as it was, whatever has been learned since.
      if (status === "pending") runAgain(db, proposal.fileId, "propose");
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
  const fileId = status === "pending" ? getProposal(db, id)?.fileId : undefined;
  if (fileId !== undefined) runAgain(db, fileId, "propose");
  db.query("update proposals set status = ?, version = version + 1, updated_at = ? where id = ?").run(status, now, id);
}
