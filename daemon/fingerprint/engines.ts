import type { FingerprintEngine } from "../contract/sidecar.ts";
import type { SidecarClient } from "./client.ts";
import { SidecarError } from "./exchange.ts";

/** The engines, as far as stages need them. */
export interface Engines {
  client(engine: FingerprintEngine): SidecarClient;
  /** Why an engine cannot be used, as of the last look; null when it can. */
  unavailable(engine: FingerprintEngine): string | null;
  /** The same after a look now. */
  look(engine: FingerprintEngine): Promise<string | null>;
  /** Hash of all parameters its fingerprints depend on; empty while it is not known. */
  parameters(engine: FingerprintEngine): string;
}

/** Name of the stage that has an engine store files. */
export const fingerprintStageOf = (engine: FingerprintEngine) => `fingerprint-${engine}`;

/** What a failed request means for the file it was about. */
export type Failure =
  /** The engine cannot be used now, which is no fault of the file. */
  | { kind: "away"; reason: string }
  /** The engine will not take this sound, now or later. */
  | { kind: "refused"; reason: string }
  /** Anything else: another attempt may succeed. */
  | { kind: "other" };

/** Finds out what a failed request means, by a look at the engine when it did not say. */
export async function explainFailure(error: unknown, engine: FingerprintEngine, engines: Engines): Promise<Failure> {
  if (!(error instanceof SidecarError)) return { kind: "other" };
  if (error.status === 400 || error.status === 413) return { kind: "refused", reason: error.message };
  const away = await engines.look(engine);
  return away === null ? { kind: "other" } : { kind: "away", reason: away };
}
