import { setTimeout as sleep } from "node:timers/promises";
import { readFact, writeFact } from "../db/facts.ts";
import type { Db } from "../db/open.ts";
import { type Claim, claimRun, claimRuns, extendLease, giveBackExpired, hasPending, skipPending } from "../db/runs.ts";
import type { Events } from "../events.ts";
import type { Log } from "../log.ts";
import { complete, conclude, postpone, releaseWaiting } from "./advance.ts";
import { type DecodeGroup, makeDecodeGroup, type SoundDeps } from "./decode-group.ts";
import type { AnyEntry, Registry } from "./registry.ts";
import { BlockedError, type PcmInput, PermanentError, type PoolName, poolNames, type StageTools } from "./stage.ts";

export interface SchedulerDeps {
  db: Db;
  registry: Registry;
  events: Events;
  log: Log;
  /** For stages that listen to the sound; without it they wait. */
  sound?: SoundDeps;
  /** Jobs at a time in each pool; in "pcm" files at a time. */
  pools: Record<PoolName, number>;
  /** Attempts before a stage has failed, the first included. */
  maxAttempts: number;
  /** Silence after which a job is stopped, ms. */
  silenceMs: number;
  /** Wait before attempt n + 1, ms. */
  backoffMs?: (attempts: number) => number;
  now?: () => number;
}

export interface RunningJob {
  fileId: number;
  stage: string;
  startedAt: number;
  progress: number | null;
}

interface Job extends RunningJob {
  claim: Claim;
  controller: AbortController;
  lastSign: number;
}

/** Works off the queue of runs, within the pools' limits. */
export interface Scheduler {
  start(): void;
  /** Looks for work now, instead of at the next tick. */
  wake(): void;
  pause(): void;
  resume(): void;
  isPaused(): boolean;
  /** Stops the jobs of a stage (and takes its waiting ones out of the queue), or of one file. */
  cancel(filter: { stage?: string; fileId?: number }): number;
  running(): RunningJob[];
  /** Why stages wait though they have work, by stage. */
  blocked(): Record<string, string>;
  /** True when nothing runs and nothing that could run waits. */
  isIdle(): boolean;
  /** Resolves when that is so. */
  idle(signal?: AbortSignal): Promise<void>;
  /** Aborts what runs, gives it back to the queue, and waits for it to end. */
  stop(): Promise<void>;
}

/** The decode that the stages of one claim share, once the first of them has asked for it. */
interface Sharing {
  decode?: DecodeGroup;
}

const leaseMs = 120_000;
const horizonMs = 3_600_000;
const tickMs = 1000;
const neverMind = "Nothing to do any more: the file is gone, or it was decided on";
const goodbye = Symbol("stop");
const cancelled = Symbol("cancel");
const defaultBackoff = (attempts: number) => Math.min(5000 * 2 ** (attempts - 1), 600_000);

