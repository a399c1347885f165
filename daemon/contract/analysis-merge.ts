import type { Analysis, AnalysisParts, AnalysisWindow } from "./analysis.ts";

/** The results of the audio stages as one whole. */
export function mergeAnalysis(parts: AnalysisParts): Analysis {
  const { loudness, rhythm, key, mood } = parts;
  const decoded = (loudness ?? rhythm ?? key ?? mood)?.decoded;
  const analysis: Analysis = decoded ? { ...decoded } : {};
  const reasons: Record<string, string> = {};
  if (loudness) {
    const { decoded: _decoded, reason, ...rest } = loudness;
    Object.assign(analysis, rest);
    if (reason) reasons.loudness = reason;
  }
  if (rhythm) {
    Object.assign(analysis, { bpm: rhythm.bpm, bpmConfidence: rhythm.bpmConfidence });
    if (rhythm.reason) reasons.bpm = rhythm.reason;
  }
  if (key) {
    const { key: name, scale, camelot, keyStrength } = key;
    Object.assign(analysis, { key: name, scale, camelot, keyStrength });
    if (key.reason) reasons.key = key.reason;
  }
  if (mood) {
    const { mood: moods, danceability, style } = mood;
    Object.assign(analysis, { mood: moods, danceability, style });
    for (const model of mood.missing) reasons[model.name] = model.reason;
  }
  const windows = mergeWindows(parts, decoded?.durationSec ?? 0);
  if (windows.length > 0) analysis.windows = windows;
  if (Object.keys(reasons).length > 0) analysis.reasons = reasons;
  return analysis;
}

/** The time series side by side: all stages use the same window length. */
function mergeWindows({ rhythm, key, mood }: AnalysisParts, durationSec: number): AnalysisWindow[] {
  const windowSec = (rhythm ?? key ?? mood)?.windowSec;
  if (!windowSec) return [];
  const count = Math.max(rhythm?.curve.length ?? 0, key?.curve.length ?? 0, mood?.curve.length ?? 0);
  return Array.from({ length: count }, (_, index) => {
    const window: AnalysisWindow = {
      startSec: index * windowSec,
      endSec: Math.max(index * windowSec, Math.min((index + 1) * windowSec, durationSec)),
    };
    const keyHere = key?.curve[index];
    if (rhythm) window.bpm = rhythm.curve[index] ?? null;
    if (keyHere) Object.assign(window, { key: keyHere.key, scale: keyHere.scale, keyStrength: keyHere.strength });
    return Object.assign(window, mood?.curve[index]);
  });
}
