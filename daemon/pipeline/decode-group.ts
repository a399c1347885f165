import {
  type DecodeReport,
  type Decoder,
  type Decoding,
  type Rate,
  startDecoding,
  UndecodableError,
} from "../audio/decode.ts";
import { makeWindower, type SampleWindow } from "../audio/windows.ts";
import type { RawPath } from "../contract/raw-path.ts";
import type { WorkerPool } from "../workers/pool.ts";
import { makeSinkFeed, type SinkFeed } from "./sink-feed.ts";
import { type PcmNeed, type PcmStage, type PcmWindow, PermanentError, type Skipped, type StageTools } from "./stage.ts";

export interface SoundDeps {
  /** The decoder to use; null when there is none. */
  decoder: () => Decoder | null;
  pool: WorkerPool;
}

/** Several stages that listen to one decode of one file. */
export interface DecodeGroup {
  /** Takes part; resolves with the stage's own output, whatever becomes of the others. Before `start`. */
  join<Output>(stage: PcmStage<Output>, tools: StageTools, signal: AbortSignal): Promise<Output | Skipped>;
  /** Decodes the file for those who have joined. */
  start(): void;
  /** CPU time of the workers so far, ms, by stage; and of reading and measuring in this process. */
  readonly cpuMs: Record<string, number>;
}

interface Member {
  stage: PcmStage<unknown>;
  tools: StageTools;
  signal: AbortSignal;
  windows: PcmWindow[];
  feed?: SinkFeed;
  live: boolean;
  resolve(output: unknown): void;
  reject(reason: unknown): void;
}

const signOfLifeMs = 5000;
const noDecoder = "There is no decoder: install ffmpeg (apt install ffmpeg, brew install ffmpeg)";

const clock = (sec: number) => `${Math.floor(sec / 60)}:${String(Math.floor(sec % 60)).padStart(2, "0")}`;
const sameShape = (a: PcmNeed, b: PcmNeed) =>
  a.rate === b.rate && a.windowSamples === b.windowSamples && a.leadSamples === b.leadSamples;

