import { auditSchema, type KeptRuleItem } from "../../../daemon/contract/api.ts";
import { makeEvents } from "../../../daemon/events.ts";
import { defaultTemplates } from "../../../daemon/naming/templates.ts";
import { cannedProposals, type Proposal } from "./canned-proposals.ts";
import type { FakeBatch } from "./fake-batches.ts";
import { missingModel } from "./fake-llm.ts";
import { openSoundDb } from "./fake-sound.ts";

const decided = { approve: "approved", reject: "rejected", undo: "pending" } as const;
export type Decision = keyof typeof decided;

/** The state behind the fake API; tests reach into it to make things happen. */
export function makeWorld(count: number) {
  const proposals = cannedProposals(count);
  return {
    proposals,
    sound: openSoundDb(proposals),
    /** Values cannot be set by hand. */
    soundBroken: false,
    /** Why stages wait, by name. */
    waits: { mood: "There are no models. Get them: phaze models download" } as Record<string, string>,
    /** What is worked on besides the checksum of one file. */
    running: [] as { fileId: number; stage: string; startedAt: number; progress: number | null }[],
    batches: [] as FakeBatch[],
    rules: [] as KeptRuleItem[],
    llm: missingModel(),
    audit: [] as ReturnType<typeof auditSchema.parse>[],
    blocked: new Set<number>(),
    changedSince: new Set<number>(),
    templates: defaultTemplates,
    /** What was saved of them, and how often a preview was asked for. */
    savedTemplates: [] as unknown[],
    previews: 0,
    paused: false,
    scanning: false,
    signedOut: false,
    /** Batches move on only when this is called. */
    hold: Promise.withResolvers<void>(),
    holding: false,
    events: makeEvents(),
    eventStreams: 0,
    progressStreams: 0,
    bulkBodies: [] as Record<string, unknown>[],
  };
}
export type World = ReturnType<typeof makeWorld>;

export type Filter = { status?: string; kind?: string; min?: number; changed?: boolean; q?: string };

export const matching = (world: World, filter: Filter): Proposal[] =>
  world.proposals.filter(
    (proposal) =>
      (!filter.status || proposal.status === filter.status) &&
      (!filter.kind || proposal.kind === filter.kind) &&
      proposal.confidence >= (filter.min ?? 0) &&
      (!filter.changed || !proposal.unchanged) &&
      (!filter.q || `${proposal.path} ${proposal.filename}`.toLowerCase().includes(filter.q.toLowerCase())),
  );

export function pageOf<T>(items: readonly T[], query: Record<string, string>) {
  const [page, page_size] = [Number(query.page ?? 1), Number(query.page_size ?? 50)];
  return { items: items.slice((page - 1) * page_size, page * page_size), total: items.length, page, page_size };
}

export function record(world: World, action: string, proposal: Proposal, batchId: number | null = null) {
  const { fileId, id: proposalId, path: source, destination: dest } = proposal;
  world.audit.unshift(
    auditSchema.parse({
      id: world.audit.length + 1,
      at: Date.now(),
      actor: "panel",
      action,
      fileId,
      proposalId,
      batchId,
      source,
      dest,
      sha256: null,
      detail: {},
    }),
  );
}

export function decide(world: World, proposal: Proposal, action: Decision): void {
  Object.assign(proposal, { status: decided[action], version: proposal.version + 1, decidedAt: Date.now() });
  record(world, action === "undo" ? "revert" : action, proposal);
}
