import type { Kit } from "./drum-synth.ts";
import { renderHits } from "./drum-synth.ts";
import { type HitOptions, hitsOf, type Pattern, type Voice } from "./patterns.ts";
import { makeRandom } from "./random.ts";
import { ramp, steady } from "./tempo-map.ts";

const lengthSec = 20;
const styles = ["beat", "beat", "beat", "fast", "shuffle", "floor", "floor", "metronome", "waltz", "march"] as const;
type Style = (typeof styles)[number];

interface Dice {
  readonly random: () => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(values: readonly T[]) => T;
}

function makeDice(seed: number): Dice {
  const random = makeRandom(seed);
  return {
    random,
    chance: (share) => random() < share,
    pick: (values) => values[Math.floor(random() * values.length)] as never,
  };
}

/** Drums as no list has them, with their tempo (BPM): styles, strokes, sounds, and in one of four a tempo that changes. */
export function randomDrums(seed: number): { name: string; bpm: number; sound: Float32Array } {
  const dice = makeDice(seed * 7919 + 13);
  const style = dice.pick(styles);
  const bpm = randomTempo(dice, style);
  const pattern = randomPattern(dice, style, bpm);
  const bend = dice.chance(0.25) ? 1 + 4 * dice.random() : 0;
  const tempo = bend > 0 ? ramp(bpm - bend, bpm + bend, lengthSec) : steady(bpm);
  const options: HitOptions = {
    lengthSec,
    offsetSec: dice.random(),
    jitterSec: dice.chance(0.4) ? 0 : 0.012 * dice.random(),
    seed,
  };
  return { name: style, bpm, sound: renderHits(hitsOf(pattern, tempo, options), randomKit(dice), lengthSec) };
}

/** Half even from 60 to 200, half as music is: around 118, in octaves ±0.38. */
function randomTempo({ random, chance }: Dice, style: Style): number {
  if (style === "fast") return 155 + 45 * random();
  if (style === "floor" && chance(0.7)) return 110 + 50 * random();
  if (chance(0.5)) return 60 + 140 * random();
  const normal = Math.sqrt(-2 * Math.log(random() + 1e-9)) * Math.cos(2 * Math.PI * random());
  return Math.min(205, Math.max(58, 118 * 2 ** (normal * 0.38)));
}

function randomKit({ random, chance }: Dice): Kit {
  return {
    name: "random",
    kickHz: 42 + 60 * random(),
    kickSec: 0.06 + 0.35 * random(),
    snareHz: 150 + 200 * random(),
    snareSec: 0.05 + 0.2 * random(),
    hatSec: 0.015 + 0.08 * random(),
    clickHz: 500 + 3000 * random(),
    hiss: chance(0.5) ? 0 : 0.02 * random(),
    bright: 0.1 + 0.8 * random(),
  };
}

function randomPattern(dice: Dice, style: Style, bpm: number): Pattern {
  const { chance, pick, random } = dice;
  if (style === "metronome") return metronome(dice);
  const stepsPerBeat = style === "shuffle" ? 3 : 4;
  const beats = style === "waltz" ? 3 : pick([4, 4, 8]);
  const row = (stroke: (beat: number, part: number) => string) =>
    Array.from({ length: beats * stepsPerBeat }, (_, i) => stroke(Math.floor(i / stepsPerBeat), i % stepsPerBeat)).join(
      "",
    );
  const weak = 2;
  /** Sixteenths are for slow music. */
  const dense = bpm < 80 ? 0.65 : bpm < 105 ? 0.5 : bpm < 135 ? 0.25 : bpm < 150 ? 0.08 : 0.02;
  const loose = random() * (bpm < 140 ? 0.3 : 0.2);
  const lanes: Partial<Record<Voice, string>> = {};
  if (style === "floor") {
    lanes.kick = row((_, part) => (part === 0 ? "X" : "."));
    lanes.clap = chance(0.7) ? row((beat, part) => (part === 0 && beat % 2 === 1 ? "x" : ".")) : ".";
    lanes.tom = chance(0.4) ? row((_, part) => (part !== 0 && chance(0.3) ? "o" : ".")) : ".";
  } else if (style === "waltz") {
    lanes.kick = row((beat, part) => (beat === 0 && part === 0 ? "X" : "."));
    lanes[pick(["snare", "rim"] as const)] = row((beat, part) => (beat > 0 && part === 0 ? "x" : "."));
  } else if (style === "march") {
    lanes.kick = row((beat, part) => (part === 0 && beat % 2 === 0 ? "x" : "."));
    lanes.snare = row((beat, part) => (part === 0 ? (beat % 2 ? "X" : "x") : bpm < 150 && chance(0.3) ? "o" : "."));
  } else {
    lanes.kick = row((beat, part) => {
      if (part === 0) return beat % 4 === 0 || (beat % 4 === 2 && chance(0.6)) ? "x" : ".";
      return chance(part === weak ? loose : dense * loose * 0.6) ? "x" : ".";
    });
    lanes.snare = row((beat, part) => (part === 0 ? (beat % 2 ? "X" : ".") : chance(loose * 0.35) ? "o" : "."));
  }
  lanes[pick(["hat", "hat", "ride", "open"] as const)] = hats(dice, row, weak, dense, style === "floor");
  const swing = stepsPerBeat === 4 && chance(0.15) ? 0.5 + 0.17 * random() : 0.5;
  return { name: style, stepsPerBeat, lanes, swing };
}

function hats(
  { chance, pick }: Dice,
  row: (stroke: (beat: number, part: number) => string) => string,
  weak: number,
  dense: number,
  isFloor: boolean,
): string {
  if (isFloor && chance(0.6)) return row((_, part) => (part === weak ? "x" : "."));
  const kind = chance(dense) ? "16" : chance(0.72) ? "8" : pick(["4", "off", "none"]);
  return row((_, part) => {
    if (part === 0) return kind === "off" || kind === "none" ? "." : "x";
    if (part === weak) return kind === "16" || kind === "off" ? "x" : kind === "8" ? pick(["x", "o", "x"]) : ".";
    return kind === "16" ? pick(["o", "o", "x"]) : ".";
  });
}

function metronome({ chance, pick }: Dice): Pattern {
  const voice = pick(["click", "rim", "hat", "kick", "snare"] as const);
  const accent = chance(0.5) ? `X${".".repeat(pick([1, 2, 3, 3]))}` : ".";
  return { name: "metronome", stepsPerBeat: 1, lanes: { [voice]: "x", accent } };
}
