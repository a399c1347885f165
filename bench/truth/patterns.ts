import { makeRandom } from "./random.ts";
import type { TempoMap } from "./tempo-map.ts";

export const voices = ["kick", "snare", "hat", "open", "clap", "rim", "tom", "ride", "click", "accent"] as const;
export type Voice = (typeof voices)[number];

/** A stroke; `gain` 0…1. */
export interface Hit {
  readonly atSec: number;
  readonly voice: Voice;
  readonly gain: number;
}

/** One or more bars of drums, a character a step: X loud, x, o soft, others rest. */
export interface Pattern {
  readonly name: string;
  readonly stepsPerBeat: number;
  readonly lanes: Partial<Record<Voice, string>>;
  /** Where the second half of a beat falls, 0.5 straight to 0.67 triplets. */
  readonly swing?: number;
  /** Tempi (BPM) at which people would count it like this. */
  readonly tempi?: readonly [number, number];
  /** People count it at half or double this tempo as well. */
  readonly ambiguous?: true;
}

const gains: Record<string, number> = { X: 1, x: 0.75, o: 0.35 };

/** Strokes of a pattern to `lengthSec`, from `offsetSec` on; loudness and, by `jitterSec`, time vary as played by hand. */
export function hitsOf(
  pattern: Pattern,
  tempo: TempoMap,
  { lengthSec, offsetSec = 0, jitterSec = 0, seed = 1 }: HitOptions,
): Hit[] {
  const random = makeRandom(seed);
  const hits: Hit[] = [];
  for (const [voice, lane] of Object.entries(pattern.lanes) as [Voice, string][]) {
    const steps = lane.replaceAll(" ", "");
    for (let step = 0; ; step++) {
      const atSec = offsetSec + tempo.timeOf(swung(step / pattern.stepsPerBeat, pattern.swing ?? 0.5));
      if (atSec >= lengthSec) break;
      const gain = gains[steps[step % steps.length] ?? ""];
      if (gain === undefined) continue;
      const early = (random() - 0.5) * 2 * jitterSec;
      hits.push({ atSec: Math.max(0, atSec + early), voice, gain: gain * (0.85 + 0.15 * random()) });
    }
  }
  return hits.sort((one, other) => one.atSec - other.atSec);
}

export interface HitOptions {
  readonly lengthSec: number;
  readonly offsetSec?: number;
  readonly jitterSec?: number;
  readonly seed?: number;
}

function swung(beat: number, swing: number): number {
  const whole = Math.floor(beat);
  const part = beat - whole;
  return whole + (part < 0.5 ? part * 2 * swing : swing + (part - 0.5) * 2 * (1 - swing));
}

/** With these the analysis was tuned. */
export const tuningPatterns: readonly Pattern[] = [
  { name: "click", stepsPerBeat: 1, lanes: { click: "x" } },
  { name: "accented click", stepsPerBeat: 1, lanes: { accent: "X...", click: ".xxx" } },
  { name: "four on the floor", stepsPerBeat: 2, lanes: { kick: "x.", hat: ".x", clap: "..x." } },
  { name: "rock", stepsPerBeat: 2, lanes: { kick: "x...x...", snare: "..x...x.", hat: "xo" } },
  {
    name: "rock, 16ths",
    stepsPerBeat: 4,
    lanes: { kick: "x.....x.x.......", snare: "....x.......x...", hat: "xoxo" },
    tempi: [60, 135],
  },
  {
    name: "boom bap",
    stepsPerBeat: 4,
    lanes: { kick: "x.....x...x.....", snare: "....x.......x..o", hat: "x.x." },
    tempi: [70, 110],
    swing: 0.54,
  },
  {
    name: "two-step",
    stepsPerBeat: 2,
    lanes: { kick: "x....x..", snare: "..x...x.", hat: "xx" },
    tempi: [120, 200],
  },
  { name: "pop", stepsPerBeat: 2, lanes: { kick: "x..xx...", snare: "..x...x.", hat: "xx" } },
];

/** With these it was not: what a change did to them was looked at, but nothing was fitted to them. */
export const heldOutPatterns: readonly Pattern[] = [
  { name: "rim clicks, 3/4", stepsPerBeat: 1, lanes: { rim: "Xoo" } },
  {
    name: "disco",
    stepsPerBeat: 4,
    lanes: { kick: "x...", snare: "....x...", hat: "x.o.", open: "..x." },
    tempi: [90, 140],
  },
  {
    name: "shuffle",
    stepsPerBeat: 2,
    lanes: { kick: "x...x...", snare: "..x...x.", ride: "xx" },
    swing: 0.66,
    tempi: [70, 170],
  },
  {
    name: "breakbeat",
    stepsPerBeat: 4,
    lanes: { kick: "x.x.......xx....", snare: "....x..o.o..x..o", ride: "x.x." },
    tempi: [90, 180],
  },
  {
    name: "funk",
    stepsPerBeat: 4,
    lanes: { kick: "x.x....x.xx..x..", snare: "....x..o.o.ox..o", hat: "xxxx", open: "......x........." },
    tempi: [80, 125],
  },
  { name: "techno rumble", stepsPerBeat: 4, lanes: { kick: "X.oo", tom: "..oo..o.", ride: "..x." }, tempi: [115, 155] },
  {
    name: "bossa",
    stepsPerBeat: 4,
    lanes: { kick: "x..xx..x", rim: "x..x..x...x..x..", hat: "xoxo" },
    tempi: [60, 100],
    ambiguous: true,
  },
  {
    name: "half time",
    stepsPerBeat: 2,
    lanes: { kick: "x....x..", snare: "....x...", hat: "xx" },
    tempi: [120, 180],
    ambiguous: true,
  },
  {
    name: "punk",
    stepsPerBeat: 2,
    lanes: { kick: "x.xx", snare: ".x..", ride: "x" },
    tempi: [90, 130],
    ambiguous: true,
  },
  { name: "march", stepsPerBeat: 4, lanes: { kick: "x.......", snare: "o.ooX.oo", tom: "....x..." }, tempi: [80, 140] },
  { name: "waltz", stepsPerBeat: 2, lanes: { kick: "x.....", snare: "..x.x.", hat: "x.x.x." }, tempi: [80, 190] },
];
