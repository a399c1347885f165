import { describe, expect, test } from "bun:test";
import { audfprint } from "../../sidecars/audfprint/engine.ts";
import { eachChain } from "../../sidecars/lib/chains.ts";
import { makeCodes } from "../../sidecars/lib/codes.ts";
import type { Engine } from "../../sidecars/lib/engine.ts";
import { type Peaks, pickPeaks, roundPeaks, strongest } from "../../sidecars/lib/peaks.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { makeRandom, randomPeaks } from "./support.ts";

/** Peaks moved in time and pitch, as a time stretcher or a pitch shifter would. */
const moved = (peaks: Peaks, tempo: number, cents: number): Peaks => ({
  frame: peaks.frame.map((frame) => frame / tempo),
  cents: peaks.cents.map((pitch) => pitch + cents),
  strength: peaks.strength,
});
/** Those that a shift leaves within the range of pitches. */
const inner = (peaks: Peaks): Peaks =>
  pickPeaks(
    peaks,
    [...peaks.cents.keys()].filter((at) => Math.abs((peaks.cents[at] as number) - 2800) < 2500),
  );
const peaks = inner(randomPeaks(makeRandom(11), 30));
const high = ({ coding }: Engine, key: number) => Math.floor(key / 2 ** coding.lengthBits);
const highs = (engine: Engine, some: Peaks, slack = 1) =>
  new Set([...makeCodes(some, engine.coding, engine.density.track, slack).key].map((key) => high(engine, key)));
const common = (a: Set<number>, b: Set<number>) => [...a].filter((key) => b.has(key)).length / a.size;

describe("panako", () => {
  test.each([
    [1.08, 0],
    [0.92, 0],
    [1, 100],
    [1.06, 101],
  ])("makes the same codes at tempo %f and %i cents, but for the edges of what may follow", (tempo, cents) => {
    expect(common(highs(panako, peaks), highs(panako, moved(peaks, tempo, cents), 1.1))).toBeGreaterThan(0.45);
    expect(common(highs(panako, peaks), highs(panako, inner(randomPeaks(makeRandom(12), 30))))).toBeLessThan(0.01);
  });

  test("gives a chain the same key at any tempo and pitch, and a length that says the tempo", () => {
    const random = makeRandom(5);
    for (let turn = 0; turn < 300; turn++) {
      // Links that stay within the limits, and values off the edges of their cells, whatever is done to them.
      const times = [0, 0, 0].map(() => 20 + random() * 45);
      const jumps = [0, 0, 0].map(() => 28 * (Math.floor(random() * 40) - 20 + 0.5));
      const [a = 0, b = 0, c = 0] = times;
      const parts = [Math.log(a / b) / 0.1, Math.log(b / c) / 0.1].map((value) => value - Math.floor(value));
      if (parts.some((part) => Math.min(part, 1 - part) < 1e-6)) continue;
      let [frame, pitch] = [100, 2800];
      const chain: [number, number, number][] = [[frame, pitch, 10]];
      for (const [index, time] of times.entries()) {
        frame += time;
        pitch += jumps[index] as number;
        chain.push([frame, pitch, 10]);
      }
      const whole: Peaks = {
        frame: Float64Array.from(chain, ([at]) => at),
        cents: Float32Array.from(chain, ([, at]) => at),
        strength: Float32Array.from(chain, ([, , force]) => force),
      };
      const lone = (some: Peaks) => makeCodes(some, { ...panako.coding, links: 3 }, panako.density.track).key;
      const [tempo, cents] = [0.9 + random() * 0.2, Math.round(random() * 400 - 200)];
      const [first, second] = [lone(whole), lone(moved(whole, tempo, cents))];
      const full = (keys: Float64Array) => [...keys].map((key) => high(panako, key));
      expect(full(second)).toEqual(full(first));
      for (const [index, key] of first.entries()) {
        const steps = ((key % 1024) - ((second[index] as number) % 1024)) * panako.lengthStep;
        expect(Math.abs(steps - Math.log(tempo))).toBeLessThan(1.01 * panako.lengthStep);
      }
    }
  });
});

test("audfprint makes the same codes at another time, each as much later", () => {
  const later = { ...peaks, frame: peaks.frame.map((frame) => frame + 1000.5) };
  const [here, there] = [peaks, later].map((some) => makeCodes(some, audfprint.coding, audfprint.density.track));
  expect([...(there?.key ?? [])]).toEqual([...(here?.key ?? [])]);
  expect([...(there?.frame ?? [])]).toEqual([...(here?.frame ?? [])].map((frame) => frame + 1000.5));
  expect(common(highs(audfprint, peaks), highs(audfprint, moved(peaks, 1, 200)))).toBeLessThan(0.01);
});

