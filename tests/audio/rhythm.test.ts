import { beforeAll, describe, expect, test } from "bun:test";
import { renderHits, tuningKits } from "../../bench/truth/drum-synth.ts";
import { hitsOf, tuningPatterns } from "../../bench/truth/patterns.ts";
import { makeRandom } from "../../bench/truth/random.ts";
import { ramp, steady } from "../../bench/truth/tempo-map.ts";
import { type Essentia, loadEssentia } from "../../daemon/audio/essentia.ts";
import { analyseRhythm, summariseRhythm, type TimedRhythm } from "../../daemon/audio/rhythm.ts";
import { song } from "../support/sounds.ts";

const rateHz = 44_100;
let essentia: Essentia;
beforeAll(async () => {
  essentia = await loadEssentia();
});

function drums(name: string, bpm: number, lengthSec = 20): Float32Array {
  const pattern = tuningPatterns.find((one) => one.name === name);
  const kit = tuningKits[0];
  if (!pattern || !kit) throw new Error(`no pattern ${name}`);
  return renderHits(hitsOf(pattern, steady(bpm), { lengthSec, offsetSec: 0.3 }), kit, lengthSec);
}

/** Windows of 30 s. */
function windowsOf(samples: Float32Array): TimedRhythm[] {
  const windows: TimedRhythm[] = [];
  for (let from = 0; from < samples.length; from += 30 * rateHz) {
    const part = samples.subarray(from, from + 30 * rateHz);
    const startSec = from / rateHz;
    windows.push({ startSec, endSec: startSec + part.length / rateHz, result: analyseRhythm(essentia, part) });
  }
  return windows;
}

describe("clicks and drums", () => {
  const tempi = [60, 63, 75, 87.5, 90, 110, 120, 128, 140, 174, 190];
  for (const name of ["click", "accented click", "four on the floor", "rock"]) {
    test.each(name === "rock" ? tempi : [...tempi, 200])(`${name} at %p BPM`, (bpm) => {
      const found = analyseRhythm(essentia, drums(name, bpm));
      expect(Math.abs((found.bpm ?? 0) / bpm - 1)).toBeLessThan(0.005);
      expect(found.confidence).toBeGreaterThan(0.4);
      expect(Math.abs(found.beats - (bpm * 20) / 60)).toBeLessThan(bpm * 0.4);
    });
  }

  // A hat on every offbeat makes a regular grid: neither two fifths, nor two thirds, nor twice the tempo.
  test.each([80, 97, 110, 124, 128, 140, 174])("kick, offbeat hat and bass at %p BPM", (bpm) => {
    expect(Math.abs((analyseRhythm(essentia, song(30, bpm)).bpm ?? 0) / bpm - 1)).toBeLessThan(0.005);
  });

  test("rock at 200 BPM may be counted in halves", () => {
    const { bpm } = analyseRhythm(essentia, drums("rock", 200));
    expect([100, 200].some((count) => Math.abs((bpm ?? 0) / count - 1) < 0.005)).toBe(true);
  });

  test("a ramp: the curve follows", () => {
    const tempo = ramp(100, 130, 150);
    const [, , , rock] = tuningPatterns;
    const [kit] = tuningKits;
    if (!rock || !kit) throw new Error("no drums");
    const summary = summariseRhythm(windowsOf(renderHits(hitsOf(rock, tempo, { lengthSec: 150 }), kit, 150)));
    expect(summary.curve).toHaveLength(5);
    for (const [index, bpm] of summary.curve.entries()) {
      expect(Math.abs((bpm ?? 0) / tempo.meanBpm(index * 30, index * 30 + 30) - 1)).toBeLessThan(0.02);
    }
    const still = summariseRhythm(windowsOf(drums("rock", 115, 60)));
    expect(still.bpm).toBeCloseTo(115, 1);
    expect(summary.bpmConfidence).toBeLessThan(0.6 * still.bpmConfidence);
  }, 30_000);

  test("a quiet intro without a beat does not matter", () => {
    const random = makeRandom(4);
    const samples = new Float32Array(90 * rateHz).map(() => (random() - 0.5) * 0.01);
    samples.set(drums("rock", 124, 60), 30 * rateHz);
    const summary = summariseRhythm(windowsOf(samples));
    expect(summary.curve[0]).toBeNull();
    expect(summary.bpm).toBeCloseTo(124, 1);
    expect(summary.bpmConfidence).toBeGreaterThan(0.5);
  });

  test("the same sound gives the same numbers", () => {
    const samples = drums("rock", 97);
    expect(analyseRhythm(essentia, samples)).toEqual(analyseRhythm(essentia, samples.slice()));
    expect(structuredClone(analyseRhythm(essentia, samples))).toEqual(analyseRhythm(essentia, samples));
  });
});

