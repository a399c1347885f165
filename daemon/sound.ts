import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { type DecoderProgram, findDecoder } from "./audio/decoder-program.ts";
import { type AvailableModels, watchModels } from "./audio/models/available.ts";
import type { Config } from "./config.ts";
import type { ServiceStatus } from "./contract/service.ts";
import type { SoundDeps } from "./pipeline/decode-group.ts";
import { makeWorkerPool } from "./workers/pool.ts";

/** Decoder and workers: all that the stages which listen need. */
export interface Sound extends SoundDeps {
  /** Why nothing can be listened to; null when it can. */
  unavailable(): string | null;
  /** Which models for mood and style can be used. */
  models(): AvailableModels;
  /** The state of decoder and models, for status and doctor. */
  services(): ServiceStatus[];
  close(): Promise<void>;
}

/** Cores this process may use; of two threads of one core, the second adds little to such work. */
export function physicalCores(cpuinfo = "/proc/cpuinfo"): number {
  const threads = availableParallelism();
  try {
    const cores = readFileSync(cpuinfo, "utf8")
      .split("\n\n")
      .map((block) => [/^physical id\s*:.*$/m.exec(block)?.[0], /^core id\s*:.*$/m.exec(block)?.[0]].join())
      .filter((name) => name.includes("core id"));
    return Math.max(1, Math.min(threads, new Set(cores).size || threads));
  } catch {
    return threads;
  }
}

const decoderStatus = (decoder: DecoderProgram | null): ServiceStatus => ({
  name: "decoder",
  ok: decoder?.source === "PATH",
  detail: decoder ? `${decoder.version}: ${decoder.note}` : "none",
  cost: decoder ? (decoder.source === "PATH" ? null : "Slower") : "No tempo, key, loudness or mood",
  remedy: decoder?.source === "PATH" ? null : "Install ffmpeg (apt install ffmpeg, brew install ffmpeg)",
});

const modelsStatus = (folder: string, { reason }: AvailableModels): ServiceStatus => ({
  name: "models",
  ok: reason === null,
  detail: reason ?? folder,
  cost: reason ? "No mood, style and danceability" : null,
  remedy: reason ? "phaze models download" : null,
});

const longestTaskMs = 120_000;
const modelsLookMs = 10_000;

/** Finds decoder and models and makes the pool; no process starts before there is work. `onModels`: the set has changed. */
export async function makeSound(config: Config, onModels: () => void = () => {}): Promise<Sound> {
  const { modelsPath, values } = config;
  let decoder = findDecoder();
  const models = await watchModels(
    modelsPath,
    Math.min(modelsLookMs, values.WORKER_HEALTH_CHECK_INTERVAL * 1000),
    onModels,
  );
  const pool = makeWorkerPool({
    size: values.WORKER_PROCESS_POOL_SIZE || physicalCores(),
    // Well before the file itself counts as silent.
    taskTimeoutMs: Math.min(longestTaskMs, (values.WORKER_JOB_TIMEOUT * 1000) / 3),
  });
  return {
    decoder() {
      // It may have been removed, or come, since.
      if (!decoder || !existsSync(decoder.path)) decoder = findDecoder();
      return decoder;
    },
    pool,
    models: models.now,
    unavailable: () => (decoder ? null : "No decoder: install ffmpeg"),
    services: () => [decoderStatus(decoder), modelsStatus(modelsPath, models.now())],
    close() {
      models.stop();
      return pool.close();
    },
  };
}
