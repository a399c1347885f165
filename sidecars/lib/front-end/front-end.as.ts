// The front end's inner loops in AssemblyScript: mono sound at 11,025 Hz in, spectral peaks out. `build.ts` makes
// `wasm.ts` of it. One instance serves one stream; the arithmetic is the same bit for bit on every machine.
//
// Parameters; to change one voids every stored fingerprint:
const SIZE: i32 = 1024; // window, samples: 93 ms
const HOP: i32 = 128; // samples: 11.6 ms
const BINS: i32 = 512; // 10.77 Hz each
const LOW: i32 = 18; // first bin searched: 194 Hz
const HIGH: i32 = 470; // end of the search: 5,060 Hz
const REACH: i32 = 8; // a peak is the largest within so many frames before and after
const WIDTH: i32 = 10; // and within a tenth of its frequency either side
const FLOOR: f32 = 1e-7; // added to the power of each bin, so that silence has a logarithm
const QUIET: f32 = -12; // log2 of the power below which nothing counts: about −90 dB of full scale

const RING: i32 = 32; // frames kept: a power of two, more than 2 · REACH + 4
const MOST: i32 = 4096; // most peaks a call
const PEAK: i32 = 16; // bytes of a peak: frame, bin, log2 of its power, contrast to its surroundings

const samples: usize = memory.data(4 * (1024 + 256 + 8192), 16);
const hann: usize = memory.data(4 * 1024, 16);
const re: usize = memory.data(4 * 1024, 16);
const im: usize = memory.data(4 * 1024, 16);
const cosines: usize = memory.data(4 * 1024, 16);
const sines: usize = memory.data(4 * 1024, 16);
const reversed: usize = memory.data(2 * 1024, 16);
const ring: usize = memory.data(4 * 32 * 512, 16);
const peaks: usize = memory.data(16 * 4096, 16);
let filled: i32 = 0;
let frame: i32 = 0;

/** Where the next samples go (float32), at most 8,192 of them. */
export function input(): usize {
  return samples + (<usize>filled << 2);
}

/** Where the peaks of the last call are: four float32 each. */
export function output(): usize {
  return peaks;
}

/** Makes the tables. Once, before anything else. */
export function init(): void {
  for (let i = 0; i < SIZE; i++) {
    store<f32>(hann + (<usize>i << 2), <f32>(0.5 - 0.5 * Math.cos((2 * Math.PI * (<f64>i + 0.5)) / SIZE)));
    let turned = 0;
    for (let bit = 0; bit < 10; bit++) if (i & (1 << bit)) turned |= 1 << (9 - bit);
    store<u16>(reversed + (<usize>i << 1), <u16>turned);
  }
  // Twiddle factors of the stages, one after the other: 512, 256, … 4.
  let at: usize = 0;
  for (let half = SIZE / 2; half >= 4; half >>= 1) {
    for (let j = 0; j < half; j++) {
      const angle = (-Math.PI * <f64>j) / <f64>half;
      store<f32>(cosines + at, <f32>Math.cos(angle));
      store<f32>(sines + at, <f32>Math.sin(angle));
      at += 4;
    }
  }
  for (let i: usize = 0; i < 4 * 32 * 512; i += 4) store<f32>(ring + i, -30);
}

/** Complex FFT in place, radix 2, decimation in frequency, four butterflies at a time; its output is bit-reversed. */
function transform(): void {
  let twiddle: usize = 0;
  for (let half: i32 = SIZE / 2; half >= 4; half >>= 1) {
    const bytes = <usize>half << 2;
    for (let start: usize = 0; start < 4 * 1024; start += bytes << 1) {
      for (let j: usize = 0; j < bytes; j += 16) {
        const a = start + j;
        const b = a + bytes;
        const ar = v128.load(re + a);
        const ai = v128.load(im + a);
        const br = v128.load(re + b);
        const bi = v128.load(im + b);
        const wr = v128.load(cosines + twiddle + j);
        const wi = v128.load(sines + twiddle + j);
        const dr = f32x4.sub(ar, br);
        const di = f32x4.sub(ai, bi);
        v128.store(re + a, f32x4.add(ar, br));
        v128.store(im + a, f32x4.add(ai, bi));
        v128.store(re + b, f32x4.sub(f32x4.mul(dr, wr), f32x4.mul(di, wi)));
        v128.store(im + b, f32x4.add(f32x4.mul(dr, wi), f32x4.mul(di, wr)));
      }
    }
    twiddle += bytes;
  }
  // The last two stages as one of radix 4.
  for (let i: usize = 0; i < 4 * 1024; i += 16) {
    const r0 = load<f32>(re + i);
    const r1 = load<f32>(re + i, 4);
    const r2 = load<f32>(re + i, 8);
    const r3 = load<f32>(re + i, 12);
    const i0 = load<f32>(im + i);
    const i1 = load<f32>(im + i, 4);
    const i2 = load<f32>(im + i, 8);
    const i3 = load<f32>(im + i, 12);
    const sr = r0 + r2;
    const si = i0 + i2;
    const tr = r1 + r3;
    const ti = i1 + i3;
    const dr = r0 - r2;
    const di = i0 - i2;
    const er = i1 - i3;
    const ei = r3 - r1;
    store<f32>(re + i, sr + tr);
    store<f32>(im + i, si + ti);
    store<f32>(re + i, sr - tr, 4);
    store<f32>(im + i, si - ti, 4);
    store<f32>(re + i, dr + er, 8);
    store<f32>(im + i, di + ei, 8);
    store<f32>(re + i, dr - er, 12);
    store<f32>(im + i, di - ei, 12);
  }
}

