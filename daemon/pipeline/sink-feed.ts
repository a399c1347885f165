import type { PcmStage, PcmWindow, StageTools } from "./stage.ts";

/** One sink of one file, with how much it was given. */
export interface SinkFeed {
  /** Gives a block; resolves with the length so far, s. */
  write(block: Float32Array): Promise<number>;
  /** What the sink found, as a window that is the whole file. */
  end(): Promise<PcmWindow>;
  abort(reason: unknown): void;
}

/** Opens the sink of a stage that has one. Throws when it cannot be opened. */
export function makeSinkFeed(
  stage: PcmStage<unknown>,
  fileId: number,
  tools: StageTools,
  signal: AbortSignal,
): SinkFeed {
  if (!stage.sink) throw new Error(`Stage ${stage.name} takes no stream of sound`);
  const { rate } = stage.sink;
  const sink = stage.sink.open(fileId, tools, signal);
  let samples = 0;
  let ended = false;
  return {
    async write(block) {
      await sink.write(block);
      samples += block.length;
      return samples / rate;
    },
    async end() {
      const result = await sink.end();
      ended = true;
      return { startSec: 0, endSec: samples / rate, result };
    },
    abort(reason) {
      if (!ended) sink.abort(reason);
    },
  };
}
