/*
 * Sliding a kernel w over x is a product of their spectra. With the discrete Fourier transform of even length N at odd
 * frequencies, φ_k = π(2k + 1)/N, there are N/2 complex bins, none of them real:
 *
 *   y[i] = Σ_b w[b] x[i + b] = (2/N) Re Σ_k conj(W[k]) X[k] exp(iφ_k i),   X[k] = Σ_n x[n] exp(−iφ_k n)
 *
 * for every i whose sum does not run over the end of x. Seen from the middle m of these outputs, i = m ± g:
 *
 *   y[m ± g] = even[g] ± odd[g],   even[g] = Σ_k Re Z[k] cos(φ_k g),   odd[g] = −Σ_k Im Z[k] sin(φ_k g),
 *
 * with Z[k] = (2/N) conj(W[k]) exp(iφ_k m) X[k]: even and odd cost half of what the outputs themselves would.
 */

const phase = (bin: number, length: number) => (Math.PI * (2 * bin + 1)) / length;

/** Kernels that run over `span` values each; the sum over `parts` of them, each on its own input, is an output. */
export interface Kernels {
  /** Float32Array[parts × span × filters] */
  readonly kernel: Float32Array;
  readonly parts: number;
  readonly span: number;
  readonly filters: number;
}

/** A matrix [length × length] that gives the spectrum of a column: real and imaginary part of each bin in turn. */
export function forwardTransform(length: number): Float32Array {
  const matrix = new Float32Array(length * length);
  for (let bin = 0; bin < length / 2; bin++)
    for (let n = 0; n < length; n++) {
      matrix[2 * bin * length + n] = Math.cos(phase(bin, length) * n);
      matrix[(2 * bin + 1) * length + n] = -Math.sin(phase(bin, length) * n);
    }
  return matrix;
}

/** Z from X for the filters `from`…`to`: two matrices [bins × filters × 2 parts] that give its real and imaginary part. */
export function spectralKernels(
  { kernel, parts, span, filters }: Kernels,
  length: number,
  outputs: number,
  [from, to]: readonly [number, number],
): { real: Float32Array; imaginary: Float32Array } {
  const bins = length / 2;
  const count = to - from;
  const real = new Float32Array(bins * count * parts * 2);
  const imaginary = new Float32Array(real.length);
  for (let bin = 0; bin < bins; bin++)
    for (let n = 0; n < span; n++) {
      const angle = phase(bin, length) * (n + (outputs - 1) / 2);
      const cos = Math.cos(angle) / bins;
      const sin = Math.sin(angle) / bins;
      for (let part = 0; part < parts; part++)
        for (let filter = 0; filter < count; filter++) {
          const weight = kernel[(part * span + n) * filters + from + filter] ?? 0;
          const at = ((bin * count + filter) * parts + part) * 2;
          real[at] = (real[at] ?? 0) + weight * cos;
          real[at + 1] = (real[at + 1] ?? 0) - weight * sin;
          imaginary[at] = (imaginary[at] ?? 0) + weight * sin;
          imaginary[at + 1] = (imaginary[at + 1] ?? 0) + weight * cos;
        }
    }
  return { real, imaginary };
}

/** Even and odd of `outputs` outputs from real and imaginary parts of each Z: matrices [distances × bins], nearest first. */
export function halfInverse(
  length: number,
  outputs: number,
): { even: Float32Array; odd: Float32Array; distances: number } {
  const bins = length / 2;
  const distances = Math.ceil(outputs / 2);
  const even = new Float32Array(distances * bins);
  const odd = new Float32Array(distances * bins);
  for (let n = 0; n < distances; n++)
    for (let bin = 0; bin < bins; bin++) {
      const angle = phase(bin, length) * (n + (outputs % 2 === 1 ? 0 : 0.5));
      even[n * bins + bin] = Math.cos(angle);
      odd[n * bins + bin] = -Math.sin(angle);
    }
  return { even, odd, distances };
}

/** A matrix [outputs × length] that gives the outputs from real and imaginary part of each Z in turn. */
export function inverseTransform(length: number, outputs: number): Float32Array {
  const matrix = new Float32Array(outputs * length);
  for (let n = 0; n < outputs; n++)
    for (let bin = 0; bin < length / 2; bin++) {
      const angle = phase(bin, length) * (n - (outputs - 1) / 2);
      matrix[n * length + 2 * bin] = Math.cos(angle);
      matrix[n * length + 2 * bin + 1] = -Math.sin(angle);
    }
  return matrix;
}

/** 0…count in ranges of about equal size, none larger than `most`. */
export function equalRanges(count: number, most: number): [from: number, to: number][] {
  const ranges = Math.ceil(count / most);
  return Array.from({ length: ranges }, (_, n) => [
    Math.floor((count * n) / ranges),
    Math.floor((count * (n + 1)) / ranges),
  ]);
}
