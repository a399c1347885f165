import { type Instruments, makeInstruments } from "./instruments.ts";
import type { Song } from "./songs.ts";

/** Sampling rate of the demo: speech-like bandwidth, but it keeps encoding to seconds. */
export const demoRateHz = 22_050;
/** Samples of one MPEG 2 layer 3 frame; sections are whole frames, so that encoded sections can be joined. */
export const frameSamples = 576;

export const sectionNames = ["main", "lift", "break"] as const;
export type SectionName = (typeof sectionNames)[number];
/** Mono, −1…1, at demoRateHz; a whole number of frames and of beats. */
export type Sections = Readonly<Record<SectionName, Float32Array>>;

/** How a song goes; about 60–125 seconds by its tempo. */
export const arrangement: readonly SectionName[] = ["main", "lift", "lift", "break", "main", "lift", "lift", "main"];
/** The same song in under a minute, for formats that cannot repeat encoded parts. */
export const shortArrangement: readonly SectionName[] = ["main", "break", "lift"];

const sectionBars: Readonly<Record<SectionName, number>> = { main: 8, lift: 4, break: 4 };
const beatsPerBar = 4;

/** Seeded pseudo-random numbers in 0…1 (Mulberry32, public domain): one song always sounds the same. */
export function seededRandom(text: string): () => number {
  let state = 2_166_136_261;
  for (const char of text) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16_777_619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Chords as steps of the scale. */
const progressions = [
  [0, 5, 2, 6],
  [0, 3, 5, 4],
  [0, 6, 5, 6],
  [0, 4, 5, 3],
  [0, 2, 3, 4],
] as const;
const scales = { major: [0, 2, 4, 5, 7, 9, 11], minor: [0, 2, 3, 5, 7, 8, 10] } as const;

interface Score {
  readonly song: Song;
  readonly instruments: Instruments;
  readonly progression: readonly number[];
  readonly bassRhythm: readonly number[];
  readonly leadSteps: readonly number[];
}

/** The three sections of a song: its tempo, key, harmony, rhythm and sounds follow from the song alone. */
export function renderSong(song: Song): Sections {
  const random = seededRandom(song.id);
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const score: Score = {
    song,
    instruments: makeInstruments(demoRateHz, random),
    progression: pick(progressions),
    bassRhythm: Array.from({ length: 8 }, (_, eighth) => (eighth === 0 || random() < 0.55 ? 1 : 0)),
    leadSteps: Array.from({ length: 16 }, () => (random() < 0.6 ? Math.floor(random() * 7) : -1)),
  };
  return {
    main: renderSection(score, "main"),
    lift: renderSection(score, "lift"),
    break: renderSection(score, "break"),
  };
}

function renderSection(score: Score, name: SectionName): Float32Array {
  const beats = sectionBars[name] * beatsPerBar;
  const wanted = (beats * 60 * demoRateHz) / score.song.bpm;
  const out = new Float32Array(Math.round(wanted / frameSamples) * frameSamples);
  const beat = out.length / beats;
  if (score.song.beat !== "none" && name !== "break") addDrums(out, score, beat, name);
  if (name !== "break") addBass(out, score, beat);
  addChords(out, score, beat, name);
  if (name !== "main") addLead(out, score, beat);
  for (let at = 0; at < out.length; at++) out[at] = Math.tanh((out[at] ?? 0) * 1.2) * 0.8;
  return out;
}

/** Positions in quarter beats of a bar. */
const kicks = { four: [0, 4, 8, 12], broken: [0, 6, 10], half: [0, 7], none: [] } as const;
const snares = { four: [4, 12], broken: [4, 12, 15], half: [8], none: [] } as const;

function addDrums(out: Float32Array, score: Score, beat: number, name: SectionName): void {
  const { instruments, song } = score;
  const step = beat / 4;
  for (let start = 0; start < out.length; start += 16 * step) {
    for (const at of kicks[song.beat]) instruments.kick(out, start + at * step);
    for (const at of snares[song.beat]) instruments.snare(out, start + at * step);
    for (let at = name === "lift" ? 0 : 2; at < 16; at += name === "lift" ? 2 : 4)
      instruments.hat(out, start + at * step);
  }
}

/** Midi number of a scale step above the root in the given octave. */
function midiNote(song: Song, step: number, octave: number): number {
  const scale = scales[song.mode];
  return 12 * (octave + 1 + Math.floor(step / 7)) + song.root + (scale[step % 7] ?? 0);
}

/** The chord's first scale step at a sample; each section goes through the progression once. */
function chordAt(score: Score, out: Float32Array, at: number): number {
  return score.progression[Math.floor((at / out.length) * score.progression.length)] ?? 0;
}

function addBass(out: Float32Array, score: Score, beat: number): void {
  for (let eighth = 0; eighth * beat * 0.5 < out.length; eighth++) {
    if (!score.bassRhythm[eighth % 8]) continue;
    const octave = eighth % 8 === 7 ? 2 : 1;
    score.instruments.bass(
      out,
      eighth * beat * 0.5,
      beat * 0.45,
      midiNote(score.song, chordAt(score, out, eighth * beat * 0.5), octave),
    );
  }
}

function addChords(out: Float32Array, score: Score, beat: number, name: SectionName): void {
  const bar = beat * beatsPerBar;
  for (let index = 0; index * bar < out.length; index++) {
    const chord = chordAt(score, out, index * bar);
    for (const step of name === "break" ? [0, 2, 4, 7] : [0, 2, 4]) {
      score.instruments.chord(out, index * bar, bar * 0.97, midiNote(score.song, chord + step, 3));
    }
  }
}

function addLead(out: Float32Array, score: Score, beat: number): void {
  for (let sixteenth = 0; sixteenth * beat * 0.25 < out.length; sixteenth++) {
    const step = score.leadSteps[sixteenth % 16] ?? -1;
    if (step < 0) continue;
    const chord = chordAt(score, out, sixteenth * beat * 0.25);
    score.instruments.lead(
      out,
      sixteenth * beat * 0.25,
      beat * 0.4,
      midiNote(score.song, chord + (leadScale[step] ?? 0), 4),
    );
  }
}

/** Steps above the chord's first that the lead moves over. */
const leadScale = [0, 2, 4, 7, 9, 4, 2];

/** The sections of a song one after another, for formats that are encoded as a whole. */
export function arrange(sections: Sections, names: readonly SectionName[]): Float32Array {
  const out = new Float32Array(names.reduce((sum, name) => sum + sections[name].length, 0));
  let at = 0;
  for (const name of names) {
    out.set(sections[name], at);
    at += sections[name].length;
  }
  return out;
}
