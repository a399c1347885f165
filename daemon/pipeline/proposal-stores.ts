import type { ProposalDraft } from "../contract/naming.ts";
import { getFile } from "../db/files.ts";
import { loadNamingInput, relativeTo } from "../db/naming-input.ts";
import type { Db } from "../db/open.ts";
import { saveNames } from "../db/proposal-names.ts";
import { pendingDraft, saveProposal } from "../db/proposals.ts";
import { orderOfGroup, saveGroup } from "../db/release-groups.ts";
import { getRun } from "../db/runs.ts";
import { groupShown } from "../naming/group.ts";
import { namesIn } from "../naming/library.ts";
import type { RulesOptions } from "../naming/rules.ts";
import { renderAgain } from "../stages/propose.ts";

export interface ProposalStoreDeps {
  /** Absolute path of the library, which proposals' paths are relative to. */
  root: string;
  /** Templates and what a person has taught, as of now. */
  naming: () => RulesOptions;
  /** Has a file proposed anew. */
  proposeAgain(db: Db, fileId: number): void;
}

/** How the stages `propose` and `refine` are fed, and where their drafts go. */
export function makeProposalStores({ root, naming, proposeAgain }: ProposalStoreDeps) {
  const store = (db: Db, fileId: number, draft: ProposalDraft, now: number): undefined => {
    const file = getFile(db, fileId);
    if (!file) return;
    saveProposal(db, fileId, draft, relativeTo(root, file.path), now);
    saveNames(db, fileId, namesIn(draft));
  };
  return {
    /** Notes what the file's name shows of its release group before it is used: that may help others of the group. */
    loadPropose(db: Db, fileId: number) {
      const input = loadNamingInput(db, fileId, root);
      if (!input) return null;
      const shown = groupShown(input.path, input.siblings);
      for (const id of saveGroup(db, fileId, shown)) proposeAgain(db, id);
      const groupOrder = shown ? orderOfGroup(db, shown.name) : undefined;
      return { ...input, ...(groupOrder ? { groupOrder } : {}) };
    },
    /**
     * Stores the rules' draft. When the rules say what they said before, what the model made of it stays, under the name of
     * today's templates.
     */
    storeProposed(db: Db, fileId: number, draft: ProposalDraft, now: number, changed: boolean): undefined {
      const file = getFile(db, fileId);
      const kept = changed ? null : pendingDraft(db, fileId);
      const isRefined = file !== null && kept?.engine === "ollama";
      const durationMs = now - (getRun(db, fileId, "propose")?.startedAt ?? now);
      const byRules = { ...draft, durationMs: Math.max(0, durationMs) };
      store(db, fileId, isRefined ? renderAgain(kept, draft, naming(), relativeTo(root, file.path)) : byRules, now);
    },
    loadRefine(db: Db, fileId: number) {
      const input = loadNamingInput(db, fileId, root);
      const draft = pendingDraft(db, fileId);
      return input && draft && { ...input, draft };
    },
    /** Where the model changed nothing, the name stays the one of the rules: of newer templates, perhaps. */
    storeRefined(db: Db, fileId: number, draft: ProposalDraft, now: number): undefined {
      const pending = pendingDraft(db, fileId);
      const isSame = pending && pending.kind === draft.kind && Bun.deepEquals(pending.fields, draft.fields);
      const names = isSame ? { filename: pending.filename, directory: pending.directory } : {};
      return store(db, fileId, { ...draft, ...names }, now);
    },
  };
}
