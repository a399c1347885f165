/** A complex Fourier transform of a fixed size, in place. */
export interface Fft {
  readonly size: number;
  /** `real` and `imaginary`: `size` numbers each. */
  transform(real: Float64Array, imaginary: Float64Array): void;
}

/** `size`: a power of two, at least 4. Stockham's order, which needs no sorting, radix 4 (Van Loan 1992, §1.7). */
export function makeFft(size: number): Fft {
  const cos = Float64Array.from({ length: size }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sin = Float64Array.from({ length: size }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
  const spareReal = new Float64Array(size);
  const spareImaginary = new Float64Array(size);
  return {
    size,
    transform(real, imaginary) {
      let [xr, xi, yr, yi]: [Float64Array, Float64Array, Float64Array, Float64Array] = [
        real,
        imaginary,
        spareReal,
        spareImaginary,
      ];
      let [length, stride] = [size, 1];
      for (; length >= 4; length /= 4, stride *= 4) {
        quarter(xr, xi, yr, yi, length, stride, cos, sin);
        [xr, xi, yr, yi] = [yr, yi, xr, xi];
      }
      if (length === 2) {
        pairs(xr, yr, stride);
        pairs(xi, yi, stride);
        [xr, xi] = [yr, yi];
      }
      if (xr === real) return;
      real.set(xr);
      imaginary.set(xi);
    },
  };
}

/** The last step of sizes that are no power of four. */
function pairs(x: Float64Array, y: Float64Array, stride: number): void {
  for (let q = 0; q < stride; q++) {
    const a = x[q] as number;
    const b = x[q + stride] as number;
    y[q] = a + b;
    y[q + stride] = a - b;
  }
}

/** One step from x to y: transforms of 4 over sequences of `length`, `stride` of them side by side. */
function quarter(
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  length: number,
  stride: number,
  cos: Float64Array,
  sin: Float64Array,
): void {
  const m = (length / 4) * stride;
  for (let p = 0; p < length / 4; p++) {
    const w1r = cos[p * stride] as number;
    const w1i = sin[p * stride] as number;
    const w2r = cos[2 * p * stride] as number;
    const w2i = sin[2 * p * stride] as number;
    const w3r = cos[3 * p * stride] as number;
    const w3i = sin[3 * p * stride] as number;
    for (let from = p * stride, to = 4 * p * stride, end = from + stride; from < end; from++, to++) {
      const ar = xr[from] as number;
      const ai = xi[from] as number;
      const br = xr[from + m] as number;
      const bi = xi[from + m] as number;
      const cr = xr[from + 2 * m] as number;
      const ci = xi[from + 2 * m] as number;
      const dr = xr[from + 3 * m] as number;
      const di = xi[from + 3 * m] as number;
      const sumR = ar + cr - br - dr;
      const sumI = ai + ci - bi - di;
      const oneR = ar - cr + bi - di;
      const oneI = ai - ci - br + dr;
      const threeR = ar - cr - bi + di;
      const threeI = ai - ci + br - dr;
      yr[to] = ar + cr + br + dr;
      yi[to] = ai + ci + bi + di;
      yr[to + stride] = oneR * w1r - oneI * w1i;
      yi[to + stride] = oneR * w1i + oneI * w1r;
      yr[to + 2 * stride] = sumR * w2r - sumI * w2i;
      yi[to + 2 * stride] = sumR * w2i + sumI * w2r;
      yr[to + 3 * stride] = threeR * w3r - threeI * w3i;
      yi[to + 3 * stride] = threeR * w3i + threeI * w3r;
    }
  }
}

export const hann = (size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
