import type { AnalysisWindow } from "../daemon/contract/analysis.ts";
import type { KeyName, Scale } from "../daemon/contract/keys.ts";

/** Some neighbouring values as one: those of the indices `from` … `to − 1`. */
export interface Bucket {
  from: number;
  to: number;
  min: number;
  max: number;
  mean: number;
}

/** Bounds of at most `columns` groups of neighbours that cover `count` values: n + 1 indices. */
export function groupBounds(count: number, columns: number): number[] {
  const groups = Math.min(count, Math.max(1, Math.floor(columns)));
  return Array.from({ length: count === 0 ? 0 : groups + 1 }, (_, at) => Math.floor((at * count) / groups));
}

const groupsOf = (count: number, columns: number): [number, number][] => {
  const bounds = groupBounds(count, columns);
  return bounds.slice(1).map((to, at) => [bounds[at] as number, to]);
};

/** A series in at most `columns` buckets, whose extremes are kept; null where a bucket has no value. */
export function thin(values: readonly (number | null | undefined)[], columns: number): (Bucket | null)[] {
  return groupsOf(values.length, columns).map(([from, to]) => {
    const known = values.slice(from, to).filter((value) => value !== null && value !== undefined);
    if (known.length === 0) return null;
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    return { from, to, min: Math.min(...known), max: Math.max(...known), mean };
  });
}

const px = (value: number) => `${Math.round(value * 10) / 10}`;

type Place = (value: number) => number;

/** A line of steps through the buckets, with their extremes; it breaks where there is no value. */
export function linePath(buckets: readonly (Bucket | null)[], xOf: Place, yOf: Place): string {
  let path = "";
  let drawing = false;
  for (const bucket of buckets) {
    if (bucket) {
      const { from, to, min, max } = bucket;
      path += drawing ? `V${px(yOf(max))}` : `M${px(xOf(from))} ${px(yOf(max))}`;
      if (min !== max) path += `V${px(yOf(min))}`;
      path += `H${px(xOf(to))}`;
    }
    drawing = bucket !== null;
  }
  return path;
}

/** The area between the means of the buckets and the base line; nothing where there is no value. */
export function areaPath(buckets: readonly (Bucket | null)[], xOf: Place, yOf: Place): string {
  const base = px(yOf(0));
  let path = "";
  let drawing = false;
  for (const bucket of buckets) {
    if (drawing && !bucket) path += `V${base}Z`;
    if (bucket)
      path += `${drawing ? "" : `M${px(xOf(bucket.from))} ${base}`}V${px(yOf(bucket.mean))}H${px(xOf(bucket.to))}`;
    drawing = bucket !== null;
  }
  return drawing ? `${path}V${base}Z` : path;
}

/** A stretch in one key: windows `from` … `to − 1`. */
export interface KeyBlock {
  from: number;
  to: number;
  key: KeyName;
  scale: Scale;
}

type Keyed = Pick<AnalysisWindow, "key" | "scale" | "keyStrength">;

/** The key that is heard most in some windows; null without any. */
function mainKey(windows: readonly Keyed[]): { key: KeyName; scale: Scale } | null {
  const heard = new Map<string, { key: KeyName; scale: Scale; weight: number }>();
  for (const { key, scale, keyStrength } of windows) {
    if (!key || !scale) continue;
    const known = heard.get(`${key} ${scale}`);
    const weight = (known?.weight ?? 0) + Math.max(0.01, keyStrength ?? 1);
    heard.set(`${key} ${scale}`, { key, scale, weight });
  }
  return [...heard.values()].sort((a, b) => b.weight - a.weight)[0] ?? null;
}

/** Stretches of one key each, at most `columns`; stretches without a key are left out. */
export function keyBlocks(windows: readonly Keyed[], columns: number): KeyBlock[] {
  const blocks: KeyBlock[] = [];
  for (const [from, to] of groupsOf(windows.length, columns)) {
    const main = mainKey(windows.slice(from, to));
    const last = blocks.at(-1);
    if (main && last?.to === from && last.key === main.key && last.scale === main.scale) last.to = to;
    else if (main) blocks.push({ from, to, key: main.key, scale: main.scale });
  }
  return blocks;
}

/** Index of the window at a time; the last one for times after the end. */
export function windowAt(windows: readonly Pick<AnalysisWindow, "startSec">[], sec: number): number {
  let [low, high] = [0, windows.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((windows[middle]?.startSec ?? 0) <= sec) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200];

/** Round times from 0 on, at most `most` steps apart from each other by the same time; whole minutes from an hour on. */
export function timeTicks(lengthSec: number, most: number): number[] {
  const step = timeSteps.find((sec) => (lengthSec < 3600 || sec >= 60) && lengthSec / sec <= most) ?? 86_400;
  return Array.from({ length: Math.floor(lengthSec / step) + 1 }, (_, at) => at * step);
}

/** What a tempo axis shows: all values, and never so little that the noise of a steady tempo looks like change. */
export function tempoRange(values: readonly (number | null | undefined)[]): { min: number; max: number } | null {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length === 0) return null;
  const [low, high] = known.reduce(
    ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const pad = Math.max((high - low) * 0.08, (10 - (high - low)) / 2);
  return { min: low - pad, max: high + pad };
}

/** Round values within a range, about `count` of them. */
export function valueTicks({ min, max }: { min: number; max: number }, count: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100].find((size) => (max - min) / size <= count) ?? 200;
  const first = Math.ceil(min / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((max - first) / step) + 1) }, (_, at) => first + at * step);
}
