import { describe, expect, test } from "bun:test";
import { claim, doubt, settle } from "../../daemon/naming/claims.ts";

describe("claims are weighed", () => {
  const tag = claim("Sven Väth", "tag", "Sven Väth", 0.8);
  const name = claim("sven vath", "filename", "sven_vath_-_live", 0.7);
  const other = claim("Ricardo Villalobos", "folder", "Ricardo Villalobos", 0.55);

  test("a value that several kinds of places give is surer than any of them, and spelled as the best has it", () => {
    const { fields, sureness, evidence, alternatives } = settle({ artist: [...name, ...tag] });
    expect(fields.artist).toBe("Sven Väth");
    expect(sureness.artist).toBeCloseTo(0.94);
    expect(evidence.artist?.map(({ source }) => source)).toEqual(["tag", "filename"]);
    expect(alternatives).toEqual({});
  });

  test("capitals come from where there are any, unless none is how the name is known", () => {
    const lower = (value: string) => claim(value, "filename", value, 0.75);
    expect(
      settle({ artist: [...lower("sable marrow"), ...claim("Sable Marrow", "folder", "x", 0.55)] }).fields.artist,
    ).toBe("Sable Marrow");
    expect(settle({ artist: [...lower("deadmau5"), ...claim("Deadmau5", "folder", "x", 0.55)] }).fields.artist).toBe(
      "deadmau5",
    );
  });

  test("the same kind of place counts once", () => {
    expect(settle({ artist: [...tag, ...tag, ...tag] }).sureness.artist).toBe(settle({ artist: tag }).sureness.artist);
  });

  test("a contradiction makes it less sure, and is kept as an alternative", () => {
    const alone = settle({ artist: tag }).sureness.artist ?? 0;
    const { fields, sureness, alternatives } = settle({ artist: [...tag, ...other] });
    expect(fields.artist).toBe("Sven Väth");
    expect(sureness.artist).toBeLessThan(alone);
    expect(alternatives.artist).toEqual([
      { value: "Ricardo Villalobos", source: "folder", text: "Ricardo Villalobos", weight: 0.55 },
    ]);
  });

  test("two weaker places that agree win over one stronger one", () => {
    const claims = [
      ...claim("A", "tag", "a", 0.75),
      ...claim("B", "filename", "b", 0.65),
      ...claim("B", "folder", "b", 0.55),
    ];
    expect(settle({ title: claims }).fields.title).toBe("B");
  });

  test("what is doubted gives way", () => {
    expect(settle({ artist: [...doubt(tag, 0.5), ...other] }).fields.artist).toBe("Ricardo Villalobos");
  });

  test("of equals the first is taken; a part of the value does not contradict it", () => {
    const claims = [...claim("A & Bee", "tag", "x", 0.7), ...claim("A", "filename", "y", 0.7)];
    const { fields, sureness } = settle({ artist: claims });
    expect(fields.artist).toBe("A & Bee");
    expect(
      settle({ artist: [...claim("01", "tag", "1", 0.7), ...claim("1", "filename", "1", 0.7)] }).alternatives,
    ).toEqual({});
    expect(sureness.artist).toBeLessThanOrEqual(0.7);
  });
});
