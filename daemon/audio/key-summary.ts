import { camelotOf, type KeyName, type Scale } from "../contract/keys.ts";
import type { KeyWindow } from "./key.ts";
import { allKeys, type Key, keyScores } from "./key-profile.ts";

export interface TimedKey {
  readonly startSec: number;
  readonly endSec: number;
  readonly result: KeyWindow;
}

export interface KeyPoint {
  readonly key: KeyName | null;
  readonly scale: Scale | null;
  /** 0…1 */
  readonly strength: number;
}

/** Key of a whole file. */
export interface KeySummary {
  /** Null without tones, then there is a reason. */
  readonly key: KeyName | null;
  readonly scale: Scale | null;
  /** 0…1: how well the key fits all the windows, lower when it changes. */
  readonly keyStrength: number;
  /** Such as "8A"; null without a key. */
  readonly camelot: string | null;
  /** One a window. A key that only one window among others has is taken for an error. */
  readonly curve: readonly KeyPoint[];
  readonly reason?: string;
}

/** What a change of key between windows must gain, as a correlation. */
const changeCost = 0.15;

/** The key that fits all windows best, and the most probable path of keys (Viterbi 1967; Noland and Sandler 2006). */
export function summariseKey(windows: readonly TimedKey[]): KeySummary {
  const heard = windows.filter(({ result }) => result.key !== null);
  const scores = heard.map(({ result }) => keyScores(result.chroma));
  const path = likeliestPath(
    scores.map((values, index) => values.map((value) => value * (heard[index]?.result.strength ?? 0))),
  );
  const points = new Map(heard.map(({ result }, index) => [result, pointOf(result, path[index], scores[index])]));
  const curve = windows.map(({ result }) => points.get(result) ?? { key: null, scale: null, strength: 0 });
  const best = bestOverall(heard, scores);
  if (best === null) {
    const reason = windows[0]?.result.reason ?? "no sound";
    return { key: null, scale: null, keyStrength: 0, camelot: null, curve, reason };
  }
  const { key, scale } = best.key;
  return { key, scale, keyStrength: best.strength, camelot: camelotOf(key, scale), curve };
}

/** The strength of a window is that of its own key; another one that is taken for it fits less. */
function pointOf(result: KeyWindow, key: Key | undefined, scores: readonly number[] | undefined): KeyPoint {
  if (!key || !scores) return { key: null, scale: null, strength: 0 };
  const share = Math.max(0, (scores[key.index] ?? 0) / Math.max(...scores));
  return { key: key.key, scale: key.scale, strength: Number((result.strength * share).toFixed(3)) };
}

/** Windows count by length and strength. */
function bestOverall(heard: readonly TimedKey[], scores: readonly number[][]): { key: Key; strength: number } | null {
  const weights = heard.map(({ startSec, endSec, result }) => Math.max(0, endSec - startSec) * result.strength);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return null;
  const sums = allKeys.map(({ index }) =>
    scores.reduce((sum, values, window) => sum + ((values[index] ?? 0) * (weights[window] ?? 0)) / total, 0),
  );
  const highest = Math.max(...sums);
  const key = allKeys[sums.indexOf(highest)];
  return key ? { key, strength: Number(Math.min(1, Math.max(0, highest)).toFixed(3)) } : null;
}

/** `steps`: a score for each of `allKeys` by window. */
function likeliestPath(steps: readonly (readonly number[])[]): Key[] {
  let sums = allKeys.map(() => 0);
  const origins: number[][] = [];
  for (const step of steps) {
    const lead = sums.indexOf(Math.max(...sums));
    const from = sums.map((sum, index) => (sum >= (sums[lead] ?? 0) - changeCost ? index : lead));
    sums = from.map((origin, index) => (sums[origin] ?? 0) - (origin === index ? 0 : changeCost) + (step[index] ?? 0));
    origins.push(from);
  }
  let place = sums.indexOf(Math.max(...sums));
  const path: Key[] = [];
  for (const from of origins.toReversed()) {
    const key = allKeys[place];
    if (key) path.unshift(key);
    place = from[place] ?? place;
  }
  return path;
}