describe("sound without a beat", () => {
  const length = 12 * rateHz;
  const random = makeRandom(5);
  const cases: [string, Float32Array, string][] = [
    ["nothing", new Float32Array(0), "shorter than 5 s"],
    ["one sample", new Float32Array(1), "shorter than 5 s"],
    ["0.2 s", Float32Array.from({ length: 8820 }, () => random() - 0.5), "shorter than 5 s"],
    ["silence", new Float32Array(length), "silence"],
    ["direct current", new Float32Array(length).fill(0.5), "silence"],
    ["noise", Float32Array.from({ length }, () => random() * 2 - 1), "no beat"],
    ["a tone", Float32Array.from({ length }, (_, i) => Math.sin(i * 0.06)), "no beat"],
    ["one click", new Float32Array(length).fill(1, length / 2, length / 2 + 1), "no beat"],
  ];
  test.each(cases)("%s", (_, samples, reason) => {
    const result = analyseRhythm(essentia, samples);
    expect(result).toEqual({ bpm: null, confidence: 0, candidates: [], beats: 0, reason });
    expect(summariseRhythm([{ startSec: 0, endSec: 10, result }])).toEqual({
      bpm: null,
      bpmConfidence: 0,
      curve: [null],
      reason,
    });
  });
});

describe("summary", () => {
  /** A window from `[bpm, weight, …]`. */
  const made = (confidence: number, ...pairs: number[]): TimedRhythm["result"] => {
    const candidates = pairs.flatMap((bpm, index) => (index % 2 === 0 ? [{ bpm, weight: pairs[index + 1] ?? 0 }] : []));
    if (candidates.length === 0) return { bpm: null, confidence: 0, candidates, beats: 0, reason: "no beat" };
    return { bpm: candidates[0]?.bpm ?? null, confidence, candidates, beats: 50 };
  };
  const timed = (results: TimedRhythm["result"][]): TimedRhythm[] =>
    results.map((result, index) => ({ startSec: index * 30, endSec: index * 30 + 30, result }));
  const gap = made(0);

  const cases: [string, TimedRhythm["result"][], number | null, (number | null)[]][] = [
    ["no windows", [], null, []],
    ["no beat anywhere", [gap, gap], null, [null, null]],
    [
      "a half and a double among others",
      [made(0.8, 120, 0.9), made(0.5, 60, 0.6, 120, 0.3), made(0.8, 120, 0.9), made(0.5, 240, 0.8)],
      120,
      [120, 120, 120, 120],
    ],
    ["a half that nothing else was found beside", [made(0.8, 128, 0.9), made(0.6, 64, 1)], 128, [128, 128]],
    ["gaps", [gap, made(0.8, 90, 0.9), gap, made(0.8, 90, 0.9), gap], 90, [null, 90, null, 90, null]],
    [
      "a real change",
      [made(0.8, 90, 0.9), made(0.8, 90, 0.9), made(0.8, 130, 0.9), made(0.8, 130, 0.9), made(0.8, 130, 0.9)],
      130,
      [90, 90, 130, 130, 130],
    ],
    [
      "a faint window that is wrong",
      [made(0.9, 126, 0.9), made(0.05, 93, 0.5), made(0.9, 126, 0.9)],
      126,
      [126, 93, 126],
    ],
  ];
  test.each(cases)("%s", (_, results, bpm, curve) => {
    const summary = summariseRhythm(timed(results));
    expect(summary.bpm).toBe(bpm);
    expect(summary.curve).toEqual(curve);
    expect(summary.bpmConfidence).toBeGreaterThanOrEqual(0);
    expect(summary.reason === undefined).toBe(bpm !== null);
  });

  test("a tempo that varies is less sure", () => {
    const same = summariseRhythm(timed([120, 120, 120, 120].map((bpm) => made(0.8, bpm, 0.9))));
    const varied = summariseRhythm(timed([100, 110, 120, 130].map((bpm) => made(0.8, bpm, 0.9))));
    expect(varied.bpmConfidence).toBeLessThan(same.bpmConfidence / 2);
    expect(varied.bpm).toBe(110);
  });
});
