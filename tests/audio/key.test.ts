import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderHits, tuningKits } from "../../bench/truth/drum-synth.ts";
import { writeMidi } from "../../bench/truth/midi-file.ts";
import { mirexScore } from "../../bench/truth/mirex.ts";
import { hitsOf, tuningPatterns } from "../../bench/truth/patterns.ts";
import { notesOf, tuningProgressions } from "../../bench/truth/progressions.ts";
import { makeRandom } from "../../bench/truth/random.ts";
import { noFluidsynth, renderMidi } from "../../bench/truth/sound-tools.ts";
import { steady } from "../../bench/truth/tempo-map.ts";
import { renderNotes, timbres } from "../../bench/truth/tone-synth.ts";
import { type Essentia, loadEssentia } from "../../daemon/audio/essentia.ts";
import { analyseKey, type KeyWindow, summariseKey } from "../../daemon/audio/key.ts";
import { allKeys, keyScores, profileNames } from "../../daemon/audio/key-profile.ts";
import { camelotOf, type KeyName, keyNames, type Scale } from "../../daemon/contract/keys.ts";

let essentia: Essentia;
beforeAll(async () => {
  essentia = await loadEssentia();
});

/** Chords of a progression, and what else is played. */
function played(name: string, tonic: number, timbreName: string, tuningHz = 440): Float32Array {
  const progression = tuningProgressions.find((one) => one.name === name);
  const timbre = timbres.find((one) => one.name === timbreName);
  if (!progression || !timbre) throw new Error(`no ${name} or ${timbreName}`);
  const notes = notesOf(progression, tonic, { bars: 6, seed: 3, arrangement: { chords: 0, bass: 0 } });
  return renderNotes(notes, { bpm: 120, timbre, lengthSec: 12, tuningHz });
}

test.each<[Scale, string[]]>([
  ["major", ["8B", "3B", "10B", "5B", "12B", "7B", "2B", "9B", "4B", "11B", "6B", "1B"]],
  ["minor", ["5A", "12A", "7A", "2A", "9A", "4A", "11A", "6A", "1A", "8A", "3A", "10A"]],
])("Camelot codes of all %s keys from C on", (scale, codes) => {
  expect(keyNames.map((key) => camelotOf(key, scale))).toEqual(codes);
});

describe("keys of chords", () => {
  test.each([
    ["I IV V I", 0, "organ", "C", "major"],
    ["I IV V I", 6, "saw", "F#", "major"],
    ["I vi IV V", 3, "pluck", "Eb", "major"],
    ["I IV I V7", 10, "pad", "Bb", "major"],
    ["i iv V i", 9, "organ", "A", "minor"],
    ["i iv V i", 1, "pluck", "C#", "minor"],
    ["i VI iv V", 7, "saw", "G", "minor"],
    ["i VII VI VII i", 2, "pad", "D", "minor"],
  ])("%s on %p, %s: %s %s", (name, tonic, timbre, key, scale) => {
    expect(analyseKey(essentia, played(name, tonic, timbre))).toMatchObject({ key, scale });
  });

  test.each([430, 433, 446, 451])("with A at %p Hz", (tuningHz) => {
    expect(analyseKey(essentia, played("I IV V I", 7, "organ", tuningHz))).toMatchObject({ key: "G", scale: "major" });
  });

  test("with drums", () => {
    const [, , , rock] = tuningPatterns;
    const [, kit] = tuningKits;
    if (!rock || !kit) throw new Error("no drums");
    const drums = renderHits(hitsOf(rock, steady(120), { lengthSec: 12 }), kit, 12);
    const mix = played("i iv V i", 4, "saw").map((value, index) => value * 0.5 + (drums[index] ?? 0) * 0.5);
    expect(analyseKey(essentia, mix)).toMatchObject({ key: "E", scale: "minor" });
  });

  test("the same sound gives the same numbers", () => {
    const samples = played("I IV V I", 5, "organ");
    const result = analyseKey(essentia, samples);
    expect(analyseKey(essentia, samples.slice())).toEqual(result);
    expect(structuredClone(result)).toEqual(result);
  });
});

test("where essentia's profiles agree, our scores name the same key but for close calls", () => {
  const random = makeRandom(9);
  let [agreed, same] = [0, 0];
  for (let round = 0; round < 200; round++) {
    const chroma = Float32Array.from({ length: 12 }, () => random());
    const vector = essentia.arrayToVector(chroma.map((_, index) => chroma[(index + 9) % 12] ?? 0));
    const [one, other] = profileNames.map((name) => essentia.Key(vector, 4, 12, name, 0.6, false, false, true));
    vector.delete();
    if (!one || one.key !== other?.key || one.scale !== other.scale) continue;
    const scores = keyScores([...chroma]);
    const best = allKeys[scores.indexOf(Math.max(...scores))];
    agreed++;
    if (best?.key === (one.key as KeyName) && best.scale === (one.scale as Scale)) same++;
  }
  expect(agreed).toBeGreaterThan(100);
  expect(same / agreed).toBeGreaterThan(0.97);
});

