import { allKeys, type Key } from "../../daemon/audio/key-profile.ts";
import { rateHz } from "./drum-synth.ts";
import { writeMidi } from "./midi-file.ts";
import {
  type Arrangement,
  heldOutProgressions,
  notesOf,
  type Progression,
  tuningProgressions,
} from "./progressions.ts";
import { renderMidi } from "./sound-tools.ts";

/** One instrument, or band, in all 24 keys. */
export interface KeyTruth {
  readonly set: string;
  readonly name: string;
  readonly arrangement: Arrangement;
  readonly progressions: readonly Progression[];
}

const bars = 8;
const bpm = 120;
const partBeats = bars * 4 + 4;

const bands: [string, string, Arrangement][] = [
  ["tuning", "piano, bass", { chords: 0, bass: 32 }],
  ["tuning", "strings, bass, flute", { chords: 48, bass: 33, melody: 73 }],
  ["tuning", "electric piano, synth, drums", { chords: 4, bass: 38, melody: 80, drums: true }],
  ["tuning", "organ", { chords: 19, melody: 19 }],
  ["held out", "guitar, bass", { chords: 24, bass: 32 }],
  ["held out", "pad, synth bass, lead", { chords: 89, bass: 39, melody: 81 }],
  ["held out", "choir", { chords: 52 }],
  ["held out", "brass, bass, trumpet, drums", { chords: 61, bass: 34, melody: 56, drums: true }],
  ["held out", "distorted guitars, drums", { chords: 29, bass: 34, melody: 30, drums: true }],
  ["held out", "accordion, clarinet", { chords: 21, melody: 71 }],
];

export const keyTruths: readonly KeyTruth[] = bands.map(([set, name, arrangement]) => ({
  set: `keys, ${set}`,
  name,
  arrangement,
  progressions: set === "tuning" ? tuningProgressions : heldOutProgressions,
}));

/** Sound of 16 s in each of the 24 keys, the progressions in turn. All is rendered at once: starting takes longest. */
export async function renderKeys(
  { progressions, arrangement }: KeyTruth,
  folder: string,
): Promise<{ truth: Key; progression: string; samples: Float32Array }[]> {
  const parts = allKeys.map((truth) => {
    const fitting = progressions.filter(({ scale }) => scale === truth.scale);
    return { truth, progression: fitting[(truth.index * 5) % fitting.length] as Progression };
  });
  const notes = parts.flatMap(({ truth, progression }) =>
    notesOf(progression, truth.index % 12, { bars, seed: truth.index, arrangement }).map((note) => ({
      ...note,
      beat: note.beat + truth.index * partBeats,
    })),
  );
  const { chords, bass = 0, melody = 0 } = arrangement;
  const sound = await renderMidi(writeMidi(notes, bpm, { 0: chords, 1: bass, 2: melody }), folder);
  const at = (beats: number) => Math.round((beats * 60 * rateHz) / bpm);
  return parts.map(({ truth, progression }) => ({
    truth,
    progression: progression.name,
    samples: sound.subarray(at(truth.index * partBeats), at(truth.index * partBeats + bars * 4)),
  }));
}
