import { expect, test } from "bun:test";
import { loadEssentia } from "../../daemon/audio/essentia.ts";
import {
  makeMelPatches,
  melBandCount,
  melFrameSamples,
  melHopSamples,
  melPatchFrames,
  melPatchSamples,
  melRateHz,
} from "../../daemon/audio/mel.ts";
import { makeNoise } from "./models/support.ts";

const melPatches = makeMelPatches();
const oneMore = melPatchSamples + melHopSamples;

interface Vector {
  size(): number;
  get(index: number): number;
  delete(): void;
}
type Reference = {
  arrayToVector(values: Float32Array): Vector;
  TensorflowInputMusiCNN(frame: Vector): { bands: Vector };
};

/** One frame by essentia's own TensorflowInputMusiCNN. */
function bandsOf(essentia: Reference, frame: Float32Array): number[] {
  const input = essentia.arrayToVector(frame);
  const { bands } = essentia.TensorflowInputMusiCNN(input);
  const out = Array.from({ length: bands.size() }, (_, n) => bands.get(n));
  input.delete();
  bands.delete();
  return out;
}

/** Largest difference to essentia over every `step`-th frame of one patch of `sound`. */
async function difference(sound: (n: number) => number, step: number): Promise<number> {
  const essentia = (await loadEssentia()) as unknown as Reference;
  const samples = Float32Array.from({ length: oneMore }, (_, n) => sound(n));
  const patch = melPatches(samples);
  let most = 0;
  for (let frame = 0; frame < melPatchFrames; frame += step) {
    const from = frame * melHopSamples;
    const bands = bandsOf(essentia, samples.slice(from, from + melFrameSamples));
    expect(bands).toHaveLength(melBandCount);
    for (const [band, value] of bands.entries())
      most = Math.max(most, Math.abs(value - (patch[frame * melBandCount + band] ?? Number.NaN)));
  }
  return most;
}

const noise = makeNoise(3);
const chord = (n: number) =>
  [110, 277.2, 659.3, 2093, 5274].reduce((sum, hz) => sum + Math.sin((2 * Math.PI * hz * n) / melRateHz), 0) / 5;

test.each([
  ["full-scale noise", () => noise()],
  ["a chord with a soft end", (n: number) => chord(n) * Math.exp(-n / 9000)],
  ["a sweep over all bands", (n: number) => Math.sin((Math.PI * 8000 * n * n) / (melRateHz * oneMore))],
  ["clicks", (n: number) => (n % 3001 === 0 ? 1 : 0)],
  ["very soft noise", () => 1e-4 * noise()],
  ["far beyond full scale", () => 20 * noise()],
])("mel bands are those of essentia: %s", async (_name, sound) => {
  expect(await difference(sound, 7)).toBeLessThan(1e-4);
});

test("silence is zero, and noise of −100 dB, which essentia adds to silence, is no more than 0.00002", () => {
  expect(melPatches(new Float32Array(oneMore)).every((value) => value === 0)).toBe(true);
  const soft = melPatches(Float32Array.from({ length: oneMore }, () => 1e-5 * noise()));
  expect(Math.max(...soft)).toBeLessThan(2e-5);
});

test.each([
  [0, 0],
  [melHopSamples - 1, 0],
  [oneMore - 1, 0],
  [oneMore, 1],
  [2 * melPatchSamples + melHopSamples - 1, 1],
  [3 * melPatchSamples + melHopSamples, 3],
])("%d samples give %d patches", (samples, patches) => {
  expect(melPatches(new Float32Array(samples))).toHaveLength(patches * melPatchFrames * melBandCount);
});

test("a patch is the same wherever it is in its block", () => {
  const samples = Float32Array.from({ length: 3 * melPatchSamples + melHopSamples }, () => noise());
  const size = melPatchFrames * melBandCount;
  const second = melPatches(samples.slice(melPatchSamples, 2 * melPatchSamples + melHopSamples));
  expect(melPatches(samples).slice(size, 2 * size)).toEqual(second);
});
