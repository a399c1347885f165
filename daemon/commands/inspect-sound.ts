import type { Analysis, AnalysisParts } from "../contract/analysis.ts";
import { mergeAnalysis } from "../contract/analysis-merge.ts";
import type { Fingerprint } from "../contract/fingerprint.ts";
import type { RawPath } from "../contract/raw-path.ts";
import { type FingerprintEngine, fingerprintEngines } from "../contract/sidecar.ts";
import { fingerprintStageOf } from "../fingerprint/engines.ts";
import { silentLog } from "../log.ts";
import { makeDecodeGroup, type SoundDeps } from "../pipeline/decode-group.ts";
import type { PcmStage, StageTools } from "../pipeline/stage.ts";

export type FingerprintFacts = Pick<Fingerprint, "hashes" | "durationSec" | "outcome">;

export interface SoundInspection {
  analysis: Analysis | null;
  /** What each engine stored, by its name. */
  fingerprint: Partial<Record<FingerprintEngine, FingerprintFacts>>;
  errors: { stage: string; message: string }[];
  /** True when a stage tried and failed; without models, say, it cannot even try. */
  failed: boolean;
  /** CPU time of the workers by stage, and `decode`: from the first sample to the last result. ms. */
  ms: Record<string, number>;
}

// biome-ignore lint/suspicious/noExplicitAny: stages of different outputs share one list.
export type SoundStages = readonly PcmStage<any>[];

/** Takes what the engines said out of what the stages gave. */
function takeFingerprints(parts: Record<string, unknown>): SoundInspection["fingerprint"] {
  const found: SoundInspection["fingerprint"] = {};
  for (const engine of fingerprintEngines) {
    const part = parts[fingerprintStageOf(engine)] as Fingerprint | undefined;
    delete parts[fingerprintStageOf(engine)];
    if (part) found[engine] = { hashes: part.hashes, durationSec: part.durationSec, outcome: part.outcome };
  }
  return found;
}

/** Runs the stages that listen on one file, with one decode. */
export async function inspectSound(
  path: RawPath,
  stages: SoundStages,
  sound: SoundDeps,
  signal: AbortSignal,
  onProgress: (fraction: number) => void = () => {},
): Promise<SoundInspection> {
  const errors: SoundInspection["errors"] = [];
  let failed = false;
  const parts: Record<string, unknown> = {};
  const tools: StageTools = { log: silentLog, progress: (fraction) => fraction !== undefined && onProgress(fraction) };
  const start = performance.now();
  const group = makeDecodeGroup(sound, path);
  const runs = stages.map(async (stage) => {
    const blocked = stage.blockedBy?.();
    if (blocked) return errors.push({ stage: stage.name, message: blocked });
    try {
      const output = await group.join(stage, tools, signal);
      if ("skipped" in output) errors.push({ stage: stage.name, message: output.skipped });
      else parts[stage.name] = stage.output.parse(output);
    } catch (error) {
      failed = true;
      errors.push({ stage: stage.name, message: (error as Error).message });
    }
  });
  group.start();
  await Promise.all(runs);
  const ms = Object.fromEntries(Object.entries(group.cpuMs).map(([stage, spent]) => [stage, Math.round(spent)]));
  ms.decode = Math.round(performance.now() - start);
  const fingerprint = takeFingerprints(parts);
  const found = Object.keys(parts).length > 0;
  return { analysis: found ? mergeAnalysis(parts as AnalysisParts) : null, fingerprint, errors, failed, ms };
}

const bars = "▁▂▃▄▅▆▇█";
const mostBars = 60;

/** A series as a line of bars, at most `mostBars` of them. */
function sparkline(values: readonly (number | null | undefined)[]): string {
  const step = Math.max(1, Math.ceil(values.length / mostBars));
  const picked = values.filter((_, index) => index % step === 0);
  const known = picked.filter((value) => typeof value === "number");
  const least = Math.min(...known);
  const span = Math.max(...known) - least || 1;
  return picked
    .map((value) => (typeof value === "number" ? bars[Math.round(((value - least) / span) * 7)] : " "))
    .join("");
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
const clock = (sec: number) =>
  [Math.floor(sec / 3600), Math.floor(sec / 60) % 60, Math.floor(sec) % 60]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");

/** The analysis in lines for a terminal. */
export function describeAnalysis(analysis: Analysis): string[] {
  const { bpm, key, scale, mood, style, windows = [] } = analysis;
  const lines: [string, string | null][] = [
    ["length", `${clock(analysis.durationSec ?? 0)}, ${percent(analysis.coverage ?? 1)} of it decoded`],
    ["tempo", bpm ? `${bpm.toFixed(1)} BPM (confidence ${percent(analysis.bpmConfidence ?? 0)})` : null],
    ["", windows.length > 1 && bpm ? sparkline(windows.map((window) => window.bpm)) : null],
    ["key", key ? `${key} ${scale} (${analysis.camelot}, strength ${percent(analysis.keyStrength ?? 0)})` : null],
    [
      "loudness",
      typeof analysis.loudnessLufs === "number"
        ? `${analysis.loudnessLufs} LUFS, range ${analysis.loudnessRangeLu} LU, true peak ${analysis.truePeakDb} dBTP, ReplayGain ${analysis.replayGainDb} dB`
        : null,
    ],
    [
      "mood",
      mood && Object.keys(mood).length > 0
        ? Object.entries(mood)
            .map(([name, share]) => `${name} ${percent(share)}`)
            .join(", ")
        : null,
    ],
    ["danceable", typeof analysis.danceability === "number" ? percent(analysis.danceability) : null],
    [
      "style",
      style && style.length > 0
        ? style
            .slice(0, 5)
            .map(({ name, probability }) => `${name} ${percent(probability)}`)
            .join(", ")
        : null,
    ],
  ];
  const known = lines.filter((line): line is [string, string] => line[1] !== null);
  return [
    ...known.map(([name, text]) => `  ${name.padEnd(12)} ${text}`),
    ...(analysis.notes ?? []).map(({ text }) => `    ! ${text}`),
    ...Object.entries(analysis.reasons ?? {}).map(([field, why]) => `    – ${field}: ${why}`),
  ];
}
