import { decodedOf, windowSec } from "../audio/decoded.ts";
import { type MoodWindow, moodLeadSamples, moodRateHz, moodWindowSamples } from "../audio/mood.ts";
import { summariseMood } from "../audio/mood-summary.ts";
import { type MoodResult, moodSchema } from "../contract/analysis.ts";
import type { PcmStage } from "../pipeline/stage.ts";

export interface MoodDeps {
  /** Folder of the models. */
  modelsPath: string;
  /** Which models there are: their id, empty when there is none, and then why. */
  models: () => { id: string; reason: string | null };
}

/** Mood, danceability and style of the whole file and of every 30 s, by the models there are. */
export function makeMoodStage({ modelsPath, models }: MoodDeps): PcmStage<MoodResult, MoodWindow> {
  return {
    name: "mood",
    version: 1,
    kinds: ["music", "video"],
    needs: ["hash"],
    after: [],
    pool: "pcm",
    basis: () => models().id,
    pcm: {
      rate: moodRateHz,
      windowSamples: moodWindowSamples,
      leadSamples: moodLeadSamples,
      task: "mood",
      options: () => ({ modelsPath, modelsId: models().id }),
    },
    output: moodSchema,
    blockedBy: () => models().reason,
    summarise(windows, report) {
      if (windows.some((window) => window.result.modelsId !== models().id))
        throw new Error("The models changed meanwhile");
      const summary = summariseMood(windows.map((window) => window.result));
      if (!summary)
        return { skipped: `Too short for mood and style: ${report.durationSec.toFixed(1)} s, 3 are needed` };
      return { decoded: decodedOf(report), modelsId: models().id, windowSec, ...summary };
    },
  };
}
