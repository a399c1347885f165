import FFT from "fft.js";

export const melRateHz = 16_000;
/** Samples of a frame, and from one frame to the next. */
export const melFrameSamples = 512;
export const melHopSamples = 256;
export const melBandCount = 96;
/** Frames of a patch, one input of a MusiCNN model: 2.992 s. */
export const melPatchFrames = 187;
export const melPatchSamples = melPatchFrames * melHopSamples;

/** Slaney's mel scale: linear below 1 kHz, then logarithmic, 27 steps for a factor of 6.4. */
const linearHzPerMel = 200 / 3;
const logStep = Math.log(6.4) / 27;
const toMel = (hz: number) => (hz < 1000 ? hz / linearHzPerMel : 15 + Math.log(hz / 1000) / logStep);
const toHz = (mel: number) => (mel < 15 ? mel * linearHzPerMel : 1000 * Math.exp((mel - 15) * logStep));

/** A triangular filter: its weights for the bins from `first` on. */
interface Band {
  first: number;
  weights: Float64Array;
}

/**
 * Triangles of unit area, equally far apart on the mel scale, from 0 to 8,000 Hz. Their corners are summed up in float32
 * as essentia does: exact ones are up to 0.007 Hz away, which shows where a tone is at the foot of a triangle.
 */
function makeBands(): Band[] {
  const step = Math.fround(Math.fround(toMel(melRateHz / 2)) / (melBandCount + 1));
  const corners: number[] = [];
  for (let n = 0, mel = 0; n < melBandCount + 2; n++, mel = Math.fround(mel + step))
    corners.push(Math.fround(toHz(mel)));
  const hzPerBin = melRateHz / melFrameSamples;
  return Array.from({ length: melBandCount }, (_, n) => {
    const [low, peak, high] = corners.slice(n, n + 3) as [number, number, number];
    const first = Math.ceil(low / hzPerBin);
    const last = Math.min(Math.floor(high / hzPerBin), melFrameSamples / 2);
    const weights = Float64Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => {
      const hz = (first + at) * hzPerBin;
      return (2 / (high - low)) * (hz < peak ? (hz - low) / (peak - low) : (high - hz) / (high - peak));
    });
    return { first, weights };
  });
}

/**
 * Makes a function that turns sound into patches of a log-compressed mel spectrum, as essentia's
 * TensorflowInputMusiCNN computes it: symmetric Hann window, power spectrum, 96 mel bands of unit area,
 * log10(10,000 x + 1).
 *
 * The function takes 16 kHz mono samples, −1…1 and free of NaN, that begin 256 samples before the centre of the first
 * frame: frame i covers the samples from 256 i to 256 i + 511. At the start of a file these 256 samples are zeros, as
 * essentia's FrameCutter has them (startFromZero false). 187 × 256 × n + 256 samples give n patches,
 * Float32Array[n × 187 × 96] in row-major order; what is left over gives none. Silence stays silence: FrameCutter adds
 * noise of −100 dB to silent frames, which changes no value by more than 0.00002.
 */
export function makeMelPatches(): (samples: Float32Array) => Float32Array<ArrayBuffer> {
  const fft = new FFT(melFrameSamples);
  const window = Float64Array.from(
    { length: melFrameSamples },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (melFrameSamples - 1)),
  );
  const bands = makeBands();
  const frame = new Float64Array(melFrameSamples);
  const spectrum = new Float64Array(2 * melFrameSamples);
  const power = new Float64Array(melFrameSamples / 2 + 1);

  const writeFrame = (samples: Float32Array, from: number, out: Float32Array, at: number): void => {
    for (let n = 0; n < melFrameSamples; n++) frame[n] = (samples[from + n] as number) * (window[n] as number);
    fft.realTransform(spectrum, frame);
    for (let bin = 0; bin < power.length; bin++) {
      const real = spectrum[2 * bin] as number;
      const imaginary = spectrum[2 * bin + 1] as number;
      power[bin] = real * real + imaginary * imaginary;
    }
    for (let band = 0; band < melBandCount; band++) {
      const { first, weights } = bands[band] as Band;
      let sum = 0;
      for (let n = 0; n < weights.length; n++) sum += (weights[n] as number) * (power[first + n] as number);
      out[at + band] = Math.log10(10_000 * sum + 1);
    }
  };

  return (samples) => {
    const patches = Math.max(0, Math.floor((samples.length - melHopSamples) / melPatchSamples));
    const out = new Float32Array(patches * melPatchFrames * melBandCount);
    for (let n = 0; n < patches * melPatchFrames; n++) writeFrame(samples, n * melHopSamples, out, n * melBandCount);
    return out;
  };
}
