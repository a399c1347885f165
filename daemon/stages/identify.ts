import { type Identified, identifiedSchema } from "../contract/fingerprint.ts";
import { type FingerprintEngine, fingerprintEngines } from "../contract/sidecar.ts";
import { combineMatches, type EngineMatches } from "../fingerprint/combine.ts";
import { type Engines, explainFailure, fingerprintStageOf } from "../fingerprint/engines.ts";
import { BlockedError, type Skipped, type Stage, type StageTools } from "../pipeline/stage.ts";

export interface IdentifyInput {
  fileId: number;
  /** The engines that hold the file, and those to which it is silent. */
  stored: FingerprintEngine[];
  silent: FingerprintEngine[];
}

const signOfLifeMs = 5000;

/** Why there is nothing to ask with; null when there is. */
function nothingToAsk({ stored, silent }: IdentifyInput): Skipped | null {
  if (stored.length > 0) return null;
  return { skipped: silent.length > 0 ? "Silent: there is nothing to recognise it by" : "It has no fingerprint" };
}

/** What one engine finds for a file it holds; null when it does not hold it any more. */
async function askOne(
  engine: FingerprintEngine,
  fileId: number,
  engines: Engines,
  tools: StageTools,
  signal: AbortSignal,
): Promise<EngineMatches | null> {
  try {
    const onProgress = (share?: number) => tools.progress(share);
    const answer = await engines.client(engine).queryStored(fileId, { signal, onProgress });
    return answer && { engine, matches: answer.matches.filter((match) => match.id !== fileId) };
  } catch (error) {
    signal.throwIfAborted();
    const failure = await explainFailure(error, engine, engines);
    throw failure.kind === "away" ? new BlockedError(failure.reason) : error;
  }
}

/** Looks for what of a file is in other files: copies, other releases, the tracks of a set. */
export function makeIdentifyStage(engines: Engines): Stage<IdentifyInput, Identified> {
  const usable = () => fingerprintEngines.filter((engine) => engines.unavailable(engine) === null);
  return {
    name: "identify",
    version: 1,
    kinds: ["music", "video"],
    needs: ["hash"],
    after: fingerprintEngines.map(fingerprintStageOf),
    pool: "io",
    output: identifiedSchema,
    blockedBy: () => (usable().length > 0 ? null : engines.unavailable(fingerprintEngines[0])),
    async run(input, tools, signal) {
      const nothing = nothingToAsk(input);
      if (nothing) return nothing;
      const asked = usable().filter((engine) => input.stored.includes(engine));
      const [first] = input.stored;
      if (asked.length === 0 && first) throw new BlockedError(engines.unavailable(first) ?? `${first} is away`);
      tools.progress();
      // The client gives up on an engine that is silent for long; until then, to wait for it is no silence.
      const waiting = setInterval(() => tools.progress(), signOfLifeMs);
      const answers = Promise.all(asked.map((engine) => askOne(engine, input.fileId, engines, tools, signal)));
      const found = (await answers.finally(() => clearInterval(waiting))).filter((one) => one !== null);
      if (found.length === 0) return { skipped: "The index does not hold it any more: it is fingerprinted again soon" };
      const matches = combineMatches(found).map(({ id, engine: _surest, ...match }) => ({ ...match, otherId: id }));
      return { engines: found.map(({ engine }) => engine), matches };
    },
  };
}
