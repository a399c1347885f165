import FFT from "fft.js";
import { peaksOf, secondsOf } from "../sidecars/lib/front-end/front-end.ts";
import { hopSamples, sampleRate } from "../sidecars/lib/parameters.ts";
import { type BenchOptions, seconds } from "./support.ts";

const size = 1024;
const lengthSec = 600;

/** Only the first half of the work, in JavaScript: window, transform (fft.js) and logarithm of each frame. */
function spectraOnly(samples: Float32Array): number {
  const fft = new FFT(size);
  const hann = Float64Array.from({ length: size }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (at + 0.5)) / size));
  const input = new Float64Array(size);
  const output = fft.createComplexArray();
  let sum = 0;
  for (let start = 0; start + size <= samples.length; start += hopSamples) {
    for (let at = 0; at < size; at++) input[at] = (samples[start + at] as number) * (hann[at] as number);
    fft.realTransform(output, input);
    for (let bin = 0; bin < size / 2; bin++) {
      const re = output[2 * bin] as number;
      const im = output[2 * bin + 1] as number;
      sum += Math.log2(re * re + im * im + 1e-7);
    }
  }
  return sum;
}

/** What WebAssembly with SIMD brings: the whole front end against JavaScript that stops before any peak is looked for. */
export async function benchFingerprintFrontEnd({ print }: BenchOptions): Promise<unknown> {
  let state = 1;
  const samples = Float32Array.from({ length: lengthSec * sampleRate }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 32;
  });
  const best = { wasm: Number.POSITIVE_INFINITY, javaScript: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 5; round++) {
    best.wasm = Math.min(best.wasm, await seconds(() => peaksOf(samples)));
    best.javaScript = Math.min(best.javaScript, await seconds(() => spectraOnly(samples)));
  }
  const speed = (sec: number) => secondsOf(samples.length) / sec;
  print(`WebAssembly, peaks and all: ${speed(best.wasm).toFixed(0)} × realtime`);
  print(`JavaScript, spectra only:   ${speed(best.javaScript).toFixed(0)} × realtime`);
  return { wasm: speed(best.wasm), javaScript: speed(best.javaScript) };
}
