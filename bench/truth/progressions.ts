import type { Note } from "./midi-file.ts";
import { makeRandom } from "./random.ts";

export type Scale = "major" | "minor";

/** Chords by their degree in the scale; "V" is the major dominant in minor too, "v" the one without leading note. */
export interface Progression {
  readonly name: string;
  readonly scale: Scale;
  readonly chords: readonly string[];
}

/** Semitones above the tonic. */
const chordTones: Record<Scale, Record<string, readonly number[]>> = {
  major: {
    I: [0, 4, 7],
    ii: [2, 5, 9],
    iii: [4, 7, 11],
    IV: [5, 9, 12],
    V: [7, 11, 14],
    V7: [7, 11, 14, 17],
    vi: [9, 12, 16],
    I7: [0, 4, 7, 11],
    ii7: [2, 5, 9, 12],
    iv: [5, 8, 12],
    bVII: [10, 14, 17],
    II: [2, 6, 9],
  },
  minor: {
    i: [0, 3, 7],
    iid: [2, 5, 8],
    III: [3, 7, 10],
    iv: [5, 8, 12],
    v: [7, 10, 14],
    V: [7, 11, 14],
    V7: [7, 11, 14, 17],
    VI: [8, 12, 15],
    VII: [10, 14, 17],
    i7: [0, 3, 7, 10],
    IV: [5, 9, 12],
  },
};

const scaleTones: Record<Scale, readonly number[]> = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
};

export const tuningProgressions: readonly Progression[] = [
  { name: "I IV V I", scale: "major", chords: ["I", "IV", "V", "I"] },
  { name: "I vi IV V", scale: "major", chords: ["I", "vi", "IV", "V"] },
  { name: "I IV I V7", scale: "major", chords: ["I", "IV", "I", "V7"] },
  { name: "i iv V i", scale: "minor", chords: ["i", "iv", "V", "i"] },
  { name: "i VI iv V", scale: "minor", chords: ["i", "VI", "iv", "V"] },
  { name: "i VII VI VII i", scale: "minor", chords: ["i", "VII", "VI", "VII", "i", "i", "v", "i"] },
];

export const heldOutProgressions: readonly Progression[] = [
  { name: "I V vi IV", scale: "major", chords: ["I", "V", "vi", "IV", "I", "V", "IV", "I"] },
  { name: "ii7 V7 I7", scale: "major", chords: ["ii7", "V7", "I7", "I7", "ii7", "V7", "I7", "vi"] },
  { name: "I iii IV iv", scale: "major", chords: ["I", "iii", "IV", "iv", "I", "II", "V", "I"] },
  { name: "I bVII IV I", scale: "major", chords: ["I", "bVII", "IV", "I", "I", "IV", "V", "I"] },
  { name: "circle", scale: "minor", chords: ["i", "iv", "VII", "III", "VI", "iid", "V7", "i"] },
  { name: "i v iv i", scale: "minor", chords: ["i", "v", "iv", "i", "i", "VI", "VII", "i"] },
  { name: "Andalusian", scale: "minor", chords: ["i", "VII", "VI", "V"] },
  { name: "vamp", scale: "minor", chords: ["i7", "i7", "iv", "i7"] },
];

export interface Arrangement {
  /** General MIDI programs of channels 0 (chords), 1 (bass) and 2 (melody); absent ones do not play. */
  readonly chords: number;
  readonly bass?: number;
  readonly melody?: number;
  readonly drums?: boolean;
}

/** A progression in a key, `bars` bars of 4/4; the melody is made from `seed`. `tonic`: semitones above C. */
export function notesOf(
  progression: Progression,
  tonic: number,
  { bars, seed, arrangement }: { bars: number; seed: number; arrangement: Arrangement },
): Note[] {
  const random = makeRandom(seed);
  const notes: Note[] = [];
  const low = tonic > 6 ? tonic - 12 : tonic;
  for (let bar = 0; bar < bars; bar++) {
    const name = progression.chords[bar % progression.chords.length] ?? "";
    const chord = chordTones[progression.scale][name];
    if (!chord) throw new Error(`no chord ${name}`);
    const beat = bar * 4;
    for (const tone of chord) notes.push({ beat, beats: 4, channel: 0, pitch: 60 + low + (tone % 12), velocity: 80 });
    if (arrangement.bass !== undefined) {
      for (const at of [0, 2]) {
        notes.push({ beat: beat + at, beats: 2, channel: 1, pitch: 36 + low + ((chord[0] ?? 0) % 12), velocity: 90 });
      }
    }
    if (arrangement.melody !== undefined) {
      for (let at = 0; at < 4; at += 1) {
        const tones = random() < 0.6 ? chord : scaleTones[progression.scale];
        const tone = tones[Math.floor(random() * tones.length)] ?? 0;
        notes.push({ beat: beat + at, beats: 1, channel: 2, pitch: 72 + low + (tone % 12), velocity: 85 });
      }
    }
    if (arrangement.drums) notes.push(...drumBar(beat));
  }
  return notes;
}

function drumBar(beat: number): Note[] {
  const strokes: [number, number][] = [
    [0, 36],
    [1, 38],
    [2, 36],
    [3, 38],
  ];
  for (let at = 0; at < 4; at += 0.5) strokes.push([at, 42]);
  return strokes.map(([at, pitch]) => ({ beat: beat + at, beats: 0.25, channel: 9, pitch, velocity: 90 }));
}
