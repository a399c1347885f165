import type { Fields } from "../contract/fields.ts";
import type { NamingRule } from "../contract/naming.ts";
import { appendAudit } from "../db/audit.ts";
import { loadNamingInput, relativeTo } from "../db/naming-input.ts";
import { type KeptRule, learnRule } from "../db/naming-rules.ts";
import { setEdits } from "../db/proposal-edits.ts";
import { filesConcerned, saveNames } from "../db/proposal-names.ts";
import { decide, draftOf, getProposal, type Proposal, saveProposal } from "../db/proposals.ts";
import { getRun, requeueStage, runAgain } from "../db/runs.ts";
import { type Changes, editDraft } from "../naming/edit.ts";
import { learnFrom } from "../naming/learn.ts";
import { namesIn, ruleKey } from "../naming/library.ts";
import { readInput } from "../naming/read-input.ts";
import type { AppDeps } from "./deps.ts";

export type EditResult =
  | { ok: true; proposal: Proposal; learned: KeptRule[]; concerned: number }
  | { ok: false; reason: "not found" | "conflict" | "executed" };

/** Has the proposals that a rule may speak of made anew; returns how many. */
export function proposeConcerned(
  { db, registry, scheduler, library }: AppDeps,
  rules: readonly NamingRule[],
  except = 0,
) {
  const ids = new Set(rules.flatMap((rule) => filesConcerned(db, rule, { root: library, keyOf: ruleKey })));
  ids.delete(except);
  if (ids.size === 0) return 0;
  const queued = requeueStage(db, "propose", registry.get("propose").stage.version, { fileIds: [...ids] });
  scheduler.wake();
  return queued;
}

/**
 * Changes fields of a proposal by hand, and learns from it for like files unless `learn` is false. A decided proposal
 * becomes pending again: it is another one now.
 */
export async function editProposal(
  deps: AppDeps,
  id: number,
  changes: Changes,
  options: { version: number | undefined; learn: boolean; actor: string },
): Promise<EditResult> {
  const { db, config, now } = deps;
  const { actor } = options;
  const shown = getProposal(db, id);
  if (!shown) return { ok: false, reason: "not found" };
  const loaded = loadNamingInput(db, shown.fileId, deps.library);
  if (!loaded) return { ok: false, reason: "not found" };
  const read = await readInput(loaded, config.values.LLM_MAX_COMPANION_CHARS);
  return db.transaction((): EditResult => {
    const proposal = getProposal(db, id);
    if (!proposal) return { ok: false, reason: "not found" };
    if (proposal.status === "executed") return { ok: false, reason: "executed" };
    if (proposal.version !== (options.version ?? shown.version)) return { ok: false, reason: "conflict" };
    if (proposal.status !== "pending") decide(db, id, "undo", { actor, now: now() });
    setEdits(db, proposal.fileId, changes, { actor, now: now() });
    const given = Object.fromEntries(
      Object.entries(changes).filter(([, value]) => typeof value === "string"),
    ) as Fields;
    const rules = options.learn && changes.kind === undefined ? learnFrom(read, proposal.fields, given) : [];
    const by = { fileId: proposal.fileId, actor, now: now() };
    const kept = rules.map((rule) => learnRule(db, rule, ruleKey, by)).filter((rule) => rule !== null);
    const person = Object.fromEntries(
      Object.entries({ ...read.person, ...changes }).filter(([, value]) => typeof value === "string"),
    );
    const draft = editDraft({ ...read, person }, draftOf(proposal), changes, deps.naming());
    // Whoever is at this file read it before the change.
    for (const stage of ["propose", "refine"])
      if (getRun(db, proposal.fileId, stage)?.status === "running") runAgain(db, proposal.fileId, stage);
    saveProposal(db, proposal.fileId, draft, relativeTo(deps.library, proposal.path), now());
    saveNames(db, proposal.fileId, namesIn(draft));
    appendAudit(db, {
      at: now(),
      actor,
      action: "edit",
      fileId: proposal.fileId,
      proposalId: id,
      source: proposal.path,
      dest: `${draft.directory}/${draft.filename}`,
      detail: { changes, learned: kept.map(({ id: rule }) => rule) },
    });
    deps.scheduler.wake();
    const concerned = proposeConcerned(deps, [...kept, ...rules], proposal.fileId);
    return { ok: true, proposal: getProposal(db, id) as Proposal, learned: kept, concerned };
  })();
}
