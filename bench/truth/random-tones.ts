import type { Dice } from "./dice.ts";
import { rateHz } from "./drum-synth.ts";
import { addAt, type Score } from "./random-songs.ts";

const hzOf = (pitch: number): number => 440 * 2 ** ((pitch - 69) / 12);

/** A note of some partials that dies away after `sec`: its level falls by `decaySec`, 0 holds. */
function note(hz: number, sec: number, attackSec: number, decaySec: number, partials: number): Float32Array {
  const made = new Float32Array(Math.round((sec + 0.02) * rateHz));
  for (let k = 1; k <= partials && hz * k < 9000; k++) {
    for (let i = 0; i < made.length; i++) {
      made[i] = (made[i] as number) + Math.sin((2 * Math.PI * hz * k * i) / rateHz) / k / 2;
    }
  }
  for (let i = 0; i < made.length; i++) {
    const t = i / rateHz;
    const level =
      Math.min(1, t / attackSec, Math.max(0, sec + 0.02 - t) / 0.02) * (decaySec ? Math.exp(-t / decaySec) : 1);
    made[i] = (made[i] as number) * level;
  }
  return made;
}

/** Bass, chords, melody and a voice, each with some chance; the kick may push them down. */
export function addTones(dice: Dice, score: Score, mix: Float32Array, kicks: readonly number[]): void {
  const tones = new Float32Array(mix.length);
  const roots = Array.from({ length: 4 }, () => dice.pick([0, 3, 5, 7, 8, 10]));
  const key = dice.pick([33, 36, 38, 40, 43]);
  const perChord = dice.pick([score.groove.beatsPerBar, score.groove.beatsPerBar, 2, 8]);
  const rootOf = (beat: number): number => key + (roots[Math.floor(beat / perChord) % 4] ?? 0);
  if (dice.chance(0.65)) addBass(dice, score, tones, rootOf);
  if (dice.chance(0.5)) addChords(dice, score, tones, rootOf, perChord);
  if (dice.chance(0.35)) addMelody(dice, score, tones, rootOf);
  if (dice.chance(0.25)) addVoice(dice, score, tones);
  if (dice.chance(0.25)) pump(dice, tones, kicks);
  for (let i = 0; i < mix.length; i++) mix[i] = (mix[i] as number) + (tones[i] as number);
}

/** Plays a note wherever `beats` says, until the end. */
function play(
  { lengthSec, timeOf }: Score,
  into: Float32Array,
  stepBeats: number,
  offset: number,
  gain: number,
  sound: (beat: number) => Float32Array | null,
): void {
  for (let beat = offset; timeOf(beat) < lengthSec; beat += stepBeats) {
    const made = timeOf(beat) < 0 ? null : sound(beat);
    if (made) addAt(into, made, timeOf(beat), gain);
  }
}

/** Notes by pitch, each made once. */
const kept = (make: (pitch: number) => Float32Array): ((pitch: number) => Float32Array) => {
  const made = new Map<number, Float32Array>();
  return (pitch) => {
    const one = made.get(pitch) ?? make(pitch);
    made.set(pitch, one);
    return one;
  };
};

function addBass(dice: Dice, score: Score, into: Float32Array, rootOf: (beat: number) => number): void {
  const { bpm } = score.groove;
  const kind = dice.pick(["drone", "offbeat", "quarters", "eighths", bpm < 150 ? "sixteenths" : "offbeat"]);
  const gain = 0.4 * dice.level(-24, 0);
  const partials = dice.pick([1, 3, 8]);
  if (kind === "drone") {
    addAt(into, note(hzOf(rootOf(0)), score.lengthSec, 0.3, 0, partials), 0, gain);
    return;
  }
  const step = kind === "sixteenths" ? 0.25 : kind === "eighths" ? 0.5 : 1;
  const attack = dice.pick([0.003, 0.01, 0.03]);
  const sounds = kept((pitch) =>
    note(hzOf(pitch), (step * 60 * 0.8) / bpm, attack, dice.pick([0, 0.1, 0.3]), partials),
  );
  const skipsKick = kind === "sixteenths" && dice.chance(0.5);
  play(score, into, step, kind === "offbeat" ? 0.5 : 0, gain, (beat) =>
    skipsKick && beat % 1 === 0 ? null : sounds(rootOf(beat)),
  );
}

function addChords(
  dice: Dice,
  score: Score,
  into: Float32Array,
  rootOf: (beat: number) => number,
  beats: number,
): void {
  const { chance, pick, level } = dice;
  const isHard = chance(0.5);
  const sec = (beats * 60) / score.groove.bpm;
  const third = pick([3, 4]);
  const decay = isHard ? pick([0, 0.3, 1]) : 0;
  const sounds = kept((root) => {
    const mix = new Float32Array(Math.round((sec + 0.05) * rateHz));
    for (const up of [24, 24 + third, 31])
      addAt(mix, note(hzOf(root + up), sec, isHard ? 0.005 : 0.25, decay, 4), 0, 0.5);
    return mix;
  });
  const stabs = isHard && chance(0.25);
  play(score, into, stabs ? pick([1, 2]) : beats, stabs ? 0.5 : 0, 0.4 * level(-24, 0), (beat) => sounds(rootOf(beat)));
}

function addMelody(dice: Dice, score: Score, into: Float32Array, rootOf: (beat: number) => number): void {
  const { bpm } = score.groove;
  const step = bpm < 145 && dice.chance(0.5) ? 0.25 : 0.5;
  const order = Array.from({ length: dice.pick([3, 4, 8, 8, 16]) }, () => dice.pick([36, 39, 43, 46, 48, null]));
  const sounds = kept((pitch) => note(hzOf(pitch), (step * 60 * 1.5) / bpm, 0.004, dice.pick([0.1, 0.3]), 5));
  play(score, into, step, 0, 0.4 * dice.level(-26, 0), (beat) => {
    const up = order[Math.round(beat / step) % order.length] ?? null;
    return up === null ? null : sounds(rootOf(beat) + up);
  });
}

/** Syllables of tone and noise, not in time. */
function addVoice(dice: Dice, { lengthSec }: Score, into: Float32Array): void {
  const gain = 0.4 * dice.level(-24, 0);
  for (let sec = 0; sec < lengthSec; sec += dice.between(0.12, 0.5)) {
    if (dice.chance(0.25)) continue;
    const sound = note(dice.between(130, 400), dice.between(0.1, 0.4), dice.between(0.01, 0.06), 0, 10);
    const breath = dice.between(0, 0.25);
    for (let i = 0; i < sound.length && i < 3000; i++) {
      sound[i] = (sound[i] as number) + breath * (dice.random() * 2 - 1) * Math.exp(-i / 1000);
    }
    addAt(into, sound, sec, gain);
  }
}

/** Down at every kick and slowly up again. */
function pump({ between }: Dice, tones: Float32Array, kicks: readonly number[]): void {
  const [depth, sec] = [between(0.3, 0.9), between(0.1, 0.4)];
  for (const [index, atSec] of kicks.entries()) {
    const from = Math.round(atSec * rateHz);
    const end = Math.min(from + sec * rateHz, tones.length, Math.round((kicks[index + 1] ?? Infinity) * rateHz));
    for (let i = from; i < end; i++) {
      tones[i] = (tones[i] as number) * (1 - depth * (1 - (i - from) / (sec * rateHz)));
    }
  }
}
