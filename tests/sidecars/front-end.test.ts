import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildFrontEnd } from "../../sidecars/lib/front-end/build.ts";
import { makeFrontEnd, peaksOf } from "../../sidecars/lib/front-end/front-end.ts";
import { frameRate, keptPerSec, lowestBin } from "../../sidecars/lib/parameters.ts";
import { slicePeaks } from "../../sidecars/lib/peaks.ts";
import { referencePeaks } from "./front-end-reference.ts";
import { makeRandom, rowsOf, tune } from "./support.ts";

const folder = join(import.meta.dir, "..", "..", "sidecars", "lib", "front-end");
const centsOf = (frequency: number) => 1200 * Math.log2(frequency / (lowestBin * (11_025 / 1024)));

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
    expect(Math.abs((cents[best] as number) - centsOf(frequency))).toBeLessThan(6);
  });

  test("finds the notes of a chord at their times and pitches", () => {
    const samples = new Float32Array(11_025 * 6);
    const frequencies = [440, 554.37, 659.26, 880, 1318.5];
    const [start, length] = [11_025 * 3, 4410];
    for (let at = 0; at < length; at++)
      for (const frequency of frequencies)
        samples[start + at] =
          (samples[start + at] as number) +
          0.15 * Math.sin((2 * Math.PI * frequency * at) / 11_025) * Math.sin((Math.PI * at) / length);
    const peaks = peaksOf(samples);
    const middle = (start + length / 2 - 512) / 128;
    for (const frequency of frequencies) {
      const expected = centsOf(frequency);
      const near = [...peaks.frame.keys()].filter((at) => Math.abs((peaks.cents[at] as number) - expected) < 12);
      expect(near.some((at) => Math.abs((peaks.frame[at] as number) - middle) < 4)).toBe(true);
    }
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
    ["sound too quiet to hear", (at: number) => 1e-5 * Math.sin(at * 0.5)],
  ])("finds hardly anything in %s", (_name, sample) => {
    const samples = Float32Array.from({ length: 11_025 * 30 }, (_, at) => sample(at));
    // The start and the end of a sound are events.
    expect(slicePeaks(peaksOf(samples), 2 * frameRate, 27 * frameRate).frame.length).toBeLessThan(25);
  });

  test("gives no more than its share for a pure tone", () => {
    const samples = Float32Array.from(
      { length: 11_025 * 30 },
      (_, at) => 0.5 * Math.sin((2 * Math.PI * at * 1000) / 11_025),
    );
    const { frame } = peaksOf(samples);
    expect(frame.length).toBeLessThan(30 * (keptPerSec + 2));
  });

  test("survives the loudest, and gives nothing for nothing", () => {
    expect(peaksOf(new Float32Array(0)).frame.length).toBe(0);
    expect(peaksOf(new Float32Array(1)).frame.length).toBe(0);
    const random = makeRandom(8);
    const peaks = peaksOf(Float32Array.from({ length: 11_025 * 5 }, () => (random() < 0.5 ? -1 : 1)));
    for (const values of [peaks.frame, peaks.cents, peaks.strength])
      expect(values.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    expect(peaks.frame.every((frame, at) => at === 0 || frame >= (peaks.frame[at - 1] as number))).toBe(true);
  });

  test("keeps about 20 peaks a second of noise in bounded memory, however long", () => {
    const random = makeRandom(1);
    const frontEnd = makeFrontEnd();
    const noise = Float32Array.from({ length: 11_025 * 37 }, () => random() - 0.5);
    const seconds = 1200;
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    for (let second = 0; second < seconds; second++) {
      // Never the same stretch again: it starts at another sample each time.
      const from = Math.floor(random() * (noise.length - 11_025));
      frontEnd.push(noise.subarray(from, from + 11_025));
    }
    Bun.gc(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
    const { frame } = frontEnd.finish();
    expect(frame.length / seconds).toBeGreaterThan(15);
    expect(frame.length / seconds).toBeLessThan(26);
    // No minute is left out where the stream is thinned.
    for (let minute = 0; minute < seconds / 60; minute++) {
      const [from, to] = [minute * 60 * frameRate, (minute + 1) * 60 * frameRate];
      const count = frame.filter((at) => at >= from && at < to).length;
      expect(count / 60).toBeGreaterThan(14);
      expect(count / 60).toBeLessThan(27);
    }
  }, 60_000);

  test.each(["noise", "a tune"])("agrees with a plain reckoning in double precision: %s", (kind) => {
    const random = makeRandom(17);
    const samples = kind === "noise" ? Float32Array.from({ length: 33_075 }, () => random() - 0.5) : tune(6, 3);
    const best = referencePeaks(samples)
      .sort((a, b) => b.strength - a.strength)
      .slice(0, 40);
    const { frame, cents, strength } = peaksOf(samples);
    const found = best.filter((peak) =>
      frame.some(
        (at, place) =>
          Math.abs(at - peak.frame) <= 0.5 &&
          Math.abs((cents[place] as number) - peak.cents) < 4 &&
          Math.abs((strength[place] as number) - peak.strength) < 0.15,
      ),
    );
    expect(best.length).toBe(40);
    // A peak that is hardly larger than another may be lost to single precision.
    expect(found.length).toBeGreaterThanOrEqual(38);
  });
});
