import { frameRate, keptPerSec, levelWeight, lowestBin, sampleRate } from "../parameters.ts";
import { joinPeaks, type Peaks, roundPeaks, slicePeaks, thinPeaks } from "../peaks.ts";
import { wasm } from "./wasm.ts";

interface Exports {
  memory: WebAssembly.Memory;
  init(): void;
  input(): number;
  output(): number;
  push(count: number): number;
}

/** Samples a call, as `front-end.as.ts` has room for. */
const chunkSamples = 8192;
/** What the front end still holds when the sound ends: two windows and the frames it looks ahead. */
const tailSamples = 4096;
const floats = 4;

/** Finds the peaks of one stream of mono sound at 11,025 Hz. Memory grows by the peaks alone: 320 bytes a second. */
export interface FrontEnd {
  /** Takes samples (−1 … 1, finite). */
  push(block: Float32Array): void;
  /** Ends the stream: its strongest peaks, `keptPerSec` a second. */
  finish(): Peaks;
  /** Samples taken so far. */
  readonly samples: number;
}

let compiled: WebAssembly.Module | undefined;
const moduleOf = () => {
  compiled ??= new WebAssembly.Module(Buffer.from(wasm, "base64"));
  return compiled;
};

/** Peaks are thinned out whenever so many frames have come together: a minute. */
const thinFrames = 60 * frameRate;
/** What thinning looks at either side of a peak, and how far a peak's frame may be off the one it was found in. */
const marginFrames = frameRate + 1;

/** Thins a stream of raw peaks out as it comes, so that what is held grows by the kept ones alone. */
function makeThinner() {
  const parts: Peaks[] = [];
  let waiting: [number, number, number][] = [];
  let doneTo = 0;
  const thin = (to: number) => {
    parts.push(slicePeaks(thinPeaks(roundPeaks(waiting), keptPerSec), doneTo, to));
    doneTo = to;
    waiting = waiting.filter(([frame]) => frame >= to - 2 * marginFrames);
  };
  return {
    take(frame: number, cents: number, strength: number) {
      if (frame > doneTo + thinFrames + marginFrames) thin(Math.floor(frame - marginFrames));
      waiting.push([frame, cents, strength]);
    },
    finish() {
      thin(Number.POSITIVE_INFINITY);
      return joinPeaks(parts);
    },
  };
}

export function makeFrontEnd(): FrontEnd {
  const abort = () => {
    throw new Error("The front end broke");
  };
  const engine = new WebAssembly.Instance(moduleOf(), { env: { abort } }).exports as unknown as Exports;
  engine.init();
  const thinner = makeThinner();
  let samples = 0;

  function give(block: Float32Array): void {
    for (let at = 0; at < block.length; at += chunkSamples) {
      const part = block.subarray(at, at + chunkSamples);
      new Float32Array(engine.memory.buffer, engine.input(), part.length).set(part);
      const count = engine.push(part.length);
      const found = new Float32Array(engine.memory.buffer, engine.output(), count * floats);
      for (let peak = 0; peak < found.length; peak += floats) {
        const [frame, bin, level, contrast] = found.subarray(peak, peak + floats) as unknown as [
          number,
          number,
          number,
          number,
        ];
        thinner.take(frame, 1200 * Math.log2(bin / lowestBin), contrast + levelWeight * level);
      }
    }
  }

  return {
    get samples() {
      return samples;
    },
    push(block) {
      samples += block.length;
      give(block);
    },
    finish() {
      give(new Float32Array(tailSamples));
      return thinner.finish();
    },
  };
}

/** The peaks of a whole recording at once: mono, 11,025 Hz. */
export function peaksOf(samples: Float32Array): Peaks {
  const frontEnd = makeFrontEnd();
  frontEnd.push(samples);
  return frontEnd.finish();
}

/** Length of `samples` at the analysis rate, s. */
export const secondsOf = (samples: number): number => samples / sampleRate;
