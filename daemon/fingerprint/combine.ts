import type { FingerprintEngine, SidecarMatch } from "../contract/sidecar.ts";

/** What one engine found. */
export interface EngineMatches {
  engine: FingerprintEngine;
  matches: readonly SidecarMatch[];
}

/** A stretch of a sound that is a stretch of a known recording, by all engines that found it. Times in s. */
export interface Match {
  /** The recording: the file's id. */
  id: number;
  /** The engine that is surest, and all of them. Score, times and ratios are the surest one's. */
  engine: FingerprintEngine;
  engines: FingerprintEngine[];
  score: number;
  /** That it is so, 0 … 1. */
  probability: number;
  queryStartSec: number;
  queryEndSec: number;
  refStartSec: number;
  refEndSec: number;
  tempoRatio: number;
  pitchRatio: number;
  /** Why, in sentences. */
  reasons: string[];
}

/**
 * How evidence becomes a probability: a logistic regression, fitted as `bench fingerprint-calibrate` does it on a tuning split of
 * other music than any figure is reported for. Of the surest engine: its score up to `enough` (as a part of it), and the
 * share of the reference's peaks that are there; and whether both engines say so. Score alone grows with the length of
 * what is compared, share alone is chance in short stretches: each needs the other.
 */
export const calibration = {
  bias: -11.82,
  score: 6.56,
  share: 13.28,
  both: 1.21,
  enough: 24,
  /** What is less likely is not told. */
  leastProbability: 0.5,
} as const;

/** Least share of the shorter of two stretches that both have, and how far apart their references may be, s. */
const leastOverlap = 0.5;
const mostOffsetSec = 2;

type Found = SidecarMatch & { engine: FingerprintEngine };

/** Which time of the reference a stretch puts at a time of the query, s. */
function referenceAt(match: SidecarMatch, querySec: number): number {
  const length = match.queryEndSec - match.queryStartSec;
  const pace = length > 0 ? (match.refEndSec - match.refStartSec) / length : 1;
  return match.refStartSec + (querySec - match.queryStartSec) * pace;
}

/** The stretch that both have over the length of the shorter: 0 … 1. */
export function overlapOf(a: { start: number; end: number }, b: { start: number; end: number }): number {
  const common = Math.min(a.end, b.end) - Math.max(a.start, b.start);
  const shorter = Math.min(a.end - a.start, b.end - b.start);
  return shorter > 0 ? Math.max(0, common) / shorter : 0;
}

/** Whether two engines, or one twice, mean the same stretch of the same recording. */
function sameStretch(a: Found, b: Found): boolean {
  if (a.id !== b.id) return false;
  const stretch = (match: Found) => ({ start: match.queryStartSec, end: match.queryEndSec });
  if (overlapOf(stretch(a), stretch(b)) < leastOverlap) return false;
  const start = Math.max(a.queryStartSec, b.queryStartSec);
  const middle = (start + Math.min(a.queryEndSec, b.queryEndSec)) / 2;
  return Math.abs(referenceAt(a, middle) - referenceAt(b, middle)) <= mostOffsetSec;
}

/** What the probability is made of: 1, score, share, agreement. */
export function featuresOf(group: readonly SidecarMatch[]): number[] {
  const best = group.reduce((a, b) => (b.score > a.score ? b : a));
  const agreed = group.length > 1 && group.every(({ tempoRatio }) => Math.abs(tempoRatio - best.tempoRatio) < 0.02);
  const share = best.foundPeaks / Math.max(1, best.expectedPeaks);
  return [1, Math.min(best.score, calibration.enough) / calibration.enough, share, agreed ? 1 : 0];
}

function probabilityOf(group: readonly Found[]): number {
  const weights = [calibration.bias, calibration.score, calibration.share, calibration.both];
  const sum = featuresOf(group).reduce((total, value, at) => total + value * (weights[at] as number), 0);
  return 1 / (1 + Math.exp(-sum));
}

/** A ratio in words: 1.031 is "3.1 % faster"; null when nobody could tell. */
function deviation(ratio: number, more: string, less: string): string | null {
  const percent = Math.abs(ratio - 1) * 100;
  return percent < 0.1 ? null : `${percent.toFixed(1)} % ${ratio > 1 ? more : less}`;
}

function reasonOf(match: Found): string {
  const peaks = `${match.foundPeaks} of ${match.expectedPeaks} peaks of the reference are there`;
  const parts = [
    `${match.engine}: ${peaks} (chance: ${Math.round(match.chancePeaks)})`,
    deviation(match.tempoRatio, "faster", "slower"),
    deviation(match.pitchRatio, "higher", "lower"),
  ];
  return parts.filter((part) => part !== null).join(", ");
}

function toMatch(group: readonly Found[]): Match {
  const best = group[0] as Found;
  return {
    id: best.id,
    engine: best.engine,
    engines: group.map(({ engine }) => engine),
    score: best.score,
    probability: probabilityOf(group),
    queryStartSec: best.queryStartSec,
    queryEndSec: best.queryEndSec,
    refStartSec: best.refStartSec,
    refEndSec: best.refEndSec,
    tempoRatio: best.tempoRatio,
    pitchRatio: best.pitchRatio,
    reasons: group.map(reasonOf),
  };
}

/** Puts together what the engines found, by the time of the query. What is unlikely is left out. */
export function combineMatches(perEngine: readonly EngineMatches[]): Match[] {
  const found: Found[] = perEngine
    .flatMap(({ engine, matches }) => matches.map((match) => ({ ...match, engine })))
    .sort((a, b) => b.score - a.score);
  const groups: Found[][] = [];
  for (const match of found) {
    const group = groups.find(([first]) => first && sameStretch(first, match));
    if (!group) groups.push([match]);
    // What an engine says a second time of one stretch says nothing new.
    else if (!group.some(({ engine }) => engine === match.engine)) group.push(match);
  }
  return groups
    .map(toMatch)
    .filter(({ probability }) => probability >= calibration.leastProbability)
    .sort((a, b) => a.queryStartSec - b.queryStartSec || b.probability - a.probability);
}
