/** Taps of the filter on either side, at the lower of the two rates. */
const halfTaps = 16;
/** Places between two samples for which the filter is worked out. */
const phases = 256;
/** Cut-off, as part of the lower Nyquist frequency. */
const cutOff = 0.92;

export interface Resampler {
  take(block: Float32Array): Float32Array;
  /** What still comes out at the end. */
  finish(): Float32Array;
}

/** A windowed sinc (Blackman) at `phases` places: more than 60 dB down beyond the new Nyquist frequency. */
function makeFilter(scale: number, reach: number): Float32Array[] {
  return Array.from({ length: phases + 1 }, (_, phase) => {
    const taps = new Float32Array(2 * reach);
    let sum = 0;
    for (let at = 0; at < taps.length; at++) {
      const x = at - reach + 1 - phase / phases;
      const angle = Math.PI * x * scale * cutOff;
      const window = 0.42 + 0.5 * Math.cos((Math.PI * x) / reach) + 0.08 * Math.cos((2 * Math.PI * x) / reach);
      taps[at] = Math.abs(x) >= reach ? 0 : (x === 0 ? 1 : Math.sin(angle) / angle) * window;
      sum += taps[at] as number;
    }
    return taps.map((tap) => tap / sum);
  });
}

/** Changes the rate of a stream of mono sound. The daemon sends the right rate; this is for everybody else. */
export function makeResampler(from: number, to: number): Resampler {
  const scale = Math.min(1, to / from);
  const reach = Math.ceil(halfTaps / scale);
  const filter = makeFilter(scale, reach);
  const step = from / to;
  let held = new Float32Array(reach);
  /** Place of the next output in `held`. */
  let place = reach;

  const take = (block: Float32Array): Float32Array => {
    const input = new Float32Array(held.length + block.length);
    input.set(held);
    input.set(block, held.length);
    const output: number[] = [];
    for (; place + reach < input.length; place += step) {
      const whole = Math.floor(place);
      const taps = filter[Math.round((place - whole) * phases)] as Float32Array;
      let sum = 0;
      for (let at = 0; at < taps.length; at++) sum += (input[whole - reach + 1 + at] as number) * (taps[at] as number);
      output.push(sum);
    }
    const drop = Math.max(0, Math.floor(place) - reach);
    held = input.slice(drop);
    place -= drop;
    return Float32Array.from(output);
  };
  return { take, finish: () => take(new Float32Array(reach + 1)) };
}
