import { camelotOf } from "../daemon/contract/keys.ts";
import type { Analysis, AnalysisWindow } from "./api.ts";
import { keyWords } from "./camelot.ts";
import { plural, sentenceCase, showClock, showList, showNumber, showPercent, toSentence } from "./format.ts";
import { keyBlocks } from "./series.ts";

/** `128 BPM`, `127.6 BPM`. */
export const tempoWords = (bpm: number): string => `${showNumber(bpm, 1)} BPM`;

export const tempoSureness = (share: number): string =>
  share >= 0.8 ? "sure" : share >= 0.6 ? "fairly sure" : share >= 0.3 ? "not sure" : "a guess";
export const keyClearness = (share: number): string =>
  share >= 0.75 ? "clear" : share >= 0.5 ? "fairly clear" : share >= 0.3 ? "faint" : "very faint";

/** Names of moods and styles as a person writes them: `hip-hop` → `Hip-hop`, `Electronic---Dub Techno` → `Electronic: Dub Techno`. */
export const labelOf = (name: string): string => sentenceCase(name.replace(/-{2,}/g, ": ").replaceAll("_", " "));

/** Moods with the strongest first. */
export const byShare = (moods: Readonly<Record<string, number>>): [string, number][] =>
  Object.entries(moods).sort(([, a], [, b]) => b - a);

/** How much of a file could be decoded, when a part of it could not. */
export function coverageWords({ durationSec, coverage }: Analysis): string | null {
  if (durationSec === undefined || coverage === undefined || coverage >= 0.99) return null;
  const heard = `Only ${showClock(durationSec)}`;
  const all = coverage > 0 ? ` of ${showClock(durationSec / coverage)}` : "";
  return `${heard}${all} could be decoded: the file is cut off or damaged, or its header promises too much.`;
}

/** What helps to judge a rip; how much could be decoded is told by `coverageWords` already. */
export function noteWords(analysis: Analysis): string[] {
  const cut = coverageWords(analysis);
  const notes = (analysis.notes ?? []).filter(({ kind }) => !(cut && kind === "short")).map(({ text }) => text);
  const frames = analysis.corruptFrames ?? 0;
  if (frames > 0 && !analysis.notes?.some(({ kind }) => kind === "corrupt"))
    notes.push(`${plural(frames, "damaged frame")} left out`);
  return cut ? [cut, ...notes] : notes;
}

/** What a model is for: `mood_happy-musicnn-msd-2` → `happy`. */
const modelUse = (name: string) =>
  /^msd-/.test(name)
    ? "style"
    : name
        .replace(/^mood_/, "")
        .replace(/-.*$/, "")
        .replaceAll("_", " ");

const ownReasons = ["loudness", "bpm", "key"];

/** What no model could judge, with the reason; parts with the same reason in one sentence. */
export function missingModels({ reasons = {} }: Analysis): string[] {
  const byReason = new Map<string, string[]>();
  for (const [name, reason] of Object.entries(reasons)) {
    if (!ownReasons.includes(name)) byReason.set(reason, [...(byReason.get(reason) ?? []), modelUse(name)]);
  }
  return [...byReason].map(([reason, uses]) => `Not judged: ${showList(uses)}. ${toSentence(reason)}`);
}

/** What is heard in one window. */
export interface Reading {
  time: string;
  tempo: string | null;
  code: string | null;
  key: string | null;
  /** Name and percent of danceability, moods, and the strongest style. */
  shares: readonly (readonly [string, string])[];
}

/** `moods`: names in the order in which they are told; those of the window come after. */
export function readWindow(window: AnalysisWindow, moods: readonly string[], isLong: boolean): Reading {
  const { startSec, endSec, bpm, key, scale, mood = {}, danceability, style } = window;
  const best = style?.[0];
  const shares: [string, number][] = [
    ...(typeof danceability === "number" ? [["Danceability", danceability] as [string, number]] : []),
    ...moods.filter((name) => name in mood).map((name) => [name, mood[name] ?? 0] as [string, number]),
    ...Object.entries(mood).filter(([name]) => !moods.includes(name)),
    ...(best ? [[best.name, best.probability] as [string, number]] : []),
  ];
  return {
    time: `${showClock(startSec, isLong)} to ${showClock(endSec, isLong)}`,
    tempo: typeof bpm === "number" ? tempoWords(bpm) : null,
    code: key && scale ? camelotOf(key, scale) : null,
    key: key && scale ? keyWords(key, scale) : null,
    shares: shares.map(([name, share]) => [labelOf(name), showPercent(share)]),
  };
}

/** A reading in one line, for those who hear the page. */
export function readingLine({ time, tempo, code, key, shares }: Reading): string {
  const heard = [
    tempo ?? "no tempo",
    code ? `${code}, ${key}` : "no key",
    ...shares.map(([name, share]) => `${name} ${share}`),
  ];
  return `${time}: ${heard.join("; ")}`;
}

function tempoSummary(windows: readonly AnalysisWindow[]): string | null {
  const known = windows.map(({ bpm }) => bpm).filter((bpm) => typeof bpm === "number");
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return null;
  const [low, high] = known.reduce(([min, max], bpm) => [Math.min(min, bpm), Math.max(max, bpm)], [first, first]);
  if (high - low < 1) return `Tempo ${tempoWords(first)} throughout.`;
  return `Tempo between ${showNumber(low, 1)} and ${tempoWords(high)}; begins at ${showNumber(first, 1)}, ends at ${showNumber(last, 1)}.`;
}

function keySummary(windows: readonly AnalysisWindow[]): string | null {
  const blocks = keyBlocks(windows, windows.length);
  const lengths = new Map<string, { name: string; windows: number }>();
  for (const { from, to, key, scale } of blocks) {
    const code = camelotOf(key, scale);
    const known = lengths.get(code)?.windows ?? 0;
    lengths.set(code, { name: `${code} (${keyWords(key, scale)})`, windows: known + to - from });
  }
  const main = [...lengths.values()].sort((a, b) => b.windows - a.windows)[0];
  if (!main) return null;
  if (lengths.size === 1) return `Key ${main.name} throughout.`;
  return `Key mostly ${main.name}, ${showPercent(main.windows / windows.length)} of the time; ${lengths.size} keys, ${plural(blocks.length - 1, "change")}.`;
}

function moodSummary(windows: readonly AnalysisWindow[]): string | null {
  const sums = new Map<string, { sum: number; most: number; at: number }>();
  for (const { mood = {}, startSec } of windows) {
    for (const [name, share] of Object.entries(mood)) {
      const known = sums.get(name) ?? { sum: 0, most: -1, at: 0 };
      const peak = share > known.most ? { most: share, at: startSec } : { most: known.most, at: known.at };
      sums.set(name, { sum: known.sum + share, ...peak });
    }
  }
  const main = [...sums].sort(([, a], [, b]) => b.sum - a.sum)[0];
  if (!main) return null;
  const [name, { sum, most, at }] = main;
  const peak = windows.length > 1 ? `, most at ${showClock(at)} with ${showPercent(most)}` : "";
  return `Strongest mood ${labelOf(name).toLowerCase()}, ${showPercent(sum / windows.length)} on average${peak}.`;
}

/** A time series in words: how tempo, key and mood move. */
export function summariseSeries(windows: readonly AnalysisWindow[]): string {
  const length = `The sound over ${showClock(windows.at(-1)?.endSec ?? 0)}.`;
  return [length, tempoSummary(windows), keySummary(windows), moodSummary(windows)].filter(Boolean).join(" ");
}
