/** Peaks, offset, clipping and silence of a sound, gathered block by block in constant memory. */
export interface Levels {
  /** Sample frames seen. */
  frames: number;
  /** Largest absolute sample of either channel, linear. */
  samplePeak: number;
  /** Mean of each channel, linear: not 0 where a recorder had an offset. */
  dcOffset: [number, number];
  /** Runs of `clipRun` or more equal-sized samples at the channel's full scale. */
  clippedRuns: number;
  /** Seconds below `silenceDb` at the start, at the end, and in the longest stretch between. */
  silence: { startSec: number; endSec: number; longestInsideSec: number };
  /** Sample frames with a value that was not a number or infinite, taken as 0. */
  notFinite: number;
}

export interface LevelMeter {
  /** Takes interleaved stereo and returns its mono mix, (left + right) / 2; what is not finite becomes 0 in both. */
  take(stereo: Float32Array): Float32Array<ArrayBuffer>;
  result(): Levels;
}

const fullScale = 0.9995;
const clipRun = 4;
/** −60 dBFS. */
const silenceLevel = 0.001;

/** Starts a meter for stereo at `rateHz`. */
export function makeLevelMeter(rateHz: number): LevelMeter {
  let frames = 0;
  let peak = 0;
  let sumLeft = 0;
  let sumRight = 0;
  let runLeft = 0;
  let runRight = 0;
  let clippedRuns = 0;
  let notFinite = 0;
  let firstSound = -1;
  let lastSound = -1;
  let longestGap = 0;

  return {
    take(stereo) {
      const count = stereo.length >> 1;
      const mono = new Float32Array(count);
      for (let index = 0; index < count; index++) {
        let left = stereo[2 * index] as number;
        let right = stereo[2 * index + 1] as number;
        if (left - left !== 0 || right - right !== 0) {
          notFinite++;
          if (left - left !== 0) left = stereo[2 * index] = 0;
          if (right - right !== 0) right = stereo[2 * index + 1] = 0;
        }
        mono[index] = 0.5 * (left + right);
        sumLeft += left;
        sumRight += right;
        const sizeLeft = left < 0 ? -left : left;
        const sizeRight = right < 0 ? -right : right;
        const size = Math.max(sizeLeft, sizeRight);
        if (size > peak) peak = size;
        if (size >= fullScale) {
          runLeft = sizeLeft >= fullScale ? runLeft + 1 : 0;
          runRight = sizeRight >= fullScale ? runRight + 1 : 0;
          if (runLeft === clipRun || runRight === clipRun) clippedRuns++;
        } else {
          runLeft = 0;
          runRight = 0;
        }
        if (size > silenceLevel) {
          const at = frames + index;
          if (firstSound < 0) firstSound = at;
          else if (at - lastSound > longestGap) longestGap = at - lastSound;
          lastSound = at;
        }
      }
      frames += count;
      return mono;
    },
    result: () => ({
      frames,
      samplePeak: peak,
      dcOffset: frames === 0 ? [0, 0] : [sumLeft / frames, sumRight / frames],
      clippedRuns,
      silence: {
        startSec: (firstSound < 0 ? frames : firstSound) / rateHz,
        endSec: (firstSound < 0 ? frames : frames - lastSound - 1) / rateHz,
        longestInsideSec: longestGap / rateHz,
      },
      notFinite,
    }),
  };
}
