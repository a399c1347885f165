import type {
  AnalysisWindow,
  KeyResult,
  LoudnessResult,
  MoodResult,
  RhythmResult,
} from "../../../daemon/contract/analysis.ts";
import { camelotOf, type KeyName, type Scale } from "../../../daemon/contract/keys.ts";
import { saveKey, saveLoudness, saveMood, saveRhythm } from "../../../daemon/db/analysis.ts";
import { startMs } from "./canned-proposals.ts";
import { setRun } from "./fake-sound.ts";
import type { World } from "./fake-world.ts";

const windowSec = 30;

export interface Sketch {
  durationSec: number;
  /** All of the window's index and its place, 0 … 1. */
  bpm?: (index: number, place: number) => number | null;
  key?: (index: number, place: number) => readonly [KeyName, Scale] | null;
  mood?: (index: number, place: number) => Record<string, number>;
  danceability?: (index: number, place: number) => number;
  loudness?: Partial<LoudnessResult>;
  rhythm?: Partial<RhythmResult>;
  moodResult?: Partial<MoodResult>;
  coverage?: number;
  corruptFrames?: number;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;

/** Stores what the four stages would have found in a file's sound, and ends their runs. */
export function plantSound(world: World, fileId: number, sketch: Sketch): void {
  const { durationSec, coverage = 1, corruptFrames = 0 } = sketch;
  const decoded = { durationSec, coverage, corruptFrames };
  const count = Math.max(1, Math.ceil(durationSec / windowSec));
  const each = <T>(of: (index: number, place: number) => T) =>
    Array.from({ length: count }, (_, index) => of(index, index / count));
  const loudness: LoudnessResult = {
    decoded,
    loudnessLufs: -9.8,
    loudnessRangeLu: 6.2,
    truePeakDb: -0.31,
    replayGainDb: -8.2,
    replayGainPeak: 0.965,
    notes: [],
    ...sketch.loudness,
  };
  saveLoudness(world.sound, fileId, loudness, startMs);
  const curve = each(sketch.bpm ?? (() => 128));
  const bpm = middle(curve.filter((value) => value !== null));
  const rhythm: RhythmResult = { decoded, bpm, bpmConfidence: 0.72, windowSec, curve, ...sketch.rhythm };
  saveRhythm(world.sound, fileId, rhythm, startMs);
  const keys = each(sketch.key ?? (() => ["A", "minor"] as const));
  const [key, scale] = keys[Math.floor(count / 2)] ?? [null, null];
  const keyResult: KeyResult = {
    decoded,
    key,
    scale,
    camelot: key && scale && camelotOf(key, scale),
    keyStrength: key ? 0.81 : 0,
    ...(key ? {} : { reason: "no clear tones" }),
    windowSec,
    curve: keys.map((found) => ({ key: found?.[0] ?? null, scale: found?.[1] ?? null, strength: found ? 0.7 : 0 })),
  };
  saveKey(world.sound, fileId, keyResult, startMs);
  if (sketch.mood) {
    const moods = each(sketch.mood);
    const dance = each(sketch.danceability ?? (() => 0.8));
    const style = [
      ...[
        ["electronic", 0.81],
        ["house", 0.64],
        ["dance", 0.55],
        ["electronica", 0.31],
        ["80s", 0.12],
        ["rock", 0.02],
      ].map(([name, probability]) => ({ name: String(name), probability: Number(probability) })),
    ];
    const result: MoodResult = {
      decoded,
      modelsId: "test",
      mood: Object.fromEntries(
        Object.keys(moods[0] ?? {}).map((name) => [name, mean(moods.map((all) => all[name] ?? 0))]),
      ),
      danceability: mean(dance),
      style,
      missing: [],
      windowSec,
      curve: moods.map((mood, at) => ({ mood, danceability: dance[at] ?? null, style: style.slice(0, 2) })),
      ...sketch.moodResult,
    };
    saveMood(world.sound, fileId, result, startMs);
    setRun(world, fileId, "mood", "done");
  }
  for (const stage of ["loudness", "rhythm", "key"]) setRun(world, fileId, stage, "done");
}

const wheelWalk: readonly (readonly [KeyName, Scale])[] = [
  ["A", "minor"],
  ["E", "minor"],
  ["E", "minor"],
  ["G", "major"],
  ["B", "minor"],
  ["F#", "minor"],
  ["A", "major"],
  ["C#", "minor"],
  ["Ab", "minor"],
  ["Eb", "minor"],
];
const wave = (place: number, turns: number, shift: number) =>
  0.5 + 0.5 * Math.sin(2 * Math.PI * (place * turns + shift));
const clamp = (share: number) => Math.min(1, Math.max(0, share));

/** A set that gets faster, walks along the wheel of keys, and goes from relaxed to wild and back. */
export const djSet = (durationSec: number): Sketch => ({
  durationSec,
  bpm: (index, place) =>
    Math.abs(place - 0.62) < 0.02 ? null : Number((118 + 16 * clamp(place * 1.25) + (index % 7) * 0.15).toFixed(2)),
  key: (index, place) => {
    if (Math.abs(place - 0.62) < 0.02) return null;
    return wheelWalk[Math.min(9, Math.floor(place * 10 + (index % 5 === 4 ? 0.3 : 0)))] ?? null;
  },
  mood: (index, place) => ({
    happy: clamp(0.15 + 0.6 * wave(place, 2, 0.1) + (index % 3) * 0.04),
    aggressive: clamp(place * 1.1 - 0.2 + (index % 4) * 0.05 - (place > 0.85 ? 0.5 : 0)),
    relaxed: clamp(0.9 - place * 1.2 + (place > 0.85 ? 0.7 : 0) + (index % 5) * 0.03),
    sad: clamp(0.3 * wave(place, 3, 0.5)),
  }),
  danceability: (index, place) => clamp(0.55 + 0.4 * wave(place, 1, 0.8) + (index % 6) * 0.01),
});

/** A short series with a gap. */
export const cannedWindows: readonly AnalysisWindow[] = [
  { startSec: 0, endSec: 30, bpm: 118, key: "A", scale: "minor", mood: { happy: 0.2, sad: 0.3 }, danceability: 0.5 },
  { startSec: 30, endSec: 60, bpm: null, key: null, scale: null, mood: { happy: 0.9, sad: 0.1 }, danceability: null },
  {
    startSec: 60,
    endSec: 75,
    bpm: 124.53,
    key: "E",
    scale: "minor",
    mood: { happy: 0.4, sad: 0.2 },
    danceability: 0.7,
  },
];
