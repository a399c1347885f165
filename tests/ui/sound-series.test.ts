import { describe, expect, test } from "bun:test";
import { camelotHue, keyWords, wheel } from "../../ui/camelot.ts";
import { layOut, rowsOf } from "../../ui/parts/sound-picture.ts";
import {
  areaPath,
  groupBounds,
  keyBlocks,
  linePath,
  tempoRange,
  thin,
  timeTicks,
  valueTicks,
  windowAt,
} from "../../ui/series.ts";
import { cannedWindows } from "./support/canned-sound.ts";

describe("the wheel of keys", () => {
  test("has each place once, in order", () => {
    expect(wheel.map(({ code }) => code)).toEqual(
      Array.from({ length: 12 }, (_, at) => [`${at + 1}A`, `${at + 1}B`]).flat(),
    );
  });

  test("gives neighbours neighbouring hues and names keys as people do", () => {
    expect(["1A", "1B", "2A", "7B", "8A", "12A"].map(camelotHue)).toEqual([180, 180, 150, 0, 330, 210]);
    expect([keyWords("Eb", "major"), keyWords("F#", "minor"), keyWords("B", "minor")]).toEqual([
      "E♭ major",
      "F♯ minor",
      "B minor",
    ]);
  });
});

const plain = (value: number) => value;
const down = (value: number) => 100 - value;

describe("series on few pixels", () => {
  test.each([
    [0, 10, []],
    [1, 10, [0, 1]],
    [3, 10, [0, 1, 2, 3]],
    [10, 4, [0, 2, 5, 7, 10]],
    [5, 0, [0, 5]],
  ])("%d values in at most %d groups", (count, columns, bounds) => expect(groupBounds(count, columns)).toEqual(bounds));

  test("buckets keep extremes and mean, and are null only where nothing is known", () => {
    expect(thin([1, 3, null, null, undefined, 5], 3)).toEqual([
      { from: 0, to: 2, min: 1, max: 3, mean: 2 },
      null,
      { from: 4, to: 6, min: 5, max: 5, mean: 5 },
    ]);
  });

  test.each([
    ["one window", [50], "M0 50H1"],
    ["a step", [50, 60], "M0 50H1V40H2"],
    ["a gap", [50, null, 60], "M0 50H1M2 40H3"],
    ["nothing", [null, null], ""],
  ])("a line: %s", (_name, values, path) => expect(linePath(thin(values, 10), plain, down)).toBe(path));

  test("a line of many values keeps its extremes", () => {
    expect(linePath(thin([50, 90, 10, 50], 2), plain, down)).toBe("M0 10V50H2V50V90H4");
  });

  test.each([
    ["one window", [50], "M0 100V50H1V100Z"],
    ["a gap", [50, null, 60], "M0 100V50H1V100ZM2 100V40H3V100Z"],
    ["nothing", [], ""],
  ])("an area: %s", (_name, values, path) => expect(areaPath(thin(values, 10), plain, down)).toBe(path));

  test("1,440 windows on 600 pixels need no more than about two points a pixel", () => {
    const values = Array.from({ length: 1440 }, (_, at) => 120 + (at % 13));
    const points = (path: string) => path.match(/[MVH]/g)?.length ?? 0;
    expect(points(linePath(thin(values, 600), plain, down))).toBeLessThanOrEqual(3 * 600 + 1);
    expect(points(areaPath(thin(values, 600), plain, down))).toBeLessThanOrEqual(2 * 600 + 2);
  });

  const keyed = (...names: (string | null)[]) =>
    names.map((name) => (name ? { key: name as "A", scale: "minor" as const } : { key: null, scale: null }));

  test("keys become blocks; gaps stay, and the key that is heard most wins in a small place", () => {
    const blocks = (windows: ReturnType<typeof keyed>, columns: number) =>
      keyBlocks(windows, columns).map(({ from, to, key }) => `${key} ${from}-${to}`);
    expect(blocks(keyed("A", "A", null, "A", "E"), 9)).toEqual(["A 0-2", "A 3-4", "E 4-5"]);
    expect(blocks(keyed("A", "E", "A", "E", "E", "A"), 2)).toEqual(["A 0-3", "E 3-6"]);
    expect(blocks(keyed(null, null), 9)).toEqual([]);
  });

  test.each([
    [-1, 0],
    [0, 0],
    [29.9, 0],
    [30, 1],
    [89, 2],
    [500, 2],
  ])("the window at %d s is number %d", (sec, at) =>
    expect(windowAt([{ startSec: 0 }, { startSec: 30 }, { startSec: 60 }], sec)).toBe(at),
  );

  test.each([
    [5, 6, [0, 1, 2, 3, 4, 5]],
    [212, 5, [0, 60, 120, 180]],
    [3600, 4, [0, 900, 1800, 2700, 3600]],
    [3600, 100, Array.from({ length: 61 }, (_, at) => at * 60)],
    [43_200, 6, [0, 7200, 14_400, 21_600, 28_800, 36_000, 43_200]],
    [0, 5, [0]],
  ])("an axis of %d s with room for %d", (length, most, ticks) => expect(timeTicks(length, most)).toEqual(ticks));

  test("a steady tempo stays in the middle of ten beats, a moving one has some room", () => {
    expect(tempoRange([128, null, 128])).toEqual({ min: 123, max: 133 });
    expect(tempoRange([100, 150])).toEqual({ min: 96, max: 154 });
    expect(tempoRange([null, undefined])).toBeNull();
    expect([valueTicks({ min: 123, max: 133 }, 4), valueTicks({ min: 96, max: 154 }, 4)]).toEqual([
      [125, 130],
      [100, 120, 140],
    ]);
  });
});

test("the picture has a row for what there is, the strongest mood first, in any width", () => {
  const rows = rowsOf(cannedWindows);
  expect(rows.map(({ label }) => label)).toEqual(["Tempo", "Key", "Danceability", "Happy", "Sad"]);
  expect(rowsOf([{ startSec: 0, endSec: 5, bpm: null, key: null }])).toEqual([]);
  for (const width of [200, 390, 724]) {
    const { left, plot, bottom, top } = layOut(rows, width);
    expect(left + plot).toBeLessThan(width);
    expect(bottom).toBeGreaterThan(top.at(-1) ?? 0);
  }
});
