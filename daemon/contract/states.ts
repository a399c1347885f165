/** A file's state, derived from what its stages produced and what a person decided. */
export const fileStates = [
  "DISCOVERED",
  "METADATA_EXTRACTED",
  "FINGERPRINTED",
  "ANALYZED",
  "PROPOSAL_GENERATED",
  "APPROVED",
  "REJECTED",
  "EXECUTED",
  "FAILED",
  "DUPLICATE_RESOLVED",
] as const;
export type FileState = (typeof fileStates)[number];

export const runStatuses = ["pending", "running", "done", "failed", "skipped"] as const;
export type RunStatus = (typeof runStatuses)[number];

export const proposalStatuses = ["pending", "approved", "rejected", "executed"] as const;
export type ProposalStatus = (typeof proposalStatuses)[number];
