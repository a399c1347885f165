/** A stretch of a stream, cut at fixed places whatever the size of the blocks it came in. */
export interface SampleWindow {
  index: number;
  startSec: number;
  endSec: number;
  /** `leadSamples` from before the start (zeros before the stream's own), then the window's. The last may be shorter. */
  samples: Float32Array;
}

export interface WindowShape {
  rate: number;
  windowSamples: number;
  /** Samples of the former window that each window begins with. */
  leadSamples: number;
}

export interface Windower {
  /** Takes a block and returns the windows it completes. */
  take(block: Float32Array): SampleWindow[];
  /** What is left at the end; null when nothing is. */
  rest(): SampleWindow | null;
}

/** Cuts a stream into windows. Holds one window in memory. */
export function makeWindower({ rate, windowSamples, leadSamples }: WindowShape): Windower {
  let buffer = new Float32Array(leadSamples + windowSamples);
  let filled = leadSamples;
  let index = 0;

  const windowOf = (samples: Float32Array): SampleWindow => {
    const start = index * windowSamples;
    return { index, startSec: start / rate, endSec: (start + samples.length - leadSamples) / rate, samples };
  };

  return {
    take(block) {
      const windows: SampleWindow[] = [];
      let taken = 0;
      while (taken < block.length) {
        const count = Math.min(block.length - taken, buffer.length - filled);
        buffer.set(block.subarray(taken, taken + count), filled);
        taken += count;
        filled += count;
        if (filled < buffer.length) continue;
        windows.push(windowOf(buffer));
        const next = new Float32Array(buffer.length);
        next.set(buffer.subarray(buffer.length - leadSamples));
        buffer = next;
        filled = leadSamples;
        index++;
      }
      return windows;
    },
    rest: () => (filled > leadSamples ? windowOf(buffer.slice(0, filled)) : null),
  };
}
