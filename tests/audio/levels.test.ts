import { describe, expect, test } from "bun:test";
import { makeLevelMeter } from "../../daemon/audio/levels.ts";
import { makeTruePeakMeter } from "../../daemon/audio/true-peak.ts";

const rateHz = 44_100;

/** Interleaved stereo of two functions of time, s. */
function stereo(seconds: number, left: (sec: number) => number, right = left): Float32Array {
  const block = new Float32Array(Math.round(seconds * rateHz) * 2);
  for (let index = 0; index < block.length / 2; index++) {
    block[2 * index] = left(index / rateHz);
    block[2 * index + 1] = right(index / rateHz);
  }
  return block;
}
const sine =
  (hz: number, size: number, phase = 0) =>
  (sec: number) =>
    size * Math.sin(2 * Math.PI * hz * sec + phase);

/** Measures a sound that comes in odd blocks. */
function measure(sound: Float32Array, blockFrames = 1001) {
  const meter = makeLevelMeter(rateHz);
  const mono: number[] = [];
  for (let at = 0; at < sound.length; at += blockFrames * 2)
    mono.push(...meter.take(sound.slice(at, at + blockFrames * 2)));
  return { mono, ...meter.result() };
}

function truePeakOf(sound: Float32Array, blockFrames = 977): number {
  const meter = makeTruePeakMeter();
  for (let at = 0; at < sound.length; at += blockFrames * 2) meter.take(sound.slice(at, at + blockFrames * 2));
  return meter.result();
}

describe("levels", () => {
  test("the mono mix is the mean of both channels", () => {
    const { mono, samplePeak } = measure(stereo(0.1, sine(440, 0.8), () => 0));
    expect(Math.max(...mono)).toBeCloseTo(0.4, 3);
    expect(samplePeak).toBeCloseTo(0.8, 3);
  });

  test("an offset of one channel is seen, a tone is none", () => {
    const { dcOffset } = measure(stereo(1, sine(441, 0.5), (sec) => 0.02 + sine(441, 0.5)(sec)));
    expect(dcOffset[0]).toBeCloseTo(0, 4);
    expect(dcOffset[1]).toBeCloseTo(0.02, 4);
  });

  test("flat tops at full scale are clipping, a loud tone is not", () => {
    const clipped = stereo(1, (sec) => Math.max(-1, Math.min(1, sine(100, 1.5)(sec))));
    expect(measure(clipped).clippedRuns).toBe(200);
    expect(measure(clipped, 7).clippedRuns).toBe(200);
    expect(measure(stereo(1, sine(5000, 1))).clippedRuns).toBe(0);
  });

  test("silence at the start, at the end and in between", () => {
    const sound = stereo(10, (sec) => (sec < 1 || sec > 8 || (sec > 3 && sec < 5.5) ? 0 : 0.5));
    const { silence } = measure(sound);
    expect(silence.startSec).toBeCloseTo(1, 3);
    expect(silence.endSec).toBeCloseTo(2, 3);
    expect(silence.longestInsideSec).toBeCloseTo(2.5, 3);
    expect(measure(stereo(2, () => 0)).silence).toEqual({ startSec: 2, endSec: 2, longestInsideSec: 0 });
  });

  test("what is not a number becomes silence and is counted", () => {
    const sound = stereo(0.01, sine(440, 0.5));
    sound[10] = Number.NaN;
    sound[11] = Number.POSITIVE_INFINITY;
    sound[40] = Number.NEGATIVE_INFINITY;
    const { notFinite, mono, samplePeak } = measure(sound);
    expect(notFinite).toBe(2);
    expect(mono.every(Number.isFinite)).toBe(true);
    expect(samplePeak).toBeLessThanOrEqual(0.5);
  });
});

describe("true peak", () => {
  // A tone at a quarter of the rate, sampled 45° beside its crests: its samples stop at 0.707 of them.
  test.each([0.2, 0.5, 1])("finds the crest between the samples of a tone of size %p", (size) => {
    const sound = stereo(0.2, sine(rateHz / 4, size, Math.PI / 4));
    expect(measure(sound).samplePeak).toBeCloseTo(size * Math.SQRT1_2, 3);
    expect(20 * Math.log10(truePeakOf(sound) / size)).toBeWithin(-0.4, 0.4);
  });

  test("is that of the louder channel, wherever blocks are cut", () => {
    const sound = stereo(0.2, sine(997, 0.1), sine(rateHz / 4, 0.9, Math.PI / 4));
    expect(truePeakOf(sound, 1)).toBeCloseTo(truePeakOf(sound, 5000), 6);
  });

  test("of silence is 0", () => expect(truePeakOf(stereo(0.1, () => 0))).toBe(0));
});
