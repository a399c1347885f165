import type { Decoded } from "../contract/analysis.ts";
import type { DecodeReport } from "./decode.ts";

/** Length of a window of the time series, s: of rhythm, key and mood alike, so that they can be shown side by side. */
export const windowSec = 30;

export const round = (value: number, digits: number) => Number(value.toFixed(digits));

/** What every result of the sound says of the decode it stands on. */
export const decodedOf = (report: DecodeReport): Decoded => ({
  durationSec: round(report.durationSec, 3),
  coverage: round(report.coverage, 4),
  corruptFrames: report.corruptFrames,
});
