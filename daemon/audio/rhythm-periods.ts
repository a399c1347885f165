import { makeFft } from "./rhythm-fft.ts";
import { type Onsets, onsetRateHz } from "./rhythm-onsets.ts";

/** Tempi that are looked for, BPM. */
export const slowestBpm = 50;
export const fastestBpm = 210;

/** A tempo that sound repeats with, and how it repeats with multiples and parts of it. */
export interface Period {
  readonly bpm: number;
  /** How alike the sound is after 1 to 4 beats, −1…1. */
  readonly pulse: number;
  readonly features: readonly number[];
}

/** Likeness of each stream, and of their sum, with itself later: by frames, 1 for itself. */
export type Likeness = readonly Float64Array[];

const fftSize = 4096;

/** Autocorrelation of the four streams, of their sum and of `thump`, up to `frames / 2`, at most 1,500 frames (17 s). */
export function likenessOf({ streams, thump, frames }: Pick<Onsets, "streams" | "thump" | "frames">): Likeness {
  const smooth = streams.map(smoothed);
  const sum = new Float64Array(frames);
  for (const stream of smooth) for (let i = 0; i < frames; i++) sum[i] = (sum[i] as number) + (stream[i] as number);
  const all = [...smooth, sum, smoothed(thump)];
  const found = [0, 2, 4].flatMap((index) => autocorrelate(all[index] ?? sum, all[index + 1] ?? sum));
  return [...found, together(found.slice(0, 4), smooth)];
}

/**
 * Mean of the streams' likeness, each by how much it varies. Unlike that of their sum, it tells a kick from a hat: after
 * half a beat of kicks and hats in turn nothing is alike.
 */
function together(likeness: readonly Float64Array[], streams: readonly Float64Array[]): Float64Array {
  const shares = streams.map((stream) => Math.sqrt(stream.reduce((sum, value) => sum + value * value, 0)));
  const total = shares.reduce((sum, share) => sum + share, 1e-9);
  return (likeness[0] ?? new Float64Array(0)).map((_, lag) =>
    likeness.reduce((sum, one, index) => sum + ((one[lag] ?? 0) * (shares[index] ?? 0)) / total, 0),
  );
}

/** A stream with each frame's share of its neighbours, less its mean. */
function smoothed(stream: Float32Array): Float64Array {
  const smooth = new Float64Array(stream.length);
  let mean = 0;
  for (let i = 0; i < stream.length; i++) {
    smooth[i] = 0.5 * (stream[i] as number) + 0.25 * ((stream[i - 1] ?? 0) + (stream[i + 1] ?? 0));
    mean += (smooth[i] as number) / stream.length;
  }
  return smooth.map((value) => value - mean);
}

/** Two at a time, as real and imaginary part, by the Fourier transform of their power spectra (Wiener–Khinchin). */
function autocorrelate(one: Float64Array, other: Float64Array): [Float64Array, Float64Array] {
  const frames = one.length;
  const fft = makeFft(fftSize);
  const real = new Float64Array(fftSize);
  const imaginary = new Float64Array(fftSize);
  real.set(one);
  imaginary.set(other);
  fft.transform(real, imaginary);
  const [ones, others] = [new Float64Array(fftSize), new Float64Array(fftSize)];
  for (let k = 0; k < fftSize; k++) {
    const mirror = (fftSize - k) % fftSize;
    const sr = (real[k] as number) + (real[mirror] as number);
    const dr = (real[k] as number) - (real[mirror] as number);
    const si = (imaginary[k] as number) + (imaginary[mirror] as number);
    const di = (imaginary[k] as number) - (imaginary[mirror] as number);
    ones[k] = sr * sr + di * di;
    others[k] = si * si + dr * dr;
  }
  fft.transform(ones, others);
  return [normalised(ones, frames), normalised(others, frames)];
}

function normalised(sums: Float64Array, frames: number): Float64Array {
  const self = sums[0] as number;
  const longest = Math.min(1500, fftSize - frames, Math.floor(frames / 2));
  return Float64Array.from({ length: Math.max(0, longest) + 1 }, (_, lag) =>
    self > 1e-9 ? ((sums[lag] as number) / self) * (frames / (frames - lag)) : 0,
  );
}

