import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildFrontEnd } from "../../sidecars/lib/front-end/build.ts";
import { makeFrontEnd, peaksOf } from "../../sidecars/lib/front-end/front-end.ts";
import { frameRate, lowestBin } from "../../sidecars/lib/parameters.ts";
import { type Peaks, slicePeaks } from "../../sidecars/lib/peaks.ts";
import { readPeaks, writePeaks } from "../../sidecars/lib/store/peak-bytes.ts";
import { makeRandom, randomPeaks, tune } from "./support.ts";

const folder = join(import.meta.dir, "..", "..", "sidecars", "lib", "front-end");
const rowsOf = (peaks: Peaks) =>
  Array.from(peaks.frame, (frame, at) => `${frame} ${peaks.cents[at]?.toFixed(2)} ${peaks.strength[at]?.toFixed(2)}`);

test("wasm.ts is what the source compiles to", async () => {
  expect(await buildFrontEnd()).toBe(readFileSync(join(folder, "wasm.ts"), "utf8"));
}, 60_000);

describe("the front end", () => {
  test("finds a short tone at its time and pitch", () => {
    const samples = new Float32Array(11_025 * 4);
    const [start, length, frequency] = [11_025 * 2, 2205, 1000];
    for (let at = 0; at < length; at++)
      samples[start + at] = 0.3 * Math.sin((2 * Math.PI * frequency * at) / 11_025) * Math.sin((Math.PI * at) / length);
    const { frame, cents, strength } = peaksOf(samples);
    const best = strength.indexOf(Math.max(...strength));
    // A frame's window is centred 512 samples after its start.
    const middle = (start + length / 2 - 512) / 128;
    expect(Math.abs((frame[best] as number) - middle)).toBeLessThan(1.5);
    const expected = 1200 * Math.log2(frequency / (lowestBin * (11_025 / 1024)));
    expect(Math.abs((cents[best] as number) - expected)).toBeLessThan(6);
  });

  test.each([1, 100, 256, 5000, 100_000])("gives the same whatever the blocks: %i samples", (size) => {
    const samples = tune(3, 20);
    const frontEnd = makeFrontEnd();
    for (let at = 0; at < samples.length; at += size) frontEnd.push(samples.subarray(at, at + size));
    expect(frontEnd.samples).toBe(samples.length);
    expect(rowsOf(frontEnd.finish())).toEqual(rowsOf(peaksOf(samples)));
  });

  test("gives an excerpt the peaks of the whole, away from its ends", () => {
    const samples = tune(4, 60);
    const start = 256 * 400;
    const whole = slicePeaks(peaksOf(samples), start / 128 + 3 * frameRate, start / 128 + 17 * frameRate);
    const part = peaksOf(samples.slice(start, start + 11_025 * 20));
    const inner = slicePeaks(part, 3 * frameRate, 17 * frameRate);
    expect(Array.from(inner.frame, (frame) => frame + start / 128)).toEqual([...whole.frame]);
    expect([...inner.cents]).toEqual([...whole.cents]);
  });

  test.each([
    ["silence", (_at: number) => 0],
    ["an offset", (_at: number) => 0.5],
  ])("finds hardly anything in %s", (_name, sample) => {
    const samples = Float32Array.from({ length: 11_025 * 30 }, (_, at) => sample(at));
    // The start and the end of a sound are events.
    expect(slicePeaks(peaksOf(samples), 2 * frameRate, 27 * frameRate).frame.length).toBeLessThan(25);
  });

  test("keeps about 20 peaks a second of noise, however long", () => {
    const random = makeRandom(1);
    const frontEnd = makeFrontEnd();
    const block = new Float32Array(11_025);
    for (let second = 0; second < 300; second++) {
      for (let at = 0; at < block.length; at++) block[at] = random() - 0.5;
      frontEnd.push(block);
    }
    const perSec = frontEnd.finish().frame.length / 300;
    expect(perSec).toBeGreaterThan(15);
    expect(perSec).toBeLessThan(26);
  });
});

describe("peaks as bytes", () => {
  test.each([0, 1, 7, 60, 600])("come back as they were: %i s", (durationSec) => {
    const peaks = randomPeaks(makeRandom(durationSec + 1), durationSec);
    expect(rowsOf(readPeaks(writePeaks(peaks)))).toEqual(rowsOf(peaks));
  });

  test("may have gaps of minutes", () => {
    const near = randomPeaks(makeRandom(9), 20);
    const far = randomPeaks(makeRandom(10), 20);
    const peaks: Peaks = {
      frame: Float64Array.from([...near.frame, ...[...far.frame].map((frame) => frame + 80_000)]),
      cents: Float32Array.from([...near.cents, ...far.cents]),
      strength: Float32Array.from([...near.strength, ...far.strength]),
    };
    expect(rowsOf(readPeaks(writePeaks(peaks)))).toEqual(rowsOf(peaks));
  });

  test("can be read in part", () => {
    const peaks = randomPeaks(makeRandom(5), 400);
    const bytes = writePeaks(peaks);
    for (const [from, to] of [
      [0, 10],
      [5000, 9000],
      [30_000, 1e9],
    ] as const)
      expect(rowsOf(slicePeaks(readPeaks(bytes, from, to), from, to))).toEqual(rowsOf(slicePeaks(peaks, from, to)));
  });
});
