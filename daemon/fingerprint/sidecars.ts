import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServiceStatus } from "../contract/service.ts";
import { type FingerprintEngine, fingerprintEngines, type SidecarHealth } from "../contract/sidecar.ts";
import type { Log } from "../log.ts";
import type { SidecarClient } from "./client.ts";
import { makeSidecar, type Sidecar } from "./sidecar.ts";

/** Both fingerprint engines, as far as they can be used. */
export interface Sidecars {
  /** Begins to start and watch them; returns at once. */
  start(): void;
  /** Resolves once it is known of each whether it can be used. */
  ready(): Promise<void>;
  client(engine: FingerprintEngine): SidecarClient;
  /** Why an engine cannot be used, as of the last look; null when it can. */
  unavailable(engine: FingerprintEngine): string | null;
  /** Looks at an engine now. */
  look(engine: FingerprintEngine): Promise<string | null>;
  /** Hash of all parameters an engine's fingerprints depend on; empty while it is not known. */
  parameters(engine: FingerprintEngine): string;
  /** What an engine's store held at the last look; null before the first. */
  health(engine: FingerprintEngine): SidecarHealth | null;
  /** The state of both, for status and doctor. */
  services(): ServiceStatus[];
  stop(): Promise<void>;
}

export interface SidecarsOptions {
  /** Addresses of engines that somebody else runs. */
  urls: Partial<Record<FingerprintEngine, string | undefined>>;
  /** Ports of those that are started here; 0: any free one. */
  ports: Record<FingerprintEngine, number>;
  /** Folder of the stores; each engine has its own in it. */
  dataDir: string;
  healthMs: number;
  log: Log;
  /** An engine has become usable, or has other parameters now. */
  onChange(engine: FingerprintEngine): void;
  scripts?: Record<FingerprintEngine, string>;
  backoffMs?: (failures: number) => number;
  idleMs?: number;
}

/** Ports of the early description. */
export const sidecarPorts: Record<FingerprintEngine, number> = { audfprint: 8001, panako: 8002 };

const scriptOf = (engine: FingerprintEngine) =>
  fileURLToPath(new URL(`../../sidecars/${engine}/main.ts`, import.meta.url));

/** What can be said of an engine without starting it. */
function restingStatus(engine: FingerprintEngine, url: string | undefined): ServiceStatus {
  const there = url !== undefined || existsSync(scriptOf(engine));
  return {
    name: engine,
    ok: there,
    detail: url
      ? `is asked at ${url} while Phaze runs`
      : there
        ? "starts with Phaze"
        : `${scriptOf(engine)} is missing`,
    cost: there ? null : "Recordings are not found again by its fingerprints",
    remedy: there ? null : "Install Phaze anew",
  };
}

/** Makes the keeper of both sidecars. No process starts before `start`. */
export function makeSidecars(options: SidecarsOptions): Sidecars {
  const { urls, ports, dataDir, scripts, onChange, ...rest } = options;
  const make = (engine: FingerprintEngine): Sidecar =>
    makeSidecar({
      ...rest,
      engine,
      url: urls[engine] ?? null,
      port: ports[engine],
      script: scripts?.[engine] ?? scriptOf(engine),
      dataDir: join(dataDir, engine),
      onChange: () => onChange(engine),
    });
  const sidecars = { audfprint: make("audfprint"), panako: make("panako") };
  const all = Object.values(sidecars);
  let started = false;
  return {
    start() {
      started = true;
      for (const sidecar of all) sidecar.start();
    },
    async ready() {
      await Promise.all(all.map((sidecar) => sidecar.ready()));
    },
    client: (engine) => sidecars[engine].client,
    unavailable: (engine) => (started ? sidecars[engine].unavailable() : "Fingerprints are not made by this process"),
    look: (engine) => sidecars[engine].look(),
    parameters: (engine) => sidecars[engine].parameters(),
    health: (engine) => sidecars[engine].health(),
    services: () =>
      fingerprintEngines.map((engine) => (started ? sidecars[engine].status() : restingStatus(engine, urls[engine]))),
    async stop() {
      await Promise.all(all.map((sidecar) => sidecar.stop()));
    },
  };
}