/** Makes a group for a file; `fileId` is for sinks. Memory is bounded by a few windows, whatever the length of the file. */
export function makeDecodeGroup(deps: SoundDeps, path: RawPath, fileId = 0): DecodeGroup {
  const members: Member[] = [];
  const cpuMs: Record<string, number> = {};
  const stop = new AbortController();
  let lengthSec = 0;
  const live = () => members.filter((member) => member.live);

  function settle(member: Member, how: () => void): void {
    if (!member.live) return;
    member.live = false;
    how();
    if (live().length === 0) stop.abort(new Error("Nobody listens any more"));
  }
  const fail = (member: Member, reason: unknown) =>
    settle(member, () => {
      member.feed?.abort(reason);
      member.reject(reason);
    });

  /** Waits for something outside, which has a limit of its own: that is no silence of this file. */
  async function waitFor<T>(work: Promise<T>): Promise<T> {
    const waiting = setInterval(() => {
      for (const member of live()) member.tools.progress();
    }, signOfLifeMs);
    return work.finally(() => clearInterval(waiting));
  }

  /** Sends a window to a worker, and notes what each of `group` gets of it. */
  async function analyse(window: SampleWindow, group: readonly Member[]): Promise<void> {
    const listeners = group.filter((member) => member.live);
    if (listeners.length === 0) return;
    const tasks = listeners.map(({ stage }) => ({ name: stage.pcm?.task ?? "", options: stage.pcm?.options?.() }));
    const outcomes = await waitFor(deps.pool.run(window.samples, tasks, stop.signal));
    for (const [at, member] of listeners.entries()) {
      const outcome = outcomes[at];
      cpuMs[member.stage.name] = (cpuMs[member.stage.name] ?? 0) + (outcome?.cpuMs ?? 0);
      if (!outcome || "error" in outcome)
        fail(member, new Error(`${outcome?.error ?? "No answer"} (at ${clock(window.startSec)})`));
      else member.windows[window.index] = { startSec: window.startSec, endSec: window.endSec, result: outcome.result };
      member.tools.progress(lengthSec > 0 ? Math.min(1, window.endSec / lengthSec) : undefined);
    }
  }

  /** Hands a block to all sinks of its rate, and waits for the slowest; one that fails fails alone. */
  async function pour(block: Float32Array, group: readonly Member[]): Promise<void> {
    const writes = group
      .filter((member) => member.live)
      .map(async (member) => {
        try {
          member.feed ??= makeSinkFeed(member.stage, fileId, member.tools, member.signal);
          const doneSec = await member.feed.write(block);
          member.tools.progress(lengthSec > 0 ? Math.min(1, doneSec / lengthSec) : undefined);
        } catch (error) {
          fail(member, error);
        }
      });
    if (writes.length > 0) await waitFor(Promise.all(writes));
  }

  /** Reads the stream of one rate to its end and hands out its windows, at most `most` at a time. */
  async function listen(decoding: Decoding, rate: Rate, most: number): Promise<void> {
    const listeners = members.filter(({ stage }) => stage.pcm?.rate === rate);
    const groups: { shape: PcmNeed; group: Member[] }[] = [];
    for (const member of listeners) {
      const need = member.stage.pcm as PcmNeed;
      const known = groups.find(({ shape }) => sameShape(shape, need));
      if (known) known.group.push(member);
      else groups.push({ shape: need, group: [member] });
    }
    const cutters = groups.map(({ shape, group }) => ({ windower: makeWindower(shape), group }));
    const sinks = members.filter(({ stage }) => stage.sink?.rate === rate);
    const running = new Set<Promise<void>>();
    let failure: unknown = null;
    const send = async (window: SampleWindow, group: readonly Member[]) => {
      while (running.size >= most) await Promise.race(running);
      if (failure !== null) throw failure;
      const work: Promise<void> = analyse(window, group)
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => running.delete(work));
      running.add(work);
    };
    for await (const block of decoding.blocks(rate)) {
      lengthSec = decoding.promisedSec() ?? 0;
      for (const member of live()) member.tools.progress();
      for (const { windower, group } of cutters) for (const window of windower.take(block)) await send(window, group);
      if (sinks.length > 0) await pour(block, sinks);
    }
    for (const { windower, group } of cutters) {
      const rest = windower.rest();
      if (rest) await send(rest, group);
    }
    await Promise.all(running);
    if (failure !== null) throw failure;
  }

  async function finish(member: Member, report: DecodeReport): Promise<void> {
    try {
      if (member.feed) member.windows[0] = await waitFor(member.feed.end());
    } catch (error) {
      fail(member, error);
    }
    if (!member.live) return;
    const windows = member.windows.filter((window) => window !== undefined);
    try {
      if ((member.stage.pcm || member.stage.sink) && windows.length === 0)
        throw new PermanentError(`Too short to analyse: ${report.durationSec.toFixed(2)} s`);
      const output = member.stage.summarise(windows, report);
      settle(member, () => member.resolve(output));
    } catch (error) {
      fail(member, error);
    }
  }

  async function work(): Promise<void> {
    const decoder = deps.decoder();
    if (!decoder) throw new Error(noDecoder);
    const wanted = new Set<Rate>([
      44_100,
      ...members.flatMap(({ stage }) => stage.sink?.rate ?? stage.pcm?.rate ?? []),
    ]);
    const decoding = startDecoding(decoder, path, [...wanted], stop.signal);
    const most = deps.pool.size + 1;
    const listening = [...wanted].map((rate) => listen(decoding, rate, most));
    for (const promise of listening) promise.catch((error: unknown) => stop.abort(error));
    await Promise.all(listening);
    const report = await decoding.report();
    await Promise.all(live().map((member) => finish(member, report)));
  }

  return {
    cpuMs,
    join(stage, tools, signal) {
      return new Promise((resolve, reject) => {
        const settlers = { resolve: resolve as Member["resolve"], reject };
        const member: Member = { stage, tools, signal, windows: [], live: true, ...settlers };
        members.push(member);
        if (signal.aborted) fail(member, signal.reason);
        else signal.addEventListener("abort", () => fail(member, signal.reason), { once: true });
      });
    },
    start() {
      if (live().length === 0) return;
      work().catch((error: unknown) => {
        const reason = error instanceof UndecodableError ? new PermanentError(error.message) : error;
        for (const member of live()) fail(member, reason);
        stop.abort(reason);
      });
    },
  };
}
