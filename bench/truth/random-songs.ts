import { type Dice, makeDice } from "./dice.ts";
import { limited, rateHz } from "./drum-synth.ts";
import { applyEffects } from "./random-effects.ts";
import { type Groove, type GrooveSet, type GrooveVoice, grooveVoices, randomGroove } from "./random-grooves.ts";
import { addTones } from "./random-tones.ts";
import { randomVoices } from "./random-voices.ts";
import { ramp, steady, type TempoMap } from "./tempo-map.ts";

export interface RandomSong {
  readonly family: string;
  /** Averaged over the whole. */
  readonly bpm: number;
  readonly sound: Float32Array;
}

/** What is where, shared by all layers. */
export interface Score {
  readonly groove: Groove;
  readonly lengthSec: number;
  /** Beat to seconds; the first beat is before the start. */
  readonly timeOf: (beat: number) => number;
  /** Without drums. */
  readonly rest: readonly [number, number];
}

const gains: Record<string, number> = { X: 1, x: 0.7, o: 0.35 };

/**
 * Music put together at random: drums, each part from −30 to +6 dB beside the kick, bass, chords, melody, voices,
 * effects, breaks, fades and gaps. Held-out songs have other drum patterns and other sounds of drums.
 */
export function randomSong(seed: number, set: GrooveSet, lengthSec = 30): RandomSong {
  const dice = makeDice(seed);
  const groove = randomGroove(dice, set);
  const isHeldOut = set === "held out";
  const { bpm, family } = groove;
  const score: Score = {
    groove,
    lengthSec,
    timeOf: randomTimes(dice, bpm, lengthSec),
    rest: randomRest(dice, lengthSec),
  };
  const mix = new Float32Array(lengthSec * rateHz);
  const kicks = addDrums(dice, score, mix, isHeldOut);
  if (family !== "metronome" && !dice.chance(0.2)) addTones(dice, score, mix, kicks);
  if (!dice.chance(0.2)) applyEffects(dice, mix, isHeldOut);
  return { family, bpm, sound: limited(mix) };
}

/** Steady, or in one of six a few BPM faster or slower at the end. */
function randomTimes({ chance, between, random }: Dice, bpm: number, lengthSec: number): (beat: number) => number {
  const bend = chance(0.16) ? between(-0.03, 0.03) * bpm : 0;
  const tempo: TempoMap = bend === 0 ? steady(bpm) : ramp(bpm - bend, bpm + bend, lengthSec);
  const early = random() * 4;
  return (beat) => (beat < early ? tempo.timeOf(0) - 1 : tempo.timeOf(beat - early));
}

function randomRest({ chance, between }: Dice, lengthSec: number): readonly [number, number] {
  if (!chance(0.15)) return [0, 0];
  const sec = between(8, Math.min(16, lengthSec / 2));
  const from = between(-4, lengthSec - sec + 4);
  return [from, from + sec];
}

/** Adds the drums, and gives the times of kicks. */
function addDrums(
  dice: Dice,
  { groove, lengthSec, timeOf, rest }: Score,
  mix: Float32Array,
  isHeldOut: boolean,
): number[] {
  const voices = randomVoices(dice, isHeldOut);
  const jitterSec = dice.chance(0.5) ? 0 : 0.01 * dice.random();
  /** A machine plays all strokes alike. */
  const uneven = dice.chance(0.5) ? 0 : 0.15;
  const kicks: number[] = [];
  for (const voice of grooveVoices) {
    const lane = groove.lanes[voice];
    if (!lane?.match(/[Xxo]/)) continue;
    const level = levelOf(dice, voice);
    for (let step = 0; ; step++) {
      const atSec = timeOf(swung(step, groove)) + jitterSec * (dice.random() - 0.5) * 2;
      if (atSec >= lengthSec) break;
      const gain = gains[lane[step % lane.length] ?? ""];
      if (gain === undefined || atSec < 0 || (atSec >= rest[0] && atSec < rest[1])) continue;
      addAt(mix, voices[voice], atSec, 0.4 * level * gain * (1 - uneven * dice.random()));
      if (voice === "kick") kicks.push(atSec);
    }
  }
  return kicks;
}

/** A snare that cannot be heard would leave a beat of half the tempo. */
function levelOf({ level }: Dice, voice: GrooveVoice): number {
  if (voice === "kick" || voice === "click") return 1;
  if (voice === "accent") return level(-6, 6);
  return voice === "snare" ? level(-15, 6) : level(-30, 6);
}

function swung(step: number, { swing, stepsPerBeat }: Groove): number {
  const late = stepsPerBeat === 4 && step % 2 === 1 ? 2 * swing - 1 : 0;
  return (step + late) / stepsPerBeat;
}

export function addAt(mix: Float32Array, sound: Float32Array, atSec: number, gain: number): void {
  const from = Math.round(atSec * rateHz);
  const end = Math.min(sound.length, mix.length - from);
  for (let i = Math.max(0, -from); i < end; i++)
    mix[from + i] = (mix[from + i] as number) + gain * (sound[i] as number);
}
