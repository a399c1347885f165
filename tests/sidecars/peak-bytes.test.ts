import { expect, test } from "bun:test";
import { type Peaks, roundPeaks, slicePeaks, steps } from "../../sidecars/lib/peaks.ts";
import { readPeaks, writePeaks } from "../../sidecars/lib/store/peak-bytes.ts";
import { makeRandom, randomPeaks, rowsOf } from "./support.ts";

/** Peaks with gaps of all sizes between them, from none to most of a day. */
function gappy(seed: number, count: number): Peaks {
  const random = makeRandom(seed);
  let frame = 0;
  return roundPeaks(
    Array.from({ length: count }, () => {
      const widest = [0, 1, 15, 16, 80, 100, 5000, 9000, 200_000][Math.floor(random() * 9)] as number;
      frame = Math.min(7_400_000, frame + random() * widest);
      return [frame, random() * 5700 - 20, random() * 45] as const;
    }),
  );
}
/** Peaks at these frames alone. */
const at = (...frames: number[]): Peaks => roundPeaks(frames.map((frame) => [frame, 1000, 10] as const));

test.each([0, 1, 7, 60, 600])("come back as they were: %i s", (durationSec) => {
  const peaks = randomPeaks(makeRandom(durationSec + 1), durationSec);
  expect(rowsOf(readPeaks(writePeaks(peaks)))).toEqual(rowsOf(peaks));
});

test("come back as they were with any gaps, a second time as the very same bytes", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const peaks = gappy(seed, 1 + (seed % 90));
    const bytes = writePeaks(peaks);
    const back = readPeaks(bytes);
    expect(rowsOf(back)).toEqual(rowsOf(peaks));
    expect(Buffer.from(writePeaks(back)).equals(Buffer.from(bytes))).toBe(true);
  }
});

test.each([
  ["a gap as long as fits, and half a frame more", [0, 15, 30.5, 46.5]],
  ["gaps where another byte is needed", [0, 79.5, 159.5, 239, 319]],
  ["the last of a chunk and the first of the next", [4095.5, 4096, 8191.5, 8192]],
  ["the last of a chunk alone", [4095.5]],
  ["a day with nothing but its end", [7_441_875]],
  ["several at one time", [5, 5, 5, 4096, 4096]],
])("%s", (_name, frames) => {
  expect([...readPeaks(writePeaks(at(...frames))).frame]).toEqual(frames);
});

test("the largest and the smallest values", () => {
  const peaks = roundPeaks([
    [0, -5, -5],
    [1, 1e9, 1e9],
  ]);
  expect([...peaks.cents]).toEqual([0, Math.fround(2047 * steps.cents)]);
  expect([...peaks.strength]).toEqual([0, Math.fround(255 * steps.strength)]);
  expect(rowsOf(readPeaks(writePeaks(peaks)))).toEqual(rowsOf(peaks));
});

test("can be read in part", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const peaks = seed % 2 ? gappy(seed, 400) : randomPeaks(makeRandom(seed), 400);
    const bytes = writePeaks(peaks);
    const random = makeRandom(seed);
    const length = peaks.frame.at(-1) as number;
    for (let turn = 0; turn < 10; turn++) {
      const from = Math.floor(random() * length * 1.1) - 10;
      const to = from + random() * length * 0.3;
      expect(rowsOf(slicePeaks(readPeaks(bytes, from, to), from, to))).toEqual(rowsOf(slicePeaks(peaks, from, to)));
    }
    expect(rowsOf(readPeaks(bytes, length + 1e6)).length).toBe(0);
  }
});

test("take 3 bytes each, and little more", () => {
  expect(writePeaks(randomPeaks(makeRandom(3), 3600)).length).toBeLessThan(20 * 3600 * 3.1);
});
