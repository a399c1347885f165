import { hann, makeFft } from "./rhythm-fft.ts";

const inputHz = 44_100;
/** The sound is thinned out by this before it is transformed: 11,025 Hz. */
const thinning = 4;
const frameSize = 512;
const hopSize = 128;
export const onsetRateHz = inputHz / thinning / hopSize;

/** Edges of bands in Hz, about a third of an octave or wider than two bins. */
const edgesHz = [
  ...[30, 75, 120, 165, 230, 300, 390, 500, 620, 760, 920],
  ...[1110, 1350, 1620, 1950, 2350, 2800, 3350, 4000, 4700, 5450],
];
/** Bands of the streams: drums' low end, tones, strokes. */
const streamBands = [
  [0, 3],
  [3, 11],
  [11, 20],
] as const;

/** How much begins at each moment, 86.13 values a second: low, middle and upper bands, and hiss above 8 kHz or so. */
export interface Onsets {
  readonly frames: number;
  readonly streams: readonly Float32Array[];
  /** How much louder the low end gets, uncompressed: accents of kick drums stand out from bass lines and hiss. */
  readonly thump: Float32Array;
  /** Mean power of the sound, full scale being 1. */
  readonly power: number;
  /** What begins in a frame, on average over all of them and summed over the streams. */
  readonly activity: number;
}

/** What `bandPowers` gives a band, on average, for a sine at full scale. */
const fullScale = (frameSize / 2) ** 2 / (edgesHz.length - 1);

/** Log-compressed spectral flux (Klapuri et al. 2006 §II; Böck and Widmer 2013). `samples`: mono, 44,100 Hz. */
export function onsetsOf(samples: Float32Array): Onsets {
  const { thin, hiss } = thinOut(samples);
  const frames = Math.max(0, Math.floor((thin.length - frameSize) / hopSize) + 1);
  const bands = bandPowers(thin, frames);
  const count = edgesHz.length - 1;
  let power = 0;
  for (const value of bands) power += value;
  power /= Math.max(1, frames * count);
  const streams = streamBands.map(([from, to]) => {
    const stream = new Float32Array(frames);
    for (let band = from; band < to; band++) addFlux(stream, bands, band, count, power);
    return stream;
  });
  const high = new Float32Array(frames);
  /** From the middle of a frame on, as a frame tells of what begins in its middle. */
  const centred = hiss.subarray(frameSize / hopSize / 2);
  let hissPower = 0;
  for (let frame = 0; frame < frames; frame++) hissPower += centred[frame] ?? 0;
  addFlux(high, centred, 0, 1, hissPower / Math.max(1, frames));
  const all = [...streams, high];
  const activity = all.reduce((sum, stream) => sum + meanOf(stream), 0);
  return { frames, streams: all, thump: thumpOf(bands, frames, count), power: power / fullScale, activity };
}

const meanOf = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** A quarter of the samples less their mean, and the power of their second difference, which is what is high, by hop. */
function thinOut(samples: Float32Array): { thin: Float32Array; hiss: Float32Array } {
  const thin = new Float32Array(Math.floor(samples.length / thinning));
  const hiss = new Float32Array(Math.ceil(thin.length / hopSize));
  let before = 0;
  let last = 0;
  for (let i = 0; i < thin.length; i++) {
    const at = i * thinning;
    let sum = 0;
    let rough = 0;
    for (let k = at; k < at + thinning; k++) {
      const value = samples[k] as number;
      const bend = value - 2 * last + before;
      sum += value;
      rough += bend * bend;
      before = last;
      last = value;
    }
    thin[i] = sum / thinning;
    const hop = Math.floor(i / hopSize);
    hiss[hop] = (hiss[hop] as number) + rough;
  }
  let mean = 0;
  for (const value of thin) mean += value / thin.length;
  for (let i = 0; i < thin.length; i++) thin[i] = (thin[i] as number) - mean;
  return { thin, hiss };
}

/** `Float32Array[frames × 20]`. Two frames go through one complex transform. */
function bandPowers(thin: Float32Array, frames: number): Float32Array {
  const fft = makeFft(frameSize);
  const window = hann(frameSize);
  const edges = edgesHz.map((hz) => Math.round((hz * frameSize * thinning) / inputHz));
  const count = edges.length - 1;
  const powers = new Float32Array(frames * count);
  const [real, imaginary] = [new Float64Array(frameSize), new Float64Array(frameSize)];
  for (let frame = 0; frame < frames; frame += 2) {
    const from = frame * hopSize;
    const next = frame + 1 < frames ? from + hopSize : from;
    for (let i = 0; i < frameSize; i++) {
      const weight = window[i] as number;
      real[i] = (thin[from + i] as number) * weight;
      imaginary[i] = (thin[next + i] as number) * weight;
    }
    fft.transform(real, imaginary);
    for (let band = 0; band < count; band++) {
      let one = 0;
      let other = 0;
      for (let k = edges[band] as number; k < (edges[band + 1] as number); k++) {
        const mirror = frameSize - k;
        const sr = (real[k] as number) + (real[mirror] as number);
        const dr = (real[k] as number) - (real[mirror] as number);
        const si = (imaginary[k] as number) + (imaginary[mirror] as number);
        const di = (imaginary[k] as number) - (imaginary[mirror] as number);
        one += sr * sr + di * di;
        other += si * si + dr * dr;
      }
      powers[frame * count + band] = one;
      if (frame + 1 < frames) powers[(frame + 1) * count + band] = other;
    }
  }
  return powers;
}

/** How much the amplitude of the lowest bands rises over two hops. */
function thumpOf(bands: Float32Array, frames: number, count: number): Float32Array {
  const [from, to] = streamBands[0];
  const levels = Float32Array.from({ length: frames }, (_, frame) => {
    let sum = 0;
    for (let band = from; band < to; band++) sum += bands[frame * count + band] as number;
    return Math.sqrt(sum);
  });
  return levels.map((level, frame) => Math.max(0, level - (levels[frame - lag] ?? level)));
}

const compression = 100;
const lag = 2;

/** Adds how much the logarithm of a band rises over two hops. */
function addFlux(stream: Float32Array, bands: Float32Array, band: number, count: number, power: number): void {
  if (!(power > 0)) return;
  const scale = compression / power;
  const levels = new Float32Array(stream.length);
  for (let frame = 0; frame < stream.length; frame++) {
    levels[frame] = Math.log1p(scale * (bands[frame * count + band] as number));
  }
  for (let frame = lag; frame < stream.length; frame++) {
    const rise = (levels[frame] as number) - (levels[frame - lag] as number);
    if (rise > 0) stream[frame] = (stream[frame] as number) + rise;
  }
}