export function makeScheduler(deps: SchedulerDeps): Scheduler {
  const { db, registry, events, log } = deps;
  const now = deps.now ?? Date.now;
  const backoff = deps.backoffMs ?? defaultBackoff;
  const jobs = new Set<Job>();
  // Later stages first: a file on its way reaches its proposal before the next one begins.
  const order = [...registry.entries].reverse();
  let paused = readFact(db, "pipeline.paused") === "true";
  let started = false;
  let stopped = false;
  let timer: ReturnType<typeof setInterval> | undefined;
  let lastLease = 0;
  let woken = false;

  const emitRun = (job: Job, status: string, error?: string) =>
    events.emit("run", { fileId: job.fileId, stage: job.stage, status, ...(error ? { error } : {}) });

  /** Runs a stage: by itself, or as one of those who share the decode of `group`. */
  function runStage(entry: AnyEntry, input: unknown, tools: StageTools, signal: AbortSignal, sharing: Sharing) {
    const { stage } = entry;
    if (stage.pool !== "pcm") return stage.run(input, tools, signal);
    if (!deps.sound) throw new Error(`Stage ${stage.name} needs decoded sound, which this process does not have`);
    const { path, fileId } = input as PcmInput;
    sharing.decode ??= makeDecodeGroup(deps.sound, path, fileId);
    return sharing.decode.join(stage, tools, signal);
  }

  async function execute(job: Job, entry: AnyEntry, sharing: Sharing): Promise<void> {
    const { signal } = job.controller;
    const tools = {
      log,
      progress(fraction?: number) {
        job.lastSign = performance.now();
        if (fraction !== undefined) job.progress = fraction;
      },
    };
    const input = entry.load(db, job.fileId);
    if (input === null) {
      conclude(db, registry, job.claim, "skipped", neverMind, now());
      return;
    }
    // A stage that does not heed its signal must not hold its place for ever.
    const given = Promise.withResolvers<never>();
    const giveUp = () => sleep(10_000, undefined, { ref: false }).then(() => given.reject(signal.reason));
    signal.addEventListener("abort", giveUp, { once: true });
    const output = await Promise.race([runStage(entry, input, tools, signal, sharing), given.promise]);
    signal.throwIfAborted();
    if (typeof output === "object" && output !== null && "skipped" in output) {
      conclude(db, registry, job.claim, "skipped", String(output.skipped), now());
      emitRun(job, "skipped", String(output.skipped));
      return;
    }
    complete(db, registry, job.claim, entry.stage.output.parse(output), now());
    emitRun(job, "done");
  }

  /** Gives a run back as if it had not been tried; at the next tick at the soonest, so that nothing spins. */
  function giveBack(job: Job, reason: string): void {
    postpone(db, job.claim, reason, now() + tickMs, now());
    db.query(
      "update runs set attempts = attempts - 1 where file_id = ? and stage = ? and status = 'pending' and attempts = ?",
    ).run(job.fileId, job.stage, job.claim.attempts);
    emitRun(job, "pending", reason);
  }

  /** Records how a job that threw has ended: stopped with the daemon, cancelled, to be tried again, or failed. */
  function settleFailure(job: Job, error: unknown): void {
    const { reason } = job.controller.signal;
    const message = error instanceof Error ? error.message : String(error);
    const last = error instanceof PermanentError || job.claim.attempts >= deps.maxAttempts;
    if (reason === goodbye) postpone(db, job.claim, null, 0, now());
    else if (reason === cancelled) {
      conclude(db, registry, job.claim, "skipped", "Cancelled", now());
      emitRun(job, "skipped", "Cancelled");
    } else if (error instanceof BlockedError) giveBack(job, message);
    else {
      const { stage, fileId } = job;
      log.warn("stage failed", { stage, fileId, attempt: job.claim.attempts, last, error: message });
      if (last) conclude(db, registry, job.claim, "failed", message, now());
      else postpone(db, job.claim, message, now() + backoff(job.claim.attempts), now());
      emitRun(job, last ? "failed" : "pending", message);
    }
  }

  /** When even the end of a job cannot be written (a full disk), its lease runs out and the run is given back. */
  function recordSafely(job: Job, error: unknown): void {
    try {
      settleFailure(job, error);
    } catch (failure) {
      log.error("the end of a stage could not be recorded", {
        stage: job.stage,
        fileId: job.fileId,
        error: (failure as Error).message,
      });
    }
  }

  async function work(claim: Claim, entry: AnyEntry, sharing: Sharing = {}): Promise<void> {
    const job: Job = {
      claim,
      fileId: claim.fileId,
      stage: claim.stage,
      startedAt: now(),
      progress: null,
      controller: new AbortController(),
      lastSign: performance.now(),
    };
    jobs.add(job);
    try {
      await execute(job, entry, sharing);
    } catch (error) {
      recordSafely(job, error);
    } finally {
      jobs.delete(job);
      api.wake();
    }
  }

  /** Takes all stages of a file that listen and are due, so that one decode serves them all. */
  function listenTogether(claim: Claim, entry: AnyEntry): void {
    const others = order.filter(({ stage }) => stage.pool === "pcm" && stage !== entry.stage && !stage.blockedBy?.());
    const claims = others.map(({ stage }) => claimRun(db, claim.fileId, stage.name, now(), leaseMs));
    const sharing: Sharing = {};
    void work(claim, entry, sharing);
    for (const other of claims) if (other) void work(other, registry.get(other.stage), sharing);
    sharing.decode?.start();
  }

  function fill(): void {
    if (stopped || paused || !started) return;
    for (const pool of poolNames) {
      for (const entry of order) {
        const { name } = entry.stage;
        if (entry.stage.pool !== pool) continue;
        const busy = [...jobs].filter((job) => registry.get(job.stage).stage.pool === pool);
        const free = deps.pools[pool] - (pool === "pcm" ? new Set(busy.map((job) => job.fileId)).size : busy.length);
        if (free <= 0) break;
        if (entry.stage.blockedBy?.()) continue;
        for (const claim of claimRuns(db, name, free, now(), leaseMs, horizonMs)) {
          if (pool === "pcm") listenTogether(claim, entry);
          else void work(claim, entry);
        }
      }
    }
  }

  function tick(): void {
    const clock = performance.now();
    for (const job of jobs) {
      if (clock - job.lastSign < deps.silenceMs || job.controller.signal.aborted) continue;
      job.controller.abort(new Error(`No sign of progress for ${Math.round(deps.silenceMs / 1000)} s`));
    }
    try {
      if (clock - lastLease > leaseMs / 4) {
        lastLease = clock;
        for (const job of jobs) extendLease(db, job.fileId, job.stage, now(), leaseMs);
        giveBackExpired(db, now());
      }
      fill();
    } catch (error) {
      log.error("the queue cannot be read", { error: (error as Error).message });
    }
  }

  const api: Scheduler = {
    start() {
      started = true;
      timer = setInterval(tick, tickMs);
      api.wake();
    },
    wake() {
      if (woken) return;
      woken = true;
      setImmediate(() => {
        woken = false;
        if (!stopped) tick();
      });
    },
    pause() {
      paused = true;
      writeFact(db, "pipeline.paused", "true");
      events.emit("pipeline", { paused });
    },
    resume() {
      paused = false;
      writeFact(db, "pipeline.paused", "false");
      events.emit("pipeline", { paused });
      api.wake();
    },
    isPaused: () => paused,
    cancel({ stage, fileId }) {
      let count = 0;
      for (const job of jobs) {
        if ((stage && job.stage !== stage) || (fileId !== undefined && job.fileId !== fileId)) continue;
        job.controller.abort(cancelled);
        count++;
      }
      if (stage && fileId === undefined) count += skipPending(db, stage, now(), "Cancelled");
      releaseWaiting(db, registry);
      return count;
    },
    running: () => [...jobs].map(({ fileId, stage, startedAt, progress }) => ({ fileId, stage, startedAt, progress })),
    blocked() {
      const reasons = registry.entries.map(({ stage }) => [stage.name, stage.blockedBy?.() ?? null] as const);
      return Object.fromEntries(
        reasons.filter((pair): pair is [string, string] => pair[1] !== null && hasPending(db, pair[0])),
      );
    },
    isIdle: () =>
      jobs.size === 0 &&
      (paused || !registry.entries.some(({ stage }) => !stage.blockedBy?.() && hasPending(db, stage.name))),
    async idle(signal) {
      while (!api.isIdle()) await sleep(50, undefined, signal ? { signal } : {});
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      for (const job of jobs) job.controller.abort(goodbye);
      while (jobs.size > 0) await sleep(10);
    },
  };
  return api;
}
