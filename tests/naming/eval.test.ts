import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCases, scoreCases } from "../../daemon/naming/eval.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";

const one = {
  id: "own-1",
  path: "Burial - 02 - Archangel.mp3",
  durationSec: 239,
  tags: {},
  companions: [],
  siblings: [],
  expect: {
    kind: "track",
    artist: "Burial",
    title: "Archangel",
    trackNumber: 2,
    album: "",
    filename: "Burial - 02 - Archangel.mp3",
    directory: "music/Burial",
  },
  accept: { artist: ["burial"] },
  never: ["Untrue"],
};

describe("scoring", () => {
  test("a right case", async () => {
    const score = await scoreCases(parseCases(JSON.stringify(one)), (inputs) =>
      inputs.map((input) => proposeByRules(input)),
    );
    expect(score).toMatchObject({ cases: 1, right: 1, invented: 0, fields: { trackNumber: { right: 1, total: 1 } } });
  });

  test("guesses count as invented, wrong fields are named", async () => {
    const cases = parseCases(`${JSON.stringify(one)}\n\n`);
    const score = await scoreCases(cases, (inputs) =>
      inputs.map((input) => {
        const draft = proposeByRules(input);
        return {
          ...draft,
          fields: { ...draft.fields, album: "Untrue", event: "Nowhere Fair", date: "2011-02-03" },
          directory: "music/Burial/Untrue",
        };
      }),
    );
    expect(score.right).toBe(0);
    expect(score.perCase[0]?.wrong.album).toEqual({ expected: "", got: "Untrue" });
    expect(score.perCase[0]?.invented).toEqual(
      expect.arrayContaining(["album: Untrue", "event: Nowhere Fair", "date: 2011-02-03", "directory: Untrue"]),
    );
  });

  test("errors name the line", () => {
    expect(() => parseCases(`${JSON.stringify(one)}\n{oops`)).toThrow(/Line 2 is not JSON/);
    expect(() => parseCases(`\n${JSON.stringify({ ...one, expect: { kind: "song" } })}`)).toThrow(
      /Line 2 is not a naming case/,
    );
  });
});

const publicCases = join(import.meta.dir, "../../../shared/naming/cases.jsonl");
test.skipIf(!existsSync(publicCases))(
  "the shared cases: at least 72 of 75 right, nothing invented (skipped when the file is not there)",
  async () => {
    const cases = parseCases(readFileSync(publicCases, "utf8"));
    const score = await scoreCases(cases, (inputs) => inputs.map((input) => proposeByRules(input)));
    expect(score.invented).toBe(0);
    expect(score.right / score.cases).toBeGreaterThanOrEqual(0.96);
  },
);
