import { hann, makeFft } from "./rhythm-fft.ts";

const inputHz = 44_100;
const thinning = 4;
const thinHz = inputHz / thinning;
/** 372 ms: bins are 2.7 Hz apart, less than half a semitone from A2 on. */
const frameSize = 4096;
const hopSize = 2048;
const lowestHz = 60;
/** What is above is mostly partials, which blur the classes: up to 1,400 or 2,200 Hz keys are told less well. */
const highestHz = 1000;
/** Raises what is rare, so that one long note is not everything. */
const evenness = 0.5;
/** Places in an octave, so that the tuning can be told before they become twelve. */
const fine = 120;

export interface Chroma {
  /** What was heard of each pitch class, from C on: `Float64Array[12]`, the largest 1. */
  readonly classes: Float64Array;
  /** How far the sound is above (or below) A = 440 Hz, in cents, −50…50. */
  readonly tuningCents: number;
  /** Mean power between 60 and 1,000 Hz, about 1 for a sine at full scale. */
  readonly power: number;
}

/** Peaks of the spectrum as pitch classes (Gómez 2006 §3); null without any. `samples`: mono, 44,100 Hz. */
export function chromaOf(samples: Float32Array): Chroma | null {
  const thin = thinOut(samples);
  const frames = Math.floor((thin.length - frameSize) / hopSize) + 1;
  if (frames < 1) return null;
  const fft = makeFft(frameSize);
  const window = hann(frameSize);
  const real = new Float64Array(frameSize);
  const imaginary = new Float64Array(frameSize);
  const histogram = new Float64Array(fine);
  let power = 0;
  for (let frame = 0; frame < frames; frame += 2) {
    const from = frame * hopSize;
    const next = frame + 1 < frames ? from + hopSize : from;
    for (let i = 0; i < frameSize; i++) {
      const weight = window[i] as number;
      real[i] = (thin[from + i] as number) * weight;
      imaginary[i] = (thin[next + i] as number) * weight;
    }
    fft.transform(real, imaginary);
    const [one, other] = unpack(real, imaginary);
    power += addPeaks(histogram, one);
    if (next > from) power += addPeaks(histogram, other);
  }
  return histogram.some((value) => value > 0) ? fold(histogram, power / frames / fullScale) : null;
}

/** A quarter of the samples, each the mean of four. */
function thinOut(samples: Float32Array): Float32Array {
  const thin = new Float32Array(Math.floor(samples.length / thinning));
  for (let i = 0, at = 0; i < thin.length; i++, at += 4) {
    thin[i] =
      ((samples[at] as number) +
        (samples[at + 1] as number) +
        (samples[at + 2] as number) +
        (samples[at + 3] as number)) /
      4;
  }
  return thin;
}

/** Power of a sine at full scale, over the bins that its peak fills. */
const fullScale = 1.5 * (frameSize / 4) ** 2;

const lowestBin = Math.floor((lowestHz * frameSize) / thinHz) - 1;
const highestBin = Math.ceil((highestHz * frameSize) / thinHz) + 1;

/** Power spectra of two real signals that went through one transform, up to the highest bin needed. */
function unpack(real: Float64Array, imaginary: Float64Array): [Float64Array, Float64Array] {
  const one = new Float64Array(highestBin + 2);
  const other = new Float64Array(highestBin + 2);
  for (let k = lowestBin - 1; k < highestBin + 2; k++) {
    const mirror = frameSize - k;
    const sr = (real[k] as number) + (real[mirror] as number);
    const dr = (real[k] as number) - (real[mirror] as number);
    const si = (imaginary[k] as number) + (imaginary[mirror] as number);
    const di = (imaginary[k] as number) - (imaginary[mirror] as number);
    one[k] = (sr * sr + di * di) / 4;
    other[k] = (si * si + dr * dr) / 4;
  }
  return [one, other];
}

/** Keeps logarithms finite. */
const tiny = 1e-30;

/** Adds the peaks of a spectrum, each by the root of its height, the frame's largest being 1. Returns its power. */
function addPeaks(histogram: Float64Array, spectrum: Float64Array): number {
  let loudest = 0;
  let power = 0;
  for (let k = lowestBin; k <= highestBin; k++) {
    power += spectrum[k] as number;
    if ((spectrum[k] as number) > loudest) loudest = spectrum[k] as number;
  }
  if (loudest < 1e-6) return 0;
  const floor = loudest * 1e-4;
  for (let k = lowestBin; k <= highestBin; k++) {
    const height = spectrum[k] as number;
    const left = spectrum[k - 1] as number;
    const right = spectrum[k + 1] as number;
    if (height < floor || height <= left || height < right) continue;
    const [a, b, c] = [Math.log(left + tiny), Math.log(height), Math.log(right + tiny)];
    const bin = k + (0.5 * (a - c)) / (a - 2 * b + c);
    const octaves = Math.log2((bin * thinHz) / frameSize / 440) + 0.75;
    const place = Math.round((octaves - Math.floor(octaves)) * fine) % fine;
    histogram[place] = (histogram[place] as number) + (height / loudest) ** 0.25;
  }
  return power;
}

/** The histogram as twelve classes around the tuning that most of it agrees with. */
function fold(histogram: Float64Array, power: number): Chroma {
  const perClass = fine / 12;
  let cos = 0;
  let sin = 0;
  for (let place = 0; place < fine; place++) {
    cos += (histogram[place] as number) * Math.cos((2 * Math.PI * place) / perClass);
    sin += (histogram[place] as number) * Math.sin((2 * Math.PI * place) / perClass);
  }
  const offset = (Math.atan2(sin, cos) / (2 * Math.PI)) * perClass;
  const classes = new Float64Array(12);
  for (let place = 0; place < fine; place++) {
    const away = (place - offset) / perClass;
    const nearest = Math.round(away);
    const weight = Math.cos(Math.PI * (away - nearest)) ** 2;
    const index = ((nearest % 12) + 12) % 12;
    classes[index] = (classes[index] as number) + weight * (histogram[place] as number);
  }
  // Bins are of equal width, pitch classes are not: noise has more peaks in the upper classes of an octave.
  const even = classes.map((value, index) => (value / 2 ** (index / 12)) ** evenness);
  const largest = Math.max(...even);
  return {
    classes: even.map((value) => value / largest),
    tuningCents: (offset / perClass) * 100,
    power,
  };
}
