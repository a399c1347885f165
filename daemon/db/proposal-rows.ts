import type { ProposalKind } from "../contract/fields.ts";
import type { Engine, ProposalDraft } from "../contract/naming.ts";
import type { ProposalStatus } from "../contract/states.ts";

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
  fields: ProposalDraft["fields"];
  evidence: ProposalDraft["evidence"];
  sureness: ProposalDraft["sureness"];
  alternatives: ProposalDraft["alternatives"];
  notes: string[];
  /** What the model's look was made with; null when rules alone spoke. */
  model: string | null;
  prompt: string | null;
  /** How long the engine took, ms. */
  durationMs: number | null;
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

export type ProposalRow = Omit<
  Proposal,
  "fields" | "evidence" | "sureness" | "alternatives" | "notes" | "unchanged" | "missing"
> & {
  fields: string;
  evidence: string;
  sureness: string;
  alternatives: string;
  notes: string;
  unchanged: number;
  missing: number;
};

export const proposalColumns = `p.id, p.file_id as fileId, p.version, p.status, p.kind, p.filename, p.directory, p.confidence, p.engine, p.fields, p.evidence,
  p.sureness, p.alternatives, p.notes, p.model, p.prompt, p.duration_ms as durationMs, p.unchanged, p.created_at as createdAt, p.updated_at as updatedAt, p.decided_at as decidedAt, p.path, f.size_bytes as sizeBytes,
  m.duration_sec as durationSec, f.missing_since is not null as missing`;
export const proposalFrom =
  "from proposals p join files f on f.id = p.file_id left join metadata m on m.file_id = p.file_id";

export const toProposal = (row: ProposalRow): Proposal => ({
  ...row,
  fields: JSON.parse(row.fields),
  evidence: JSON.parse(row.evidence),
  sureness: JSON.parse(row.sureness),
  alternatives: JSON.parse(row.alternatives),
  notes: JSON.parse(row.notes),
  unchanged: row.unchanged === 1,
  missing: row.missing === 1,
});
