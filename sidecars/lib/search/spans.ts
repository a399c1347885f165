import { frameRate } from "../parameters.ts";
import { type Peaks, slicePeaks } from "../peaks.ts";
import { type Line, queryFrameOf, refFrameOf } from "./line.ts";
import { countPeaks, type Evidence } from "./verify.ts";

/** A verified window: query frames `from` … `to` lie on a recording along a line. */
export interface Verified {
  id: number;
  from: number;
  to: number;
  line: Line;
  evidence: Evidence;
}

/** A stretch of the query that is one stretch of a recording, from windows that follow each other. */
export interface Span {
  id: number;
  from: number;
  to: number;
  refFrom: number;
  refTo: number;
  tempo: number;
  cents: number;
  evidence: Evidence;
}

/** What windows of one span may differ by: frames of the reference, tempo, cents; and what may lie between them, s. */
const joint = { frames: frameRate, tempo: 0.015, cents: 40, gapSec: 45 };
/** Ends are looked for so far beyond the outermost windows, s, in bins of a second. */
const beyondSec = 40;
const binFrames = frameRate;
/** Part of a span's own share of found peaks that its faded ends are expected to have. */
const fadedShare = 0.25;
/** What is faded in or out is heard before it can be told from chance: medians on the tuning split, s. */
const fade = { inSec: 1.25, outSec: 1.25 };

/** Puts windows of one recording together that lie on one line. */
export function chain(windows: readonly Verified[]): Verified[][] {
  const chains: Verified[][] = [];
  for (const window of [...windows].sort((a, b) => a.from - b.from)) {
    const middle = (window.from + window.to) / 2;
    const fits = chains.filter((others) => {
      const last = others.at(-1) as Verified;
      return (
        window.from - last.to < joint.gapSec * frameRate &&
        Math.abs(refFrameOf(window.line, middle) - refFrameOf(last.line, middle)) <
          joint.frames * (1 + Math.max(0, window.from - last.to) / (20 * frameRate)) &&
        Math.abs(window.line.tempo / last.line.tempo - 1) < joint.tempo &&
        Math.abs(window.line.cents - last.line.cents) < joint.cents
      );
    });
    if (fits[0]) fits[0].push(window);
    else chains.push([window]);
  }
  return chains;
}

/** Of the query's seconds, the run that is likelier to be the recording than not: the largest sum of logarithms of odds. */
function likeliestRun(found: readonly number[], expected: readonly number[], share: number, chance: number) {
  let best = 0;
  let sum = 0;
  let start = 0;
  let run: [number, number] | null = null;
  for (let at = 0; at < found.length; at++) {
    const there = found[at] as number;
    const missing = (expected[at] as number) - there;
    sum += there * Math.log(share / chance) + missing * Math.log((1 - share) / (1 - chance));
    if (sum <= 0) {
      sum = 0;
      start = at + 1;
    } else if (sum > best) {
      best = sum;
      run = [start, at + 1];
    }
  }
  return run;
}

/** Makes a span of windows that follow each other, with its ends to the second. `readReference` gives peaks of ref frames. */
export function spanOf(
  windows: readonly Verified[],
  query: Peaks,
  queryFrames: number,
  refFrames: number,
  readReference: (from: number, to: number) => Peaks,
): Span {
  const first = windows[0] as Verified;
  const last = windows.at(-1) as Verified;
  const lineAt = (frame: number): Line => {
    let nearest = first;
    for (const window of windows)
      if (Math.abs((window.from + window.to) / 2 - frame) < Math.abs((nearest.from + nearest.to) / 2 - frame))
        nearest = window;
    return nearest.line;
  };
  // No further than the reference itself goes.
  const start = Math.max(0, first.from - beyondSec * frameRate, queryFrameOf(first.line, 0));
  const end = Math.min(queryFrames, last.to + beyondSec * frameRate, queryFrameOf(last.line, refFrames));
  const found: number[] = [];
  const expected: number[] = [];
  const near = slicePeaks(query, start - frameRate, end + frameRate);
  const reference = readReference(refFrameOf(first.line, start) - frameRate, refFrameOf(last.line, end) + frameRate);
  for (let from = start; from < end; from += binFrames) {
    const to = Math.min(end, from + binFrames);
    const counted = countPeaks(near, reference, from, to, lineAt((from + to) / 2));
    found.push(counted.found);
    expected.push(counted.expected);
  }
  const sum = (pick: (evidence: Evidence) => number) => windows.reduce((all, { evidence }) => all + pick(evidence), 0);
  const chanceShare = Math.max(
    0.02,
    sum(({ chance }) => chance) /
      Math.max(
        1,
        sum((evidence) => evidence.expected),
      ),
  );
  const ownShare = Math.max(...windows.map(({ evidence }) => evidence.found / Math.max(1, evidence.expected)));
  const share = Math.max(chanceShare * 2, Math.min(0.95, ownShare * fadedShare));
  const run = likeliestRun(found, expected, share, chanceShare);
  const from = run ? Math.max(start, start + run[0] * binFrames - fade.inSec * frameRate) : first.from;
  const to = run ? Math.min(end, start + run[1] * binFrames + fade.outSec * frameRate) : last.to;
  const [a, b] = run ?? [0, found.length];
  const total = (values: number[]) => values.slice(a, b).reduce((all, value) => all + value, 0);
  const evidence: Evidence = { found: total(found), expected: total(expected), chance: 0, score: 0 };
  evidence.chance = chanceShare * evidence.expected;
  evidence.score = (evidence.found - evidence.chance) / Math.sqrt(evidence.chance + 1);
  const refFrom = refFrameOf(lineAt(from), from);
  const refTo = refFrameOf(lineAt(to), to);
  const middle = windows[windows.length >> 1] as Verified;
  return { id: first.id, from, to, refFrom, refTo, tempo: middle.line.tempo, cents: middle.line.cents, evidence };
}

const overlap = (a: Span, b: Span) =>
  Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from)) / Math.max(1, a.to - a.from);
const shareOf = ({ evidence }: Span) => evidence.found / Math.max(1, evidence.expected);

/**
 * Leaves out what a better span explains: a second place of the same recording (music repeats itself), and a recording
 * that shares but some of its sounds with the one that is really there.
 */
export function withoutShadows(spans: readonly Span[]): Span[] {
  const kept: Span[] = [];
  for (const span of [...spans].sort(
    (a, b) => b.evidence.found - b.evidence.chance - (a.evidence.found - a.evidence.chance),
  )) {
    const shadowed = kept.some((better) => {
      const part = overlap(span, better);
      return better.id === span.id ? part > 0.5 : part > 0.7 && shareOf(span) < 0.7 * shareOf(better);
    });
    if (!shadowed) kept.push(span);
  }
  return kept.sort((a, b) => a.from - b.from || b.evidence.score - a.evidence.score);
}