/** log2 of four positive numbers, to about 2e-4: exponent, and a polynomial of the mantissa. */
function log2(x: v128): v128 {
  const exponent = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(127)));
  const m = v128.or(v128.and(x, i32x4.splat(0x007fffff)), i32x4.splat(0x3f800000));
  let p = f32x4.splat(-0.08161449);
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(0.64514372));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-2.12069939));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(4.07013500));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-2.51287742));
  return f32x4.add(exponent, p);
}

function row(t: i32): usize {
  return ring + (<usize>((t & (RING - 1)) * BINS) << 2);
}

/** Takes the transform of two frames (one as real, one as imaginary part) apart, and stores their log spectra. */
function spectra(): void {
  const first = row(frame);
  const second = row(frame + 1);
  for (let k = 0; k < BINS; k++) {
    const p = <usize>load<u16>(reversed + (<usize>k << 1)) << 2;
    const q = <usize>load<u16>(reversed + (<usize>((SIZE - k) & (SIZE - 1)) << 1)) << 2;
    const pr = load<f32>(re + p);
    const pi = load<f32>(im + p);
    const qr = load<f32>(re + q);
    const qi = load<f32>(im + q);
    const ar = pr + qr;
    const ai = pi - qi;
    const br = pi + qi;
    const bi = qr - pr;
    store<f32>(first + (<usize>k << 2), ar * ar + ai * ai + FLOOR);
    store<f32>(second + (<usize>k << 2), br * br + bi * bi + FLOOR);
  }
  for (let k: usize = 0; k < 4 * 512; k += 16) {
    v128.store(first + k, log2(v128.load(first + k)));
    v128.store(second + k, log2(v128.load(second + k)));
  }
}

/** Offset of a parabola's top from its middle, in steps: −0.5 … 0.5. */
function top(left: f32, middle: f32, right: f32): f32 {
  const bend = left - <f32>2 * middle + right;
  return bend < 0 ? (<f32>0.5 * (left - right)) / bend : 0;
}

/** Finds the peaks of frame t, of which REACH frames either side are in the ring. */
function pick(t: i32, found: i32): i32 {
  const middle = row(t);
  const before = row(t - 1);
  const after = row(t + 1);
  for (let k = LOW; k < HIGH; k++) {
    const at = middle + (<usize>k << 2);
    const level = load<f32>(at);
    if (level < QUIET || level <= load<f32>(at - 4) || level < load<f32>(at, 4)) continue;
    const side = <usize>k << 2;
    if (level <= load<f32>(before + side) || level < load<f32>(after + side)) continue;
    const wide = max(2, k / WIDTH);
    const from = <usize>(k - wide) << 2;
    const to = <usize>min(BINS - 1, k + wide) << 2;
    let sum: f32 = 0;
    let largest = true;
    // The frames around one after the other, the nearest ones first: most candidates end here soon.
    for (let d = 0; d <= REACH && largest; d++) {
      const earlier = row(t - d);
      const later = row(t + d);
      for (let i = from; i <= to; i += 4) {
        const a = load<f32>(earlier + i);
        const b = load<f32>(later + i);
        if (a > level || b > level) {
          largest = false;
          break;
        }
        sum += d == 0 ? a : a + b;
      }
    }
    if (!largest || found >= MOST) continue;
    const cells = <f32>(<i32>((to - from) / 4 + 1) * (2 * REACH + 1));
    const peak = peaks + <usize>(found * PEAK);
    store<f32>(peak, <f32>t + top(load<f32>(before + side), level, load<f32>(after + side)));
    store<f32>(peak, <f32>k + top(load<f32>(at - 4), level, load<f32>(at, 4)), 4);
    store<f32>(peak, level, 8);
    store<f32>(peak, level - sum / cells, 12);
    found++;
  }
  return found;
}

/** Takes `count` samples that were written at input(), and returns how many peaks are at output(). */
export function push(count: i32): i32 {
  filled += count;
  let at: i32 = 0;
  let found: i32 = 0;
  while (filled - at >= SIZE + HOP) {
    const a = samples + (<usize>at << 2);
    const b = a + (HOP << 2);
    for (let i: usize = 0; i < 4 * 1024; i += 16) {
      const w = v128.load(hann + i);
      v128.store(re + i, f32x4.mul(w, v128.load(a + i)));
      v128.store(im + i, f32x4.mul(w, v128.load(b + i)));
    }
    transform();
    spectra();
    frame += 2;
    if (frame >= 2 * REACH + 2) {
      found = pick(frame - REACH - 2, found);
      found = pick(frame - REACH - 1, found);
    }
    at += 2 * HOP;
  }
  if (at > 0) memory.copy(samples, samples + (<usize>at << 2), <usize>(filled - at) << 2);
  filled -= at;
  return found;
}
