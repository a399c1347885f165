import { decodedOf, round, windowSec } from "../audio/decoded.ts";
import { type KeyWindow, summariseKey } from "../audio/key.ts";
import { type KeyResult, keySchema } from "../contract/analysis.ts";
import type { PcmStage } from "../pipeline/stage.ts";

/** Key and scale of the whole file and of every 30 s. */
export const keyStage: PcmStage<KeyResult, KeyWindow> = {
  name: "key",
  version: 1,
  kinds: ["music", "video"],
  needs: ["hash"],
  after: [],
  pool: "pcm",
  pcm: { rate: 44_100, windowSamples: windowSec * 44_100, leadSamples: 0, task: "key" },
  output: keySchema,
  summarise(windows, report) {
    const summary = summariseKey(windows);
    return {
      decoded: decodedOf(report),
      key: summary.key,
      scale: summary.scale,
      camelot: summary.camelot,
      keyStrength: round(summary.keyStrength, 3),
      ...(summary.reason ? { reason: summary.reason } : {}),
      windowSec,
      curve: summary.curve.map(({ key, scale, strength }) => ({ key, scale, strength: round(strength, 3) })),
    };
  },
};
