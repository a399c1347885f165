import { describe, expect, test } from "bun:test";
import { combineMatches } from "../../daemon/fingerprint/combine.ts";
import { match } from "./fake-sidecar.ts";

const one = (...matches: ReturnType<typeof match>[]) => combineMatches([{ engine: "panako", matches }]);

describe("what the engines found, put together", () => {
  test("what much speaks for is told as nearly sure, what little speaks for is not told", () => {
    expect(one(match(7, { score: 30, foundPeaks: 120 }))[0]?.probability).toBeGreaterThan(0.95);
    expect(one(match(7, { score: 4, foundPeaks: 12 }))).toEqual([]);
  });

  test("two engines that mean the same stretch are one match, surer than each", () => {
    const audfprint = match(7, { score: 18, refStartSec: 1, refEndSec: 61, tempoRatio: 1.031 });
    const panako = match(7, { tempoRatio: 1.031, pitchRatio: 0.97 });
    const found = combineMatches([
      { engine: "audfprint", matches: [audfprint] },
      { engine: "panako", matches: [panako] },
    ]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ id: 7, engine: "panako", engines: ["panako", "audfprint"], score: 20 });
    expect(found[0]?.probability).toBeGreaterThan(one(panako)[0]?.probability ?? 1);
    expect(found[0]?.reasons).toEqual([
      "panako: 84 of 130 peaks of the reference are there (chance: 4), 3.1 % faster, 3.0 % lower",
      "audfprint: 84 of 130 peaks of the reference are there (chance: 4), 3.1 % faster",
    ]);
  });

  test.each([
    ["another recording", match(8)],
    ["another stretch", match(7, { queryStartSec: 200, queryEndSec: 260 })],
    ["another place of the reference", match(7, { refStartSec: 100, refEndSec: 160 })],
  ])("%s stays a match of its own", (_, other) => {
    const found = combineMatches([
      { engine: "panako", matches: [match(7)] },
      { engine: "audfprint", matches: [other] },
    ]);
    expect(found.map(({ engines }) => engines.length)).toEqual([1, 1]);
  });

  test("one engine that says a stretch twice is no second witness; the order is that of the query", () => {
    const found = one(match(9, { queryStartSec: 300, queryEndSec: 360 }), match(7), match(7, { score: 19 }));
    expect(found.map(({ id, score }) => [id, score])).toEqual([
      [7, 20],
      [9, 20],
    ]);
  });
});
