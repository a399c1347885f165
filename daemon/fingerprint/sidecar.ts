import type { ServiceStatus } from "../contract/service.ts";
import type { FingerprintEngine, SidecarHealth } from "../contract/sidecar.ts";
import type { Log } from "../log.ts";
import { type SidecarChild, startChild } from "./child.ts";
import { makeSidecarClient, type SidecarClient } from "./client.ts";
import { SidecarError } from "./exchange.ts";

export interface SidecarOptions {
  engine: FingerprintEngine;
  /** Address of one that somebody else runs; null: it is started here. */
  url: string | null;
  port: number;
  script: string;
  dataDir: string;
  healthMs: number;
  log: Log;
  /** It has become usable, or has other parameters now. */
  onChange(): void;
  /** Wait before start n + 1, ms. */
  backoffMs?: (failures: number) => number;
  /** Silence after which a request is given up, ms. */
  idleMs?: number;
}

/** One sidecar: started, watched, and started again when it dies. */
export interface Sidecar {
  readonly client: SidecarClient;
  /** Begins; nothing happens before. */
  start(): void;
  /** Resolves once it is known whether it can be used. */
  ready(): Promise<void>;
  /** Looks now, and says why it cannot be used; null when it can. */
  look(): Promise<string | null>;
  /** As of the last look. */
  unavailable(): string | null;
  health(): SidecarHealth | null;
  /** Of the last time it was usable; empty before. */
  parameters(): string;
  status(): ServiceStatus;
  stop(): Promise<void>;
}

const probeMs = 10_000;
/** Looks in a row without an answer after which one that was started here is started anew. */
const mostSilentLooks = 3;
/** One that lived so long did not die of its start, ms. */
const longLifeMs = 60_000;
const defaultBackoff = (failures: number) => Math.min(1000 * 2 ** (failures - 1), 60_000);

const amount = (n: number, one: string) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;
const describe = ({ version, tracks, seconds, hashes }: SidecarHealth) =>
  `version ${version}, ${amount(tracks, "recording")}, ${(seconds / 3600).toFixed(1)} h, ${amount(hashes, "hash").replace(/hashs$/, "hashes")}`;

/** Makes the keeper of one sidecar. */
export function makeSidecar(options: SidecarOptions): Sidecar {
  const { engine, log, healthMs } = options;
  const backoff = options.backoffMs ?? defaultBackoff;
  const stopping = new AbortController();
  const known = Promise.withResolvers<void>();
  let started = false;
  let child: SidecarChild | null = null;
  let url = options.url;
  let reason: string | null = "It is not started yet";
  let last: SidecarHealth | null = null;
  let silentLooks = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  let parameters = "";
  let keeping: Promise<void> = Promise.resolve();

  const client = makeSidecarClient(
    engine,
    () => {
      if (url === null) throw new SidecarError(`${engine} is not running`, null);
      return url;
    },
    options.idleMs === undefined ? {} : { idleMs: options.idleMs },
  );

  function learn(health: SidecarHealth | null, why: string | null): void {
    if (stopping.signal.aborted) return;
    const before = { usable: reason === null, parameters };
    last = health ?? last;
    reason = why;
    if (why === null && health) parameters = health.parameters;
    if (before.usable !== (why === null))
      log.info("sidecar", { engine, ok: why === null, ...(why === null ? {} : { reason: why }) });
    if (why === null && (!before.usable || before.parameters !== parameters)) options.onChange();
  }

  async function look(): Promise<string | null> {
    if (!started || url === null) return reason;
    try {
      const health = await client.health(AbortSignal.any([stopping.signal, AbortSignal.timeout(probeMs)]));
      silentLooks = 0;
      if (health.engine !== engine) learn(null, `At ${url} is ${health.engine}, not ${engine}`);
      else learn(health, health.status === "ok" ? null : (health.error ?? "It is unhealthy and does not say why"));
    } catch (error) {
      learn(null, (error as Error).message);
      if (++silentLooks >= mostSilentLooks) void child?.stop();
    }
    return reason;
  }

  /** Starts the process, and again whenever it ends, until `stop`. */
  async function keep(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const began = performance.now();
      silentLooks = 0;
      child = startChild({ ...options, onLog: (line) => log.debug("sidecar says", { engine, line }) });
      try {
        url = await child.ready;
        await look();
      } catch (error) {
        learn(null, (error as Error).message);
      }
      known.resolve();
      const why = await child.gone;
      child = null;
      url = null;
      learn(null, why);
      if (stopping.signal.aborted) return;
      failures = performance.now() - began > longLifeMs ? 1 : failures + 1;
      log.warn("sidecar ended", { engine, reason: why, failures });
      await pause(backoff(failures), stopping.signal);
    }
  }

  return {
    client,
    look,
    start() {
      started = true;
      reason = "It is starting";
      timer = setInterval(look, healthMs);
      if (options.url === null) {
        keeping = keep().catch((error: Error) => {
          learn(null, error.message);
          known.resolve();
        });
      } else void look().then(() => known.resolve());
    },
    ready: () => (started ? known.promise : Promise.resolve()),
    unavailable: () => (reason === null ? null : `${engine}: ${reason.replace(`${engine}: `, "")}`),
    health: () => last,
    parameters: () => parameters,
    status: () => ({
      name: engine,
      ok: reason === null,
      detail: reason ?? (last ? describe(last) : "ok"),
      cost: reason === null ? null : "Recordings are not found again by its fingerprints",
      remedy: reason === null ? null : remedyFor(engine, options.url),
    }),
    async stop() {
      stopping.abort(new Error("Phaze is stopping"));
      clearInterval(timer);
      known.resolve();
      await child?.stop();
      await keeping;
    },
  };
}

const remedyFor = (engine: FingerprintEngine, url: string | null) =>
  url === null
    ? `Look into the log for "sidecar" and ${engine}`
    : `Start it at ${url}, or unset ${engine.toUpperCase()}_URL: then Phaze starts its own`;

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
