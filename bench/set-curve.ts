import { loadEssentia } from "../daemon/audio/essentia.ts";
import { analyseKey, summariseKey } from "../daemon/audio/key.ts";
import { analyseRhythm, summariseRhythm } from "../daemon/audio/rhythm.ts";
import { camelotOf, type KeyName, type Scale } from "../daemon/contract/keys.ts";
import { curveSvg } from "./curve-svg.ts";
import type { BenchOptions } from "./support.ts";
import { renderSet, type SetTrack } from "./truth/mixed-set.ts";
import { partsOf } from "./truth/tempo-truth.ts";

/** Rows of the wheel from the bottom: 1A, 1B, 2A, … 12B. */
function rowOf(key: KeyName | null, scale: Scale | null): number | null {
  if (key === null || scale === null) return null;
  const code = camelotOf(key, scale);
  return (Number.parseInt(code, 10) - 1) * 2 + (code.endsWith("B") ? 1 : 0);
}

/** Analyses a mixed set whose tempi and keys are known, and draws what was found on what is true, into the SVG that is named. */
export async function benchSetCurve({ print, signal, files: [out = "set-curve.svg"] }: BenchOptions) {
  const essentia = await loadEssentia();
  const { sound, tracks } = renderSet();
  const lengthSec = sound.length / 44_100;
  const parts = [...partsOf(sound)];
  signal.throwIfAborted();
  const rhythm = summariseRhythm(parts.map((part) => ({ ...part, result: analyseRhythm(essentia, part.samples) })));
  const keys = summariseKey(parts.map((part) => ({ ...part, result: analyseKey(essentia, part.samples) })));
  const tempo = parts.map((part, index) => ({ ...part, value: rhythm.curve[index] ?? null }));
  const tonal = parts.map((part, index) => {
    const { key = null, scale = null } = keys.curve[index] ?? {};
    return { ...part, value: rowOf(key, scale) };
  });
  const steps = (value: (track: SetTrack) => number | null) =>
    tracks.map((track) => ({ ...track, value: value(track) }));
  const bpms = tracks.map(({ bpm }) => bpm);
  const range = [Math.floor(Math.min(...bpms)) - 2, Math.ceil(Math.max(...bpms)) + 2] as const;
  const charts = [
    { title: "Tempo, BPM", truth: steps(({ bpm }) => bpm), found: tempo, range, ticks: tempoTicks(...range) },
    {
      title: "Key, as a Camelot code",
      truth: steps(({ key }) => rowOf(key.key, key.scale)),
      found: tonal,
      range: [0, 23] as const,
      ticks: Array.from({ length: 24 }, (_, row) => ({ value: row, label: `${(row >> 1) + 1}${row % 2 ? "B" : "A"}` })),
    },
  ];
  await Bun.write(out, curveSvg("A mixed set of eight tracks, in windows of 30 s", lengthSec, charts, [220, 400]));
  const rightTempo = parts.filter((part, index) => {
    const value = tempo[index]?.value ?? 0;
    return playing(tracks, part).some(({ bpm }) => Math.abs(value / bpm - 1) < 0.005);
  }).length;
  const rightKey = parts.filter((part, index) =>
    playing(tracks, part).some(({ key }) => rowOf(key.key, key.scale) === tonal[index]?.value),
  ).length;
  print(`tempo of a track that plays, within 0.5 %: ${rightTempo} of ${parts.length} windows`);
  print(`key of a track that plays: ${rightKey} of ${parts.length} windows`);
  print(`written: ${out}`);
  return { windows: parts.length, rightTempo, rightKey };
}

const playing = (tracks: readonly SetTrack[], { startSec, endSec }: { startSec: number; endSec: number }): SetTrack[] =>
  tracks.filter((track) => track.startSec < endSec + 8 && track.endSec > startSec - 8);

const tempoTicks = (low: number, high: number) =>
  Array.from({ length: Math.floor((high - low) / 2) + 1 }, (_, index) => ({
    value: low + 2 * index,
    label: `${low + 2 * index}`,
  }));
