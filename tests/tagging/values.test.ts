import { describe, expect, test } from "bun:test";
import { tagFields } from "../../daemon/tagging/layout.ts";
import { compareFields, fieldsOf, keyText, textsOf } from "../../daemon/tagging/values.ts";
import { found } from "./bench.ts";

describe("values as programs read them", () => {
  const keys: [string | null, "major" | "minor" | null, string | null][] = [
    ["A", "minor", "Am"],
    ["F#", "minor", "F#m"],
    ["Eb", "major", "Eb"],
    ["B♭", "major", "Bb"],
    ["C♯", "minor", "C#m"],
    ["H", "minor", null],
    ["A", null, null],
    [null, "major", null],
  ];
  for (const [key, scale, text] of keys)
    test(`${key} ${scale} is ${text}`, () => expect(keyText({ key, scale })).toBe(text));

  const tempos: [number | null, string | null, string | null][] = [
    [127.96, "128", "127.96"],
    [128, "128", "128"],
    [89.999, "90", "90"],
    [174.5, "175", "174.5"],
    [0, null, null],
    [Number.NaN, null, null],
    [1000, null, null],
    [null, null, null],
  ];
  for (const [bpm, whole, decimal] of tempos)
    test(`${bpm} beats a minute are ${whole} or ${decimal}`, () => {
      expect(textsOf({ ...found, bpm }, "whole").bpm).toBe(whole);
      expect(textsOf({ ...found, bpm }, "decimal").bpm).toBe(decimal);
    });

  test("text of a model is cleaned: no controls, no halves of characters, not endless", () => {
    const texts = textsOf({ ...found, mood: " a\0\nb ", genre: `\ud800${"x".repeat(500)}` }, "whole");
    expect(texts.mood).toBe("a b");
    expect(texts.genre).toHaveLength(200);
    expect(textsOf({ ...found, mood: " \n " }, "whole").mood).toBeNull();
    expect(fieldsOf({ bpm: null, key: null, scale: null, mood: "x", genre: null })).toEqual(["mood"]);
  });

  test("old and new: filled, kept, the same, replaced; only what the format takes and was asked for", () => {
    const layout = {
      values: { bpm: "128.0", key: "Gm", mood: null, genre: null },
      tempo: "whole",
      fields: tagFields,
    } as const;
    const metadata = { bpm: 128, key: "Gm", genre: "Dub" };
    const actions = (replace: boolean, fields = tagFields as readonly (typeof tagFields)[number][]) =>
      compareFields(found, layout, metadata, { fields, replace }).map(({ field, old, action }) => [field, old, action]);
    expect(actions(false)).toEqual([
      ["bpm", "128.0", "same"],
      ["key", "Gm", "keep"],
      ["mood", null, "fill"],
      ["genre", "Dub", "keep"],
    ]);
    expect(actions(true, ["key"])).toEqual([["key", "Gm", "replace"]]);
    const noMood = { ...layout, fields: ["bpm", "key", "genre"] as const };
    expect(compareFields(found, noMood, metadata, { fields: ["mood"], replace: true })).toEqual([]);
  });
});
