/** Phases of the interpolation: four times oversampling, as ITU-R BS.1770-4 Annex 2 asks for up to 48 kHz. */
const phases = 4;
const tapsPerPhase = 12;
const half = tapsPerPhase / 2;

/** Windowed-sinc interpolation at ¼, ½ and ¾ of a sample: `phases − 1` rows of `tapsPerPhase` taps. */
function makeTaps(): Float64Array[] {
  return Array.from({ length: phases - 1 }, (_, row) => {
    const shift = (row + 1) / phases;
    const taps = Float64Array.from({ length: tapsPerPhase }, (__, tap) => {
      const x = tap - (half - 1) - shift;
      return (Math.sin(Math.PI * x) / (Math.PI * x)) * Math.cos((Math.PI * x) / tapsPerPhase) ** 2;
    });
    const sum = taps.reduce((total, tap) => total + tap, 0);
    return taps.map((tap) => tap / sum);
  });
}

export interface TruePeakMeter {
  /** Takes finite interleaved stereo. */
  take(stereo: Float32Array): void;
  /** Largest absolute value between and at the samples, linear. */
  result(): number;
}

/**
 * Starts a true-peak meter. A point between samples can exceed its neighbours by the taps' absolute sum at most, so only
 * places that could still beat the peak so far are interpolated: the rest costs one comparison.
 */
export function makeTruePeakMeter(): TruePeakMeter {
  const taps = makeTaps();
  const most = Math.max(...taps.map((row) => row.reduce((total, tap) => total + Math.abs(tap), 0)));
  const overlap = 2 * (tapsPerPhase - 1);
  let buffer = new Float32Array(overlap);
  let peak = 0;

  /** Interpolates between samples `at` and `at + 1` of one channel. */
  function lookBetween(samples: Float32Array, at: number): void {
    for (const row of taps) {
      let value = 0;
      for (let tap = 0; tap < tapsPerPhase; tap++)
        value += (row[tap] as number) * (samples[at + 2 * (tap - half + 1)] as number);
      if (Math.abs(value) > peak) peak = Math.abs(value);
    }
  }

  /** The end of the former block and this one, in a buffer that grows to the largest block. */
  function joined(stereo: Float32Array): Float32Array {
    const length = overlap + stereo.length;
    if (buffer.length < length) {
      const larger = new Float32Array(length);
      larger.set(buffer.subarray(0, overlap));
      buffer = larger;
    }
    buffer.set(stereo, overlap);
    return buffer.subarray(0, length);
  }

  return {
    take(stereo) {
      const samples = joined(stereo);
      let within = 0;
      for (let index = 0; index < samples.length; index++) {
        const size = Math.abs(samples[index] as number);
        if (size > within) within = size;
      }
      if (within > peak / most) {
        const last = samples.length - 2 * half;
        for (let at = 2 * (half - 1); at < last; at++) {
          const size = Math.abs(samples[at] as number);
          if (size > peak) peak = size;
          // An overshoot needs large samples on both sides of it; this one speaks for the point right after it.
          const next = Math.abs(samples[at + 2] as number);
          if (Math.max(size, next) * most > peak) lookBetween(samples, at);
        }
      }
      buffer.copyWithin(0, samples.length - overlap, samples.length);
    },
    result: () => peak,
  };
}
