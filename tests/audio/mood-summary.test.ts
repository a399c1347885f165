import { describe, expect, test } from "bun:test";
import type { MoodWindow } from "../../daemon/audio/mood.ts";
import { summariseMood } from "../../daemon/audio/mood-summary.ts";

/** A window in which every patch has these probabilities. */
function window(patches: number, happy: number, dance: number, tags: Record<string, number> = {}): MoodWindow {
  const names = Object.keys(tags);
  const of = (value: number) => new Float32Array(patches).fill(value);
  return {
    modelsId: "x",
    patches,
    answers: [
      { gives: "mood:happy", values: of(happy) },
      { gives: "danceability", values: of(dance) },
    ],
    tags: {
      names,
      values: Float32Array.from(
        { length: patches * names.length },
        (_, at) => tags[names[at % names.length] as string] as number,
      ),
    },
    missing: [],
  };
}

describe("the summary of mood and style", () => {
  test("means count patches, not windows", () => {
    const summary = summariseMood([window(10, 1, 0.5), window(10, 1, 0.5), window(5, 0, 0.5)]);
    expect(summary?.mood).toEqual({ happy: 0.8 });
    expect(summary?.danceability).toBe(0.5);
  });

  test("the series has one entry for each 30 s, and shows a change where it happens", () => {
    const windows = [
      ...Array.from({ length: 4 }, () => window(10, 0.2, 0)),
      ...Array.from({ length: 4 }, () => window(10, 0.9, 1)),
    ];
    // 40 patches are 119.7 s: the first of the second half still begins within the fourth window of 30 s.
    const curve = summariseMood(windows)?.curve ?? [];
    expect(curve.length).toBe(8);
    expect(curve.map((entry) => entry.mood.happy)).toEqual([
      0.2,
      0.2,
      0.2,
      expect.closeTo(0.27, 3),
      0.9,
      0.9,
      0.9,
      0.9,
    ]);
    expect(curve.slice(5).map((entry) => entry.danceability)).toEqual([1, 1, 1]);
  });

  test("styles come by probability, the unlikely not at all", () => {
    const summary = summariseMood([window(3, 0, 0, { house: 0.6, rock: 0.01, techno: 0.7, pop: 0.06, jazz: 0.06 })]);
    expect(summary?.style).toEqual([
      { name: "techno", probability: 0.7 },
      { name: "house", probability: 0.6 },
      { name: "jazz", probability: 0.06 },
      { name: "pop", probability: 0.06 },
    ]);
    expect(summary?.curve[0]?.style.map(({ name }) => name)).toEqual(["techno", "house", "jazz"]);
  });

  test("without a single patch there is nothing, and nothing is made up", () => {
    expect(summariseMood([])).toBeNull();
    expect(summariseMood([window(0, 0, 0)])).toBeNull();
  });

  test("models that are missing leave out what they give, and are named", () => {
    const part: MoodWindow = {
      ...window(4, 0.5, 0.5),
      answers: [],
      missing: [{ name: "mood_happy", reason: "not installed" }],
    };
    expect(summariseMood([part])).toMatchObject({ mood: {}, danceability: null, missing: part.missing });
  });
});
