import type { MoodResult } from "../contract/analysis.ts";
import { round, windowSec } from "./decoded.ts";
import { melPatchSamples, melRateHz } from "./mel.ts";
import type { MoodWindow } from "./mood.ts";

const patchSec = melPatchSamples / melRateHz;
const mostStyles = 15;
const mostStylesOfWindow = 3;
/** Below this a tag says nothing. */
const leastProbability = 0.05;

/** Sums of one series over the whole and over each window of the time series. */
interface Bins {
  sum: number;
  sums: number[];
}

const emptyBins = (count: number): Bins => ({ sum: 0, sums: new Array(count).fill(0) });

function add(bins: Bins, bin: number, value: number): void {
  bins.sum += value;
  bins.sums[bin] = (bins.sums[bin] ?? 0) + value;
}

function best(names: readonly string[], probabilities: readonly number[], most: number) {
  return names
    .map((name, index) => ({ name, probability: round(probabilities[index] ?? 0, 4) }))
    .filter(({ probability }) => probability >= leastProbability)
    .sort((a, b) => b.probability - a.probability || a.name.localeCompare(b.name))
    .slice(0, most);
}

type Summary = Pick<MoodResult, "mood" | "danceability" | "style" | "curve" | "missing">;

/** Means over all patches of the file, and over those that begin in each 30 s. Null without a single patch. */
export function summariseMood(windows: readonly MoodWindow[]): Summary | null {
  const patches = windows.reduce((sum, window) => sum + window.patches, 0);
  const first = windows.find((window) => window.patches > 0);
  if (!first) return null;
  const bins = Math.floor(((patches - 1) * patchSec) / windowSec) + 1;
  const counts = new Array<number>(bins).fill(0);
  const answers = new Map(first.answers.map(({ gives }) => [gives, emptyBins(bins)]));
  const names = first.tags?.names ?? [];
  const tags = names.map(() => emptyBins(bins));
  let at = 0;
  for (const window of windows) {
    for (let patch = 0; patch < window.patches; patch++, at++) {
      const bin = Math.floor((at * patchSec) / windowSec);
      counts[bin] = (counts[bin] ?? 0) + 1;
      for (const { gives, values } of window.answers) add(answers.get(gives) as Bins, bin, values[patch] ?? 0);
      for (const [tag, series] of tags.entries())
        add(series, bin, window.tags?.values[patch * names.length + tag] ?? 0);
    }
  }
  const moodsOf = (mean: (series: Bins) => number) =>
    Object.fromEntries(
      [...answers]
        .filter(([gives]) => gives.startsWith("mood:"))
        .map(([gives, series]) => [gives.slice("mood:".length), round(mean(series), 4)]),
    );
  const dance = answers.get("danceability");
  const overall = (series: Bins) => series.sum / patches;
  return {
    mood: moodsOf(overall),
    danceability: dance ? round(overall(dance), 4) : null,
    style: best(names, tags.map(overall), mostStyles),
    missing: first.missing.map(({ name, reason }) => ({ name, reason })),
    curve: counts.map((count, bin) => {
      const mean = (series: Bins) => (count > 0 ? (series.sums[bin] ?? 0) / count : 0);
      return {
        mood: moodsOf(mean),
        danceability: dance ? round(mean(dance), 4) : null,
        style: best(names, tags.map(mean), mostStylesOfWindow),
      };
    }),
  };
}