describe("sound without a key", () => {
  const random = makeRandom(8);
  const length = 10 * 44_100;
  test.each<[string, Float32Array, string]>([
    ["nothing", new Float32Array(0), "shorter than 1 s"],
    ["one sample", new Float32Array(1), "shorter than 1 s"],
    ["0.2 s", Float32Array.from({ length: 8820 }, () => random() - 0.5), "shorter than 1 s"],
    ["silence", new Float32Array(length), "silence"],
    ["direct current", new Float32Array(length).fill(0.5), "silence"],
    ["noise", Float32Array.from({ length }, () => random() * 2 - 1), "no clear tones"],
  ])("%s", (_, samples, reason) => {
    const result = analyseKey(essentia, samples);
    expect(result).toEqual({ key: null, scale: null, strength: 0, chroma: [], reason });
    expect(summariseKey([{ startSec: 0, endSec: 10, result }])).toEqual({
      ...{ key: null, scale: null, keyStrength: 0, camelot: null, reason },
      curve: [{ key: null, scale: null, strength: 0 }],
    });
  });
});

describe("summary", () => {
  const triads: Record<string, number[]> = { C: [0, 5, 7], Am: [9, 2, 4], G: [7, 0, 2], "F#": [6, 11, 1] };
  /** A window with the notes of the main chords of a key. */
  function made(name: string, strength = 0.8): KeyWindow {
    const chroma = new Array<number>(12).fill(50);
    const third = name.endsWith("m") ? 3 : 4;
    for (const [place, root] of (triads[name] ?? []).entries()) {
      for (const step of [0, third, 7])
        chroma[(root + step) % 12] = Math.max(chroma[(root + step) % 12] ?? 0, 1000 - 250 * place);
    }
    const key = keyNames.find((one) => one === name.replace("m", "")) ?? null;
    return { key, scale: name.endsWith("m") ? "minor" : "major", strength, chroma };
  }
  const none: KeyWindow = { key: null, scale: null, strength: 0, chroma: [], reason: "silence" };
  const summary = (results: KeyWindow[]) =>
    summariseKey(results.map((result, index) => ({ startSec: index * 30, endSec: index * 30 + 30, result })));

  test.each<[string, KeyWindow[], string | null, (string | null)[]]>([
    ["no windows", [], null, []],
    ["one key", [made("C"), made("C")], "8B", ["8B", "8B"]],
    ["a gap", [none, made("Am"), none], "8A", [null, "8A", null]],
    ["a faint one among others", [made("C"), made("F#", 0.1), made("C")], "8B", ["8B", "8B", "8B"]],
    ["a change", [made("C"), made("C"), made("F#"), made("F#"), made("F#")], "2B", ["8B", "8B", "2B", "2B", "2B"]],
  ])("%s", (_, results, camelot, curve) => {
    const found = summary(results);
    expect(found.camelot).toBe(camelot);
    expect(found.curve.map(({ key, scale }) => (key && scale ? camelotOf(key, scale) : null))).toEqual(curve);
    expect(found.reason === undefined).toBe(camelot !== null);
  });

  test("a key that changes is less strong", () => {
    const still = summary([made("C"), made("C"), made("C"), made("C")]);
    expect(summary([made("C"), made("C"), made("F#"), made("C")]).keyStrength).toBeLessThan(still.keyStrength);
  });
});

const missing = noFluidsynth();
describe.skipIf(missing !== null)(`General MIDI in all 24 keys (${missing ?? "fluidsynth"})`, () => {
  test.each([
    ["piano", 0],
    ["strings", 48],
  ])(
    "%s",
    async (_, program) => {
      const folder = mkdtempSync(join(tmpdir(), "phaze-key-"));
      /** All in one file, since to start fluidsynth takes longest: 4 bars of 2 s a key, and one of rest. */
      const notes = allKeys.flatMap(({ index, scale }) => {
        const progression = tuningProgressions.find((one) => one.scale === scale);
        if (!progression) throw new Error("no progression");
        const arrangement = { chords: program, bass: 32 };
        const played = notesOf(progression, index % 12, { bars: 4, seed: index, arrangement });
        return played.map((note) => ({ ...note, beat: note.beat + index * 20 }));
      });
      const sound = await renderMidi(writeMidi(notes, 120, { 0: program, 1: 32 }), folder);
      rmSync(folder, { recursive: true });
      let [right, score] = [0, 0];
      for (const { index, key, scale } of allKeys) {
        const found = analyseKey(essentia, sound.subarray(index * 10 * 44_100, (index * 10 + 8) * 44_100));
        const one = found.key && found.scale ? mirexScore({ key: found.key, scale: found.scale }, { key, scale }) : 0;
        score += one / 24;
        right += one === 1 ? 1 / 24 : 0;
      }
      expect(right).toBeGreaterThanOrEqual(0.9);
      expect(score).toBeGreaterThanOrEqual(0.96);
    },
    60_000,
  );
});
