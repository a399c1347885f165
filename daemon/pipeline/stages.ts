import type { ProposalDraft } from "../contract/naming.ts";
import { getFile, rawPathOf, saveHash } from "../db/files.ts";
import { saveMetadata } from "../db/metadata.ts";
import { loadNamingInput, relativeTo } from "../db/naming-input.ts";
import type { Db } from "../db/open.ts";
import { pendingDraft, reopenProposal, saveProposal } from "../db/proposals.ts";
import { hashStage } from "../stages/hash.ts";
import { makeProposeStage } from "../stages/propose.ts";
import { type AskModel, makeRefineStage } from "../stages/refine.ts";
import { makeTagsStage } from "../stages/tags.ts";
import { makeRegistry, type Registry } from "./registry.ts";
import type { Entry, Stage } from "./stage.ts";

export interface StagesDeps {
  /** Absolute path of the library, which proposals' paths are relative to. */
  root: string;
  ffprobePath: string | null;
  maxCompanionChars: number;
  ask: AskModel;
  modelUnavailable: () => string | null;
}

const entry = <Input, Output>(
  stage: Stage<Input, Output>,
  load: Entry<Input, Output>["load"],
  save: Entry<Input, Output>["save"],
) => ({ stage, load, save });

function loadPath(db: Db, fileId: number) {
  const file = getFile(db, fileId);
  return file && { path: rawPathOf(file), extension: file.extension, sizeBytes: file.sizeBytes };
}

/** Stores a new hash; when it differs from the former one, what was decided on the old content falls. */
function storeHash(db: Db, fileId: number, output: { sha256: string }, now: number) {
  const former = getFile(db, fileId)?.sha256;
  if (former && former !== output.sha256) reopenProposal(db, fileId, now);
  return saveHash(db, fileId, output.sha256);
}

/** All stages, in an order in which each follows what it waits for. A new stage is one file and one line here. */
export function makeStages(deps: StagesDeps): Registry {
  const storeProposal = (db: Db, fileId: number, draft: ProposalDraft, now: number): undefined => {
    const file = getFile(db, fileId);
    if (file) saveProposal(db, fileId, draft, relativeTo(deps.root, file.path), now);
  };
  const loadRefine = (db: Db, fileId: number) => {
    const input = loadNamingInput(db, fileId, deps.root);
    const draft = pendingDraft(db, fileId);
    return input && draft && { ...input, draft };
  };
  return makeRegistry([
    entry(hashStage, loadPath, storeHash),
    entry(makeTagsStage(deps), loadPath, saveMetadata),
    entry(makeProposeStage(deps), (db, fileId) => loadNamingInput(db, fileId, deps.root), storeProposal),
    entry(makeRefineStage({ ...deps, unavailable: deps.modelUnavailable }), loadRefine, storeProposal),
  ]);
}
