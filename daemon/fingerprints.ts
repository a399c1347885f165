import { join } from "node:path";
import type { Config } from "./config.ts";
import { type FingerprintEngine, fingerprintEngines } from "./contract/sidecar.ts";
import type { Db } from "./db/open.ts";
import { fingerprintStageOf } from "./fingerprint/engines.ts";
import { makeReconciler } from "./fingerprint/reconcile.ts";
import { makeSidecars, type Sidecars, sidecarPorts } from "./fingerprint/sidecars.ts";
import type { Log } from "./log.ts";
import type { Registry } from "./pipeline/registry.ts";

/** The fingerprint engines as the settings want them. */
export function sidecarsOf(config: Config, log: Log, onChange: (engine: FingerprintEngine) => void): Sidecars {
  const { AUDFPRINT_URL, PANAKO_URL, API_PORT, WORKER_HEALTH_CHECK_INTERVAL } = config.values;
  return makeSidecars({
    urls: { audfprint: AUDFPRINT_URL, panako: PANAKO_URL },
    ports: API_PORT === 0 ? { audfprint: 0, panako: 0 } : sidecarPorts,
    dataDir: join(config.dataDir, "fingerprints"),
    healthMs: WORKER_HEALTH_CHECK_INTERVAL * 1000,
    log,
    onChange,
  });
}

/** Engines and the comparison of their stores with the database. */
export interface Fingerprints {
  sidecars: Sidecars;
  stop(): Promise<void>;
}

/** Puts engines and comparison together; nothing starts before `sidecars.start`. `onChange`: stages may run now. */
export function makeFingerprints(deps: {
  config: Config;
  db: Db;
  log: Log;
  registry: () => Registry;
  onChange: () => void;
}): Fingerprints {
  const { db, log } = deps;
  const sidecars: Sidecars = sidecarsOf(deps.config, log, (engine) => {
    deps.onChange();
    reconciler.usable(engine);
  });
  const reconciler = makeReconciler({
    ...sidecars,
    db,
    log,
    engines: fingerprintEngines,
    stage: (engine) => deps.registry().get(fingerprintStageOf(engine)).stage,
    onRequeued: deps.onChange,
  });
  return {
    sidecars,
    async stop() {
      await reconciler.stop();
      await sidecars.stop();
    },
  };
}
