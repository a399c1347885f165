import { type Fingerprint, fingerprintSchema } from "../contract/fingerprint.ts";
import { type FingerprintEngine, fingerprintRate, largestTrackId, type Stored } from "../contract/sidecar.ts";
import { type Engines, explainFailure, fingerprintStageOf } from "../fingerprint/engines.ts";
import { BlockedError, type PcmSink, type PcmStage, PermanentError } from "../pipeline/stage.ts";

/** How far the length that was stored may be from what was sent, s. */
const mostDriftSec = 0.5;

/** What came back, and for how much sound. */
interface Kept {
  stored: Stored;
  sentSec: number;
}

/** A failed request as the pipeline sees it: waits while the engine is away, fails for good when it refuses the sound. */
async function toStageError(error: unknown, engine: FingerprintEngine, engines: Engines): Promise<unknown> {
  const failure = await explainFailure(error, engine, engines);
  if (failure.kind === "away") return new BlockedError(failure.reason);
  return failure.kind === "refused" ? new PermanentError(failure.reason) : error;
}

function openSink(engine: FingerprintEngine, id: number, engines: Engines, signal: AbortSignal): PcmSink<Kept> {
  if (id > largestTrackId) throw new PermanentError(`Its number ${id} is too large for the fingerprint index`);
  const away = engines.unavailable(engine);
  if (away !== null) throw new BlockedError(away);
  const client = engines.client(engine);
  const upload = client.put(id, fingerprintRate, signal);
  let samples = 0;
  const guarded = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      signal.throwIfAborted();
      throw await toStageError(error, engine, engines);
    }
  };
  return {
    write(block) {
      samples += block.length;
      // A copy: the block belongs to the decoder again as soon as this returns, the bytes may still be on their way.
      return guarded(upload.write(new Uint8Array(block.buffer, block.byteOffset, block.byteLength).slice()));
    },
    abort: (reason) => upload.abort(reason),
    async end() {
      const stored = await guarded(upload.end());
      const sentSec = samples / fingerprintRate;
      const differs = Math.abs(stored.durationSec - sentSec) > mostDriftSec;
      // What was stored of a former content must not stay.
      if (differs || stored.outcome === "silent") await guarded(client.remove(id, signal));
      if (differs)
        throw new Error(
          `${engine} took ${stored.durationSec.toFixed(1)} s of ${sentSec.toFixed(1)} s: nothing is kept of it`,
        );
      return { stored, sentSec };
    },
  };
}

/** Has one engine store what a file can be recognised by. Waits, and says so, while the engine is away. */
export function makeFingerprintStage(engine: FingerprintEngine, engines: Engines): PcmStage<Fingerprint, Kept> {
  return {
    name: fingerprintStageOf(engine),
    version: 1,
    kinds: ["music", "video"],
    needs: ["hash"],
    after: [],
    pool: "pcm",
    pcm: null,
    sink: {
      rate: fingerprintRate,
      open: (fileId, _tools, signal) => openSink(engine, fileId, engines, signal),
    },
    output: fingerprintSchema,
    basis: () => engines.parameters(engine),
    blockedBy: () => engines.unavailable(engine),
    summarise([window], { durationSec }) {
      const { stored, sentSec } = (window as { result: Kept }).result;
      if (Math.abs(sentSec - durationSec) > mostDriftSec)
        throw new Error(`Only ${sentSec.toFixed(1)} s of ${durationSec.toFixed(1)} s reached ${engine}`);
      return {
        engine,
        outcome: stored.outcome,
        hashes: stored.hashes,
        durationSec: stored.durationSec,
        set: stored.set,
        parameters: engines.parameters(engine),
      };
    },
  };
}
