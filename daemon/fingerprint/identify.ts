import { type FingerprintEngine, fingerprintEngines } from "../contract/sidecar.ts";
import type { SidecarClient, Upload } from "./client.ts";
import { combineMatches, type EngineMatches, type Match } from "./combine.ts";
import { SidecarError } from "./exchange.ts";

export interface IdentifyDeps {
  client(engine: FingerprintEngine): SidecarClient;
  unavailable(engine: FingerprintEngine): string | null;
}

export interface Identification {
  matches: Match[];
  /** The engines that answered. */
  engines: FingerprintEngine[];
  /** Why others did not. */
  errors: { engine: FingerprintEngine; message: string; status: number | null }[];
}

interface Asking {
  engine: FingerprintEngine;
  upload: Upload<{ matches: EngineMatches["matches"] }>;
  live: boolean;
}

/**
 * Asks all engines for a sound that is not stored, at the same time, as it comes (raw mono float32 of `rate` Hz). The
 * sound is read as fast as the slowest engine takes it. One that fails is left out; throws when the sound itself does.
 */
export async function identifySound(
  deps: IdentifyDeps,
  sound: AsyncIterable<Uint8Array>,
  rate: number,
  signal: AbortSignal,
  onProgress: (engine: FingerprintEngine, share?: number) => void = () => {},
): Promise<Identification> {
  const errors: Identification["errors"] = [];
  const fail = (asking: Pick<Asking, "engine">, error: unknown) => {
    signal.throwIfAborted();
    const status = error instanceof SidecarError ? error.status : null;
    errors.push({ engine: asking.engine, message: (error as Error).message, status });
  };
  const asked: Asking[] = [];
  for (const engine of fingerprintEngines) {
    const away = deps.unavailable(engine);
    if (away !== null) errors.push({ engine, message: away, status: null });
    else {
      const upload = deps.client(engine).query(rate, { signal, onProgress: (share) => onProgress(engine, share) });
      asked.push({ engine, upload, live: true });
    }
  }
  const live = () => asked.filter((one) => one.live);
  /** Does something with all that still answer; who fails is left out from then on. */
  const withAll = <T>(work: (asking: Asking) => Promise<T>): Promise<(T | null)[]> =>
    Promise.all(
      live().map((asking) =>
        work(asking).catch((error: unknown) => {
          asking.live = false;
          fail(asking, error);
          return null;
        }),
      ),
    );
  try {
    for await (const bytes of sound) {
      if (live().length === 0) break;
      await withAll(({ upload }) => upload.write(bytes));
    }
    const found = await withAll(async ({ engine, upload }) => ({ engine, matches: (await upload.end()).matches }));
    const answered = found.filter((one) => one !== null);
    return { matches: combineMatches(answered), engines: answered.map(({ engine }) => engine), errors };
  } catch (error) {
    for (const { upload } of asked) upload.abort(error);
    throw error;
  }
}
