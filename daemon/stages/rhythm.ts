import { decodedOf, round, windowSec } from "../audio/decoded.ts";
import { type RhythmWindow, summariseRhythm } from "../audio/rhythm.ts";
import { type RhythmResult, rhythmSchema } from "../contract/analysis.ts";
import type { PcmStage } from "../pipeline/stage.ts";

/** Tempo of the whole file and of every 30 s. */
export const rhythmStage: PcmStage<RhythmResult, RhythmWindow> = {
  name: "rhythm",
  version: 1,
  kinds: ["music", "video"],
  needs: ["hash"],
  after: [],
  pool: "pcm",
  pcm: { rate: 44_100, windowSamples: windowSec * 44_100, leadSamples: 0, task: "rhythm" },
  output: rhythmSchema,
  summarise(windows, report) {
    const summary = summariseRhythm(windows);
    return {
      decoded: decodedOf(report),
      bpm: summary.bpm === null ? null : round(summary.bpm, 2),
      bpmConfidence: round(summary.bpmConfidence, 3),
      ...(summary.reason ? { reason: summary.reason } : {}),
      windowSec,
      curve: summary.curve.map((bpm) => bpm && round(bpm, 2)),
    };
  },
};