describe.each([audfprint, panako])("$name", (engine) => {
  const bits = engine.coding.bits.reduce((sum, width) => sum + width, engine.coding.lengthBits);
  test.each(["track", "set", "excerpt", "recording", "plain"] as const)(
    "keys of a %s are within their bits",
    (role) => {
      expect(bits).toBeLessThanOrEqual(40);
      for (const slack of [1, 1 + engine.tempoReach]) {
        const { key, frame, cents } = makeCodes(
          randomPeaks(makeRandom(3), 60),
          engine.coding,
          engine.density[role],
          slack,
        );
        expect(key.length).toBeGreaterThan(100);
        expect([frame.length, cents.length]).toEqual([key.length, key.length]);
        expect(key.every((one) => Number.isInteger(one) && one >= 0 && one < 2 ** bits)).toBe(true);
        expect(frame.every((at, index) => index === 0 || at >= (frame[index - 1] as number))).toBe(true);
      }
    },
  );

  test("an excerpt has the codes of the whole, away from its ends", () => {
    const whole = randomPeaks(makeRandom(9), 120);
    const part = pickPeaks(
      whole,
      [...whole.frame.keys()].filter((at) => (whole.frame[at] as number) >= 3000 && (whole.frame[at] as number) < 6000),
    );
    for (const role of ["track", "set"] as const) {
      const rows = (some: Peaks) => {
        const { key, frame } = makeCodes(some, engine.coding, engine.density[role]);
        return [...key].map((one, at) => [frame[at] as number, one]).filter(([at = 0]) => at >= 3500 && at < 5000);
      };
      expect(rows(part).length).toBeGreaterThan(30);
      expect(rows(part)).toEqual(rows(whole));
    }
  });

  test.each([0, 1, 2, 3])("%i peaks make no code too many", (count) => {
    const few = pickPeaks(peaks, [...peaks.frame.keys()].slice(0, count));
    const most = count > engine.coding.links ? 1 : 0;
    expect(makeCodes(few, engine.coding, engine.density.track).key.length).toBeLessThanOrEqual(most);
  });
});

test("chains are those that trying all of them finds", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = makeRandom(seed);
    const { frame, cents, strength } = roundPeaks(
      Array.from({ length: 40 }, (_, at) => [random() * 300, random() * 5600, at] as const),
    );
    const shape = { links: 2, minFrames: 6, maxFrames: 69, maxCents: 1000, breadth: 100, perPeak: 1000 } as const;
    const follows = (a: number, b: number) => {
      const time = (frame[b] as number) - (frame[a] as number);
      const jump = Math.abs((cents[b] as number) - (cents[a] as number));
      return time >= shape.minFrames && time <= shape.maxFrames && jump <= shape.maxCents;
    };
    const all: string[] = [];
    for (const a of frame.keys())
      for (const b of frame.keys())
        for (const c of frame.keys()) if (follows(a, b) && follows(b, c)) all.push(`${a} ${b} ${c}`);
    const found: string[] = [];
    eachChain({ frame, cents, strength }, shape, (chain) => found.push(chain.join(" ")));
    expect(found.sort()).toEqual(all.sort());
    // With fewer taken, they are the strongest ones of each first peak.
    const force = (chain: string) =>
      chain.split(" ").reduce((sum, at, index) => sum + (index ? (strength[Number(at)] as number) : 0), 0);
    const best = new Map<number, number[]>();
    eachChain({ frame, cents, strength }, { ...shape, perPeak: 3 }, (chain) => {
      const of = best.get(chain[0] as number) ?? [];
      best.set(chain[0] as number, [...of, force(chain.join(" "))]);
    });
    for (const [first, forces] of best) {
      const expected = all.filter((chain) => chain.startsWith(`${first} `)).map(force);
      expect(forces).toEqual(expected.sort((a, b) => b - a).slice(0, 3));
    }
  }
});

test("the strongest of each second are those that counting finds", () => {
  const { frame, strength } = randomPeaks(makeRandom(21), 40);
  const reach = 11_025 / 128;
  const expected = [...frame.keys()].filter((at) => {
    const near = [...frame.keys()].filter(
      (other) => Math.abs((frame[other] as number) - (frame[at] as number)) <= reach,
    );
    return near.filter((other) => (strength[other] as number) > (strength[at] as number)).length < 20;
  });
  expect(strongest(frame, strength, 10, 1)).toEqual(expected);
});
