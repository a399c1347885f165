import { frameRate } from "./parameters.ts";

/**
 * Spectral peaks of a recording, in the order of their frames.
 * `frame`: time in frames of 11.6 ms, with parts. `cents`: pitch above the lowest bin, 0 … 5,651. `strength`: how much it
 * stands out, log2 of power.
 */
export interface Peaks {
  frame: Float64Array;
  cents: Float32Array;
  strength: Float32Array;
}

/** Steps that peaks are kept in: half a frame, 2.76 cents, 0.15 of strength. */
export const steps = { frame: 0.5, cents: 5652 / 2048, strength: 0.15 } as const;
const mostCents = 2047;
const mostStrength = 255;

/** Peaks of `[frame, cents, strength]` in any order, in the steps they are kept in: stored ones are the very same. */
export function roundPeaks(found: readonly (readonly [number, number, number])[]): Peaks {
  const whole = (value: number, step: number, most: number) => Math.min(most, Math.max(0, Math.round(value / step)));
  const rounded = found
    .map(([frame, cents, strength]) => [
      whole(frame, steps.frame, Number.POSITIVE_INFINITY),
      whole(cents, steps.cents, mostCents),
      whole(strength, steps.strength, mostStrength),
    ])
    .sort((a, b) => (a[0] as number) - (b[0] as number) || (a[1] as number) - (b[1] as number));
  return {
    frame: Float64Array.from(rounded, (peak) => (peak[0] as number) * steps.frame),
    cents: Float32Array.from(rounded, (peak) => (peak[1] as number) * steps.cents),
    strength: Float32Array.from(rounded, (peak) => (peak[2] as number) * steps.strength),
  };
}

/** The peaks at `places`, which rise. */
export function pickPeaks(peaks: Peaks, places: ArrayLike<number> & Iterable<number>): Peaks {
  return {
    frame: Float64Array.from(places, (at) => peaks.frame[at] as number),
    cents: Float32Array.from(places, (at) => peaks.cents[at] as number),
    strength: Float32Array.from(places, (at) => peaks.strength[at] as number),
  };
}

/** Place of the first peak at or after `frame`. */
export function firstAt(frames: Float64Array, frame: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle] as number) < frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The peaks from frame `from` up to, but without, `to`. */
export function slicePeaks(peaks: Peaks, from: number, to: number): Peaks {
  const start = firstAt(peaks.frame, from);
  const end = firstAt(peaks.frame, to);
  return {
    frame: peaks.frame.subarray(start, end),
    cents: peaks.cents.subarray(start, end),
    strength: peaks.strength.subarray(start, end),
  };
}

/**
 * Places of those that are among the strongest `perSec` a second, counted `reachSec` before and after each: a choice that
 * depends on nothing further away, so that an excerpt's is the whole's.
 */
export function strongest(
  frames: ArrayLike<number>,
  strengths: ArrayLike<number>,
  perSec: number,
  reachSec: number,
): number[] {
  const reach = reachSec * frameRate;
  const most = perSec * 2 * reachSec;
  const kept: number[] = [];
  let from = 0;
  let to = 0;
  for (let at = 0; at < frames.length; at++) {
    const frame = frames[at] as number;
    const strength = strengths[at] as number;
    while ((frames[from] as number) < frame - reach) from++;
    while (to < frames.length && (frames[to] as number) <= frame + reach) to++;
    let stronger = 0;
    if (to - from > most)
      for (let other = from; other < to && stronger < most; other++)
        if ((strengths[other] as number) > strength) stronger++;
    if (stronger < most) kept.push(at);
  }
  return kept;
}

/** Thins peaks out to about `perSec` a second. */
export const thinPeaks = (peaks: Peaks, perSec: number): Peaks =>
  pickPeaks(peaks, strongest(peaks.frame, peaks.strength, perSec, 1));

/** Puts stretches of one recording together again. */
export function joinPeaks(parts: readonly Peaks[]): Peaks {
  const count = parts.reduce((sum, part) => sum + part.frame.length, 0);
  const whole: Peaks = {
    frame: new Float64Array(count),
    cents: new Float32Array(count),
    strength: new Float32Array(count),
  };
  let at = 0;
  for (const part of parts) {
    whole.frame.set(part.frame, at);
    whole.cents.set(part.cents, at);
    whole.strength.set(part.strength, at);
    at += part.frame.length;
  }
  return whole;
}
