import type { Dice } from "./dice.ts";

export const grooveVoices = ["kick", "snare", "hat", "shaker", "click", "accent"] as const;
export type GrooveVoice = (typeof grooveVoices)[number];

/** Drums of one or two bars, a character a step: X, x and o, each softer, others rest. */
export interface Groove {
  readonly family: Family;
  readonly bpm: number;
  readonly stepsPerBeat: number;
  readonly beatsPerBar: number;
  /** Where the second half of a pair of steps falls, 0.5: straight. */
  readonly swing: number;
  readonly lanes: Partial<Record<GrooveVoice, string>>;
}

/** Tempi (BPM) at which a family is counted like this. */
const families = {
  floor: [60, 200],
  rock: [60, 200],
  metronome: [60, 200],
  "two-step": [120, 200],
  "hip-hop": [70, 112],
  "half time": [130, 170],
  waltz: [80, 190],
  breakbeat: [85, 180],
  dembow: [80, 115],
  disco: [95, 140],
  shuffle: [75, 180],
} as const satisfies Record<string, readonly [number, number]>;
export type Family = keyof typeof families;

/**
 * The model was fitted to the first set only, each family as often as it is listed; it never saw what is held out. People
 * count the third at half the tempo as well.
 */
const sets = {
  tuning: [
    ...(["floor", "floor", "floor", "floor", "rock", "rock", "rock", "metronome", "metronome"] as const),
    ...(["two-step", "hip-hop", "waltz"] as const),
  ],
  "held out": ["breakbeat", "breakbeat", "dembow", "disco", "disco", "shuffle"],
  ambiguous: ["half time"],
} as const satisfies Record<string, readonly Family[]>;
export type GrooveSet = keyof typeof sets;

type Row = (stroke: (beat: number, part: number) => string) => string;

export function randomGroove(dice: Dice, set: GrooveSet): Groove {
  const { chance, pick, between } = dice;
  const family: Family = pick<Family>(sets[set]);
  const [slowest, fastest] = families[family];
  const bpm = between(slowest, fastest);
  const triplets = family === "shuffle" || (family === "half time" && chance(0.3));
  const stepsPerBeat = triplets ? 3 : 4;
  const beatsPerBar = family === "waltz" ? 3 : 4;
  const row: Row = (stroke) =>
    Array.from({ length: 2 * beatsPerBar * stepsPerBeat }, (_, i) =>
      stroke(Math.floor(i / stepsPerBeat), i % stepsPerBeat),
    ).join("");
  const swings = family === "hip-hop" ? 0.8 : triplets ? 0 : 0.12;
  const swing = chance(swings) ? between(0.52, 0.64) : 0.5;
  const drums = makers[family](dice, row, bpm);
  const lanes = family === "metronome" ? drums : { ...drums, ...cymbals(dice, row, bpm, triplets, family) };
  return { family, bpm, stepsPerBeat, beatsPerBar, swing, lanes };
}

type Lanes = Groove["lanes"];

const backbeat = (row: Row, stroke: string): string =>
  row((beat, part) => (part === 0 && beat % 2 === 1 ? stroke : "."));

/** A bar twice, or one of these and then another. */
const bars = ({ chance, pick }: Dice, choices: readonly string[]): string => {
  const first = pick(choices);
  return first + (chance(0.5) ? first : pick(choices));
};

const makers: Record<Family, (dice: Dice, row: Row, bpm: number) => Lanes> = {
  floor({ chance }, row) {
    const ghosts = chance(0.2) ? 0.15 : 0;
    return {
      kick: row((_, part) => (part === 0 ? "X" : chance(ghosts) ? "o" : ".")),
      snare: chance(0.55) ? backbeat(row, "X") : ".",
    };
  },
  rock({ chance, random }, row, bpm) {
    const extra = random() * 0.35;
    const ghosts = bpm < 110 && chance(0.3) ? 0.1 : 0;
    return {
      kick: row((beat, part) => {
        if (part === 0) return beat % 2 === 0 && (beat % 4 === 0 || chance(0.85)) ? "X" : ".";
        return part === 2 && chance(extra) ? "x" : ".";
      }),
      snare: row((beat, part) => (part === 0 && beat % 2 === 1 ? "X" : part % 2 === 1 && chance(ghosts) ? "o" : ".")),
    };
  },
  metronome: ({ chance, pick }, row) => ({
    click: row((_, part) => (part === 0 ? "x" : ".")),
    accent: chance(0.6) ? `X${".".repeat(4 * pick([3, 4]) - 1)}` : ".",
  }),
  "two-step": (dice, row) => ({
    kick: bars(dice, ["X.........X.....", "X.........X...x.", "X.....x...X....."]),
    snare: backbeat(row, "X"),
  }),
  "hip-hop": (dice, row) => ({
    kick: bars(dice, [
      "X......xX.......",
      "X.x.......X.....",
      "X.....X...X.....",
      "X..x...xX.x.....",
      "X.......X.X.....",
    ]),
    snare: backbeat(row, "X"),
  }),
  "half time": ({ chance }, row) => ({
    kick: row((beat, part) => (beat % 4 === 0 && part === 0 ? "X" : part === 2 && chance(0.12) ? "x" : ".")),
    snare: row((beat, part) => (beat % 4 === 2 && part === 0 ? "X" : ".")),
  }),
  waltz: (_, row) => ({
    kick: row((beat, part) => (beat % 3 === 0 && part === 0 ? "X" : ".")),
    snare: row((beat, part) => (beat % 3 > 0 && part === 0 ? "x" : ".")),
  }),
  breakbeat: (dice) => ({
    kick: bars(dice, ["X.X.......XX....", "X.X.......X.....", "X.....X...X..x..", "X..X......X....."]),
    snare: bars(dice, ["....X..o.o..X..o", "....X.......X...", "....X..o.o....X."]),
  }),
  dembow: (_, row) => ({
    kick: row((_beat, part) => (part === 0 ? "X" : ".")),
    snare: "...X..X....X..X.",
  }),
  disco: ({ chance }, row) => ({
    kick: row((_, part) => (part === 0 ? "X" : ".")),
    snare: row((beat, part) => (part === 0 && beat % 2 === 1 ? "X" : part === 3 && chance(0.1) ? "o" : ".")),
  }),
  shuffle: ({ chance }, row) => ({
    kick: row((beat, part) => (part === 0 && beat % 2 === 0 ? "X" : part === 2 && chance(0.15) ? "x" : ".")),
    snare: backbeat(row, "X"),
  }),
};

/** Hats and shakers; sixteenths are for music that is not too fast. */
function cymbals(dice: Dice, row: Row, bpm: number, triplets: boolean, family: Family): Lanes {
  const kinds = ["none", "offbeat", "eighths", "eighths", ...(bpm < 145 ? ["sixteenths"] : ["quarters"])];
  const lane = (kind: string) =>
    row((_, part) => {
      if (triplets) return kind === "none" ? "." : part === 0 ? "X" : part === 2 || kind === "sixteenths" ? "x" : ".";
      if (part === 0) return kind === "offbeat" || kind === "none" ? "." : "X";
      if (part === 2) return kind === "none" || kind === "quarters" ? "." : kind === "offbeat" ? "X" : accent;
      return kind === "sixteenths" ? soft : ".";
    });
  const accent = dice.pick(["X", "x", "o"]);
  const soft = dice.pick(["X", "x", "o"]);
  const kind = family === "disco" ? dice.pick(["offbeat", "sixteenths", "eighths"]) : dice.pick(kinds);
  return { hat: lane(kind), shaker: dice.chance(0.25) ? lane(dice.pick(kinds)) : "." };
}
