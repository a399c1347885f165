import type { Fingerprint } from "../contract/fingerprint.ts";
import { type FingerprintEngine, fingerprintEngines } from "../contract/sidecar.ts";
import { forgetAnalysis, saveKey, saveLoudness, saveMood, saveRhythm } from "../db/analysis.ts";
import { relinkFolder } from "../db/companions.ts";
import { getFile, rawPathOf, saveHash } from "../db/files.ts";
import { fingerprintsOf, forgetFingerprints, saveFingerprint, saveMatches } from "../db/fingerprints.ts";
import { saveMetadata } from "../db/metadata.ts";
import type { Db } from "../db/open.ts";
import { reopenProposal } from "../db/proposals.ts";
import { enqueue, runAgain } from "../db/runs.ts";
import type { Engines } from "../fingerprint/engines.ts";
import type { RulesOptions } from "../naming/rules.ts";
import { makeFingerprintStage } from "../stages/fingerprint.ts";
import { hashStage } from "../stages/hash.ts";
import { makeIdentifyStage } from "../stages/identify.ts";
import { keyStage } from "../stages/key.ts";
import { loudnessStage } from "../stages/loudness.ts";
import { type MoodDeps, makeMoodStage } from "../stages/mood.ts";
import { makeProposeStage } from "../stages/propose.ts";
import { type AskModel, makeRefineStage } from "../stages/refine.ts";
import { rhythmStage } from "../stages/rhythm.ts";
import { makeTagsStage } from "../stages/tags.ts";
import { folderChanged, folderMembersChanged } from "./advance.ts";
import { makeProposalStores } from "./proposal-stores.ts";
import { makeRegistry, type Registry } from "./registry.ts";
import type { Entry, PcmStage } from "./stage.ts";

export interface StagesDeps extends MoodDeps {
  /** Absolute path of the library, which proposals' paths are relative to. */
  root: string;
  ffprobePath: string | null;
  maxCompanionChars: number;
  /** Templates and what a person has taught, as of now. */
  naming: () => RulesOptions;
  ask: AskModel;
  modelUnavailable: () => string | null;
  /** Why nothing can be listened to; null when it can. */
  soundUnavailable: () => string | null;
  fingerprints: Engines;
}

const entry = <Input, Output>(
  stage: Entry<Input, Output>["stage"],
  load: Entry<Input, Output>["load"],
  save: Entry<Input, Output>["save"],
) => ({ stage, load, save });

function loadPath(db: Db, fileId: number) {
  const file = getFile(db, fileId);
  return file && { fileId, path: rawPathOf(file), extension: file.extension, sizeBytes: file.sizeBytes };
}

/**
 * Stores a new hash; when it differs from the former one, what was decided on the old content falls. Returns the id of
 * the older row when the file turned out to be one that had vanished.
 */
function storeHash(db: Db, fileId: number, output: { sha256: string }, now: number) {
  const former = getFile(db, fileId)?.sha256;
  if (former && former !== output.sha256) {
    reopenProposal(db, fileId, now);
    forgetAnalysis(db, fileId);
    forgetFingerprints(db, fileId);
  }
  return saveHash(db, fileId, output.sha256)?.mergedInto;
}

/** What of a file the engines hold. */
function loadFingerprints(db: Db, fileId: number) {
  const rows = fingerprintsOf(db, fileId);
  const engines = (outcome: Fingerprint["outcome"]) =>
    rows.filter((row) => row.outcome === outcome).map(({ engine }) => engine);
  return getFile(db, fileId) && { fileId, stored: engines("stored"), silent: engines("silent") };
}

/** All stages, in an order in which each follows what it waits for. A new stage is one file and one line here. */
export function makeStages(deps: StagesDeps): Registry {
  const stores = makeProposalStores({
    ...deps,
    proposeAgain: (db, fileId) => runAgain(db, fileId, "propose"),
  });
  const listening = <Output>(stage: PcmStage<Output>): PcmStage<Output> => ({
    ...stage,
    blockedBy: () => deps.soundUnavailable() ?? stage.blockedBy?.() ?? null,
  });
  const fingerprint = (engine: FingerprintEngine) =>
    entry(
      listening(makeFingerprintStage(engine, deps.fingerprints)),
      loadPath,
      (db, fileId, output: Fingerprint, now) => {
        saveFingerprint(db, fileId, output, now);
        // One engine is enough to be recognised by: a file does not wait for the other one while that is away.
        const others = fingerprintEngines.filter((other) => other !== engine);
        if (others.every((other) => deps.fingerprints.unavailable(other) !== null))
          enqueue(db, fileId, "identify", registry.get("identify").stage.version);
        return undefined;
      },
    );
  const registry: Registry = makeRegistry([
    entry(hashStage, loadPath, (db, fileId, output, now) => {
      const survivor = storeHash(db, fileId, output, now);
      if (survivor === undefined) return undefined;
      // The older row has a new folder: its companions and its neighbours are others now.
      const folderId = getFile(db, survivor)?.folderId;
      const relinked = folderId === undefined ? [] : relinkFolder(db, folderId);
      for (const id of new Set([survivor, ...relinked])) folderChanged(db, registry, id);
      if (folderId !== undefined) folderMembersChanged(db, registry, folderId);
      return "merged";
    }),
    entry(makeTagsStage(deps), loadPath, saveMetadata),
    entry(listening(loudnessStage), loadPath, saveLoudness),
    entry(listening(rhythmStage), loadPath, saveRhythm),
    entry(listening(keyStage), loadPath, saveKey),
    entry(listening(makeMoodStage(deps)), loadPath, saveMood),
    ...fingerprintEngines.map(fingerprint),
    entry(makeIdentifyStage(deps.fingerprints), loadFingerprints, saveMatches),
    entry(makeProposeStage(deps), stores.loadPropose, stores.storeProposed),
    entry(makeRefineStage({ ...deps, unavailable: deps.modelUnavailable }), stores.loadRefine, stores.storeRefined),
  ]);
  return registry;
}
