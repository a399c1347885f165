import { firstAt, type Peaks } from "../peaks.ts";
import { type Line, queryFrameOf, refFrameOf } from "./line.ts";

/** What the reference predicts in a stretch of the query, and what is there. */
export interface Evidence {
  /** Peaks of the reference in the stretch. */
  expected: number;
  /** Those that the query has too, at the right time and pitch. */
  found: number;
  /** How many chance would give: as many as on lines beside the true one. */
  chance: number;
  /** Found above chance, in standard deviations of what a wrong line gives. */
  score: number;
}

/** A peak is there when one is so near: frames (35 ms) and cents. */
const nearFrames = 3;
const nearCents = 20;
/** Lines beside the true one that show what chance gives: frames and cents away. */
const beside = [
  [-211, 0],
  [173, 0],
  [0, 57],
  [0, -61],
  [331, 43],
  [-307, -47],
  [97, -83],
  [-131, 71],
] as const;
/** Least and most of the peaks that chance is taken to give: music that repeats itself is beside itself as well. */
const chanceRange = [0.02, 0.08] as const;

/** Counts reference peaks of query frames `from` … `to` that the query has; `pairs` takes the places of both. */
export function countPeaks(
  query: Peaks,
  reference: Peaks,
  from: number,
  to: number,
  line: Line,
  frames = nearFrames,
  cents = nearCents,
  pairs?: number[],
): { found: number; expected: number } {
  let found = 0;
  let expected = 0;
  const end = refFrameOf(line, to);
  let start = firstAt(query.frame, from - frames);
  for (let at = firstAt(reference.frame, refFrameOf(line, from)); at < reference.frame.length; at++) {
    const refFrame = reference.frame[at] as number;
    if (refFrame >= end) break;
    expected++;
    const frame = queryFrameOf(line, refFrame);
    const pitch = (reference.cents[at] as number) - line.cents;
    while (start < query.frame.length && (query.frame[start] as number) < frame - frames) start++;
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let other = start; other < query.frame.length && (query.frame[other] as number) <= frame + frames; other++) {
      const off = Math.abs((query.cents[other] as number) - pitch);
      if (off > cents) continue;
      const distance = Math.abs((query.frame[other] as number) - frame) / frames + off / cents;
      if (distance < least) {
        least = distance;
        nearest = other;
      }
    }
    if (nearest < 0) continue;
    found++;
    pairs?.push(at, nearest);
  }
  return { found, expected };
}

/** Draws the line through the peaks that both have, closer and closer. The reference must reach beyond the stretch. */
export function fitLine(query: Peaks, reference: Peaks, from: number, to: number, guess: Line): Line {
  let line = guess;
  for (const [frames, cents] of [
    [8, 35],
    [5, 25],
    [3, 20],
    [3, 15],
  ] as const) {
    const pairs: number[] = [];
    countPeaks(query, reference, from, to, line, frames, cents, pairs);
    const count = pairs.length / 2;
    if (count < 4) return line;
    let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
    const offsets: number[] = [];
    for (let at = 0; at < pairs.length; at += 2) {
      const y = reference.frame[pairs[at] as number] as number;
      const x = query.frame[pairs[at + 1] as number] as number;
      sx += x;
      sy += y;
      sxx += x * x;
      sxy += x * y;
      offsets.push((reference.cents[pairs[at] as number] as number) - (query.cents[pairs[at + 1] as number] as number));
    }
    const spread = count * sxx - sx * sx;
    const slope = spread > 0 ? (count * sxy - sx * sy) / spread : line.tempo;
    const tempo = Math.abs(slope / guess.tempo - 1) < 0.03 ? slope : line.tempo;
    offsets.sort((a, b) => a - b);
    line = { tempo, start: (sy - tempo * sx) / count, cents: offsets[count >> 1] as number };
  }
  return line;
}

/** Weighs a line over a stretch of the query. */
export function weigh(query: Peaks, reference: Peaks, from: number, to: number, line: Line): Evidence {
  const { found, expected } = countPeaks(query, reference, from, to, line);
  if (expected === 0) return { expected, found, chance: 0, score: 0 };
  let share = 0;
  for (const [frames, cents] of beside) {
    const other = { tempo: line.tempo, start: line.start + frames, cents: line.cents + cents };
    const there = countPeaks(query, reference, from, to, other);
    share += there.expected > 0 ? there.found / there.expected / beside.length : 0;
  }
  const chance = Math.min(chanceRange[1], Math.max(chanceRange[0], share)) * expected;
  return { expected, found, chance, score: (found - chance) / Math.sqrt(chance + 1) };
}
