import { makeRandom } from "../../bench/truth/random.ts";
import { frameRate } from "../../sidecars/lib/parameters.ts";
import { type Peaks, roundPeaks } from "../../sidecars/lib/peaks.ts";

export { makeRandom };

/** Peaks as music has them, about 20 a second, of pitches at random. */
export function randomPeaks(random: () => number, durationSec: number): Peaks {
  const count = Math.round(durationSec * 20);
  return roundPeaks(
    Array.from(
      { length: count },
      () => [random() * durationSec * frameRate, random() * 5600, 5 + random() * 25] as const,
    ),
  );
}

/** Peaks as lines that a test can compare. */
export const rowsOf = (peaks: Peaks): string[] =>
  Array.from(peaks.frame, (frame, at) => `${frame} ${peaks.cents[at]?.toFixed(2)} ${peaks.strength[at]?.toFixed(2)}`);

/** Mono sound at 11,025 Hz: notes of a random tune with overtones, so that it has something to be found by. */
export function tune(seed: number, durationSec: number, rate = 11_025): Float32Array {
  const random = makeRandom(seed);
  const samples = new Float32Array(Math.round(durationSec * rate));
  for (let start = 0; start < durationSec; start += 0.09 + 0.12 * random()) {
    const frequency = 220 * 2 ** (Math.floor(random() * 40) / 12);
    const from = Math.floor(start * rate);
    const length = Math.floor(0.35 * rate);
    for (let at = 0; at < length && from + at < samples.length; at++)
      for (const overtone of [1, 2, 3]) {
        const sound = Math.sin((2 * Math.PI * frequency * overtone * at) / rate) * Math.exp((-6 * at) / rate);
        samples[from + at] = (samples[from + at] as number) + (0.12 / overtone) * sound * Math.min(1, at / 60);
      }
  }
  return samples;
}

export const bytesOf = (samples: Float32Array): Uint8Array =>
  new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
