import type { RhythmWindow, TempoCandidate } from "./rhythm.ts";

export interface TimedRhythm {
  readonly startSec: number;
  readonly endSec: number;
  readonly result: RhythmWindow;
}

/** Tempo of a whole file. */
export interface RhythmSummary {
  /** The tempo that most of the file has; null without a beat, then there is a reason. */
  readonly bpm: number | null;
  /** 0…1: clear beat, sure octave, one tempo throughout. */
  readonly bpmConfidence: number;
  /** BPM of each window, octaves in line with the neighbours'; null where there is no beat. */
  readonly curve: readonly (number | null)[];
  readonly reason?: string;
}

/** What it costs to change the tempo by an octave between windows, in units of a logarithm of probability. */
const changeCost = 4;
/** The least probability: half and double of what a window found may be right though it did not say so. */
const unlikely = 0.01;
/** Tempi closer than this are one: 2 %. */
const sameOctaves = 0.0286;

/**
 * The most probable path through all windows' candidates (Viterbi 1967), so that windows agree about the octave; then
 * the tempo where most of the path's time lies, each window by how clear its beat is, so that an intro hardly counts.
 */
export function summariseRhythm(windows: readonly TimedRhythm[]): RhythmSummary {
  const heard = windows.filter(({ result }) => result.bpm !== null);
  const path = likeliestPath(heard.map(({ result }) => withOctaves(result)));
  const points = heard.map(({ startSec, endSec, result }, index) => {
    const { bpm, weight } = path[index] ?? { bpm: 0, weight: 0 };
    return { bpm, weight, share: result.confidence * Math.max(0, endSec - startSec), confidence: result.confidence };
  });
  const found = new Map(heard.map((window, index) => [window, points[index]?.bpm ?? null]));
  const curve = windows.map((window) => found.get(window) ?? null);
  const main = mainTempo(points);
  if (main === null) {
    return { bpm: null, bpmConfidence: 0, curve, reason: windows[0]?.result.reason ?? "no sound" };
  }
  return { bpm: main.bpm, bpmConfidence: main.confidence, curve };
}

interface Option extends TempoCandidate {
  readonly score: number;
}

/** Candidates and the octaves of the first, each scored by what the window says, the more the clearer it is. */
function withOctaves({ candidates, confidence }: RhythmWindow): Option[] {
  const first = candidates[0]?.bpm ?? 0;
  const octaves = [first / 2, first * 2]
    .filter((bpm) => candidates.every((one) => Math.abs(Math.log2(one.bpm / bpm)) > sameOctaves))
    .map((bpm) => ({ bpm, weight: 0 }));
  return [...candidates, ...octaves].map(({ bpm, weight }) => ({
    bpm,
    weight,
    score: Math.max(0.05, confidence) * Math.log(Math.max(unlikely, weight)),
  }));
}

function likeliestPath(steps: readonly (readonly Option[])[]): Option[] {
  let scores: number[] = [];
  const origins: number[][] = [];
  for (const [index, options] of steps.entries()) {
    const before = steps[index - 1] ?? [];
    const next = options.map(({ bpm, score }) => {
      let [best, from] = [index === 0 ? 0 : -Infinity, 0];
      for (const [place, last] of before.entries()) {
        const reached = (scores[place] ?? 0) - changeCost * Math.min(1, Math.abs(Math.log2(bpm / last.bpm)));
        if (reached > best) [best, from] = [reached, place];
      }
      return { score: best + score, from };
    });
    scores = next.map(({ score }) => score);
    origins.push(next.map(({ from }) => from));
  }
  let place = scores.indexOf(Math.max(...scores));
  const path: Option[] = [];
  for (let index = steps.length - 1; index >= 0; index--) {
    const option = steps[index]?.[place];
    if (option) path.unshift(option);
    place = origins[index]?.[place] ?? 0;
  }
  return path;
}

interface Point {
  readonly bpm: number;
  readonly weight: number;
  /** Seconds, weighted. */
  readonly share: number;
  readonly confidence: number;
}

/** Less of the time at one tempo than this, and the tempo is one that keeps changing. */
const leastShare = 0.35;

/** The median of the points around that of them which most others agree with, or of all when few agree. */
function mainTempo(points: readonly Point[]): { bpm: number; confidence: number } | null {
  const total = sumOf(points);
  if (!(total > 0)) return null;
  const groups = points.map((point) =>
    points.filter((other) => Math.abs(Math.log2(point.bpm / other.bpm)) < sameOctaves),
  );
  const most = groups.reduce((best, group) => (sumOf(group) > sumOf(best) ? group : best), []);
  const share = sumOf(most) / total;
  const bpm = medianTempo(share < leastShare ? points : most);
  const clear = most.reduce((sum, point) => sum + point.share * point.confidence * (0.5 + 0.5 * point.weight), 0);
  const confidence = (clear / sumOf(most)) * share;
  return { bpm: Number(bpm.toFixed(2)), confidence: Number(Math.min(1, confidence).toFixed(3)) };
}

const sumOf = (points: readonly Point[]): number => points.reduce((sum, { share }) => sum + share, 0);

function medianTempo(points: readonly Point[]): number {
  let rest = sumOf(points) / 2;
  const middle = points
    .toSorted((one, other) => one.bpm - other.bpm)
    .find(({ share }) => {
      rest -= share;
      return rest <= 0;
    });
  return middle?.bpm ?? points[0]?.bpm ?? 0;
}