/** The most alike within 2 % of a lag; 0 past the end. */
function near(likeness: Float64Array, lag: number): number {
  if (lag >= likeness.length - 2) return 0;
  const first = Math.max(1, Math.ceil(lag * 0.98));
  const last = Math.max(first, Math.floor(lag * 1.02));
  let most = -1;
  for (let at = first; at <= last; at++) most = Math.max(most, likeness[at] ?? -1);
  return most;
}

const lagOf = (bpm: number): number => (onsetRateHz * 60) / bpm;
const beats = [1, 2, 3, 4];
/** Parts and multiples of a beat at which the streams are compared with themselves. */
const multiples = [1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3, 4];

/** How alike the whole is after 1 to 4 beats. */
function pulseOf(whole: Float64Array, bpm: number): number {
  return beats.reduce((sum, count) => sum + near(whole, count * lagOf(bpm)), 0) / beats.length;
}

/** The tempi by which the whole repeats best, at most ten, each 5 % or more from the others. */
export function periodsOf(likeness: Likeness): Period[] {
  const whole = likeness[4] ?? new Float64Array(0);
  const found: { bpm: number; pulse: number }[] = [];
  let [before, last] = [-1, -1];
  for (let bpm = slowestBpm * 0.985; bpm < fastestBpm * 1.015; bpm *= 1.006) {
    const pulse = pulseOf(whole, bpm);
    if (last >= before && last >= pulse) found.push({ bpm: bpm / 1.006, pulse: last });
    [before, last] = [last, pulse];
  }
  const kept: { bpm: number; pulse: number }[] = [];
  for (const one of found.sort((a, b) => b.pulse - a.pulse)) {
    if (kept.every(({ bpm }) => Math.abs(Math.log2(bpm / one.bpm)) > 0.075)) kept.push(one);
  }
  return kept.slice(0, 10).map(({ bpm, pulse }) => ({
    bpm: refined(whole, bpm),
    pulse,
    features: featuresOf(likeness, bpm),
  }));
}

const over = (value: number): number => Math.max(0, 2 * value);

/** What tells a beat from half or twice of it; `rhythm-weights.ts` has a weight for each. */
function featuresOf(likeness: Likeness, bpm: number): number[] {
  const octaves = Math.log2(bpm / 120);
  return [
    ...likeness.flatMap((stream) => multiples.map((multiple) => near(stream, multiple * lagOf(bpm)))),
    ...[octaves, over(-octaves), over(octaves - 0.4), over(octaves - 0.6), over(-octaves - 0.5), over(octaves - 0.2)],
  ];
}

/** A tempo made exact by how the whole repeats after 1, 2, 4, 8 and 16 beats, as long as it still does. */
function refined(whole: Float64Array, bpm: number): number {
  let lag = lagOf(bpm);
  const start = near(whole, lag);
  for (let count = 1; count <= 16; count *= 2) {
    const reach = count === 1 ? Math.max(1, lag * 0.03) : 2;
    const peak = peakNear(whole, lag * count, reach);
    if (peak === null || peak.height < 0.4 * start) break;
    lag = peak.at / count;
  }
  return (onsetRateHz * 60) / lag;
}

/** The highest point within `reach` of a place, between the frames by a parabola; null if it only rises to an edge. */
function peakNear(values: Float64Array, centre: number, reach: number): { at: number; height: number } | null {
  let best = -1;
  for (let at = Math.ceil(centre - reach); at <= centre + reach; at++) {
    if ((values[at] ?? -1) > (values[best] ?? -1)) best = at;
  }
  const [left, height, right] = [values[best - 1], values[best], values[best + 1]];
  if (left === undefined || height === undefined || right === undefined || height < left || height < right) return null;
  const bend = left - 2 * height + right;
  return { at: bend < 0 ? best + (0.5 * (left - right)) / bend : best, height };
}
