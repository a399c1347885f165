import type { DecodeReport } from "../audio/decode.ts";
import { decodedOf, round } from "../audio/decoded.ts";
import { type LoudnessResult, loudnessSchema, type SoundNote } from "../contract/analysis.ts";
import type { PcmStage } from "../pipeline/stage.ts";

/** ReplayGain 2.0 aims at −18 LUFS. */
const replayGainLufs = -18;
/** A range needs more than a few of the 3-s stretches it is made of. */
const leastRangeSec = 10;
const decibel = (linear: number) => (linear > 0 ? round(20 * Math.log10(linear), 2) : null);
const seconds = (sec: number) => `${round(sec, 1)} s`;

/** Offsets above this can be heard as a click at the start and the end, linear. */
const audibleOffset = 0.005;

/** What helps to judge a rip, in words. */
function notesOf(report: DecodeReport): SoundNote[] {
  const { levels, durationSec } = report;
  const notes: SoundNote[] = [];
  const note = (kind: SoundNote["kind"], text: string) => notes.push({ kind, text });
  const { startSec, endSec, longestInsideSec } = levels.silence;
  if (startSec >= durationSec) note("silence", "Silent from start to end");
  else {
    if (startSec > 3) note("silence", `Begins with ${seconds(startSec)} of silence`);
    if (endSec > 5) note("silence", `Ends with ${seconds(endSec)} of silence`);
    if (longestInsideSec > 5) note("silence", `Silent for ${seconds(longestInsideSec)} in between`);
  }
  if (levels.clippedRuns > 0)
    note("clipping", `Clipped in ${levels.clippedRuns} ${levels.clippedRuns === 1 ? "place" : "places"}`);
  const offset = Math.max(...levels.dcOffset.map(Math.abs));
  if (offset > audibleOffset) note("dc", `Constant offset of ${round(offset * 100, 1)} % of full scale`);
  if (levels.notFinite > 0)
    note("not-finite", `${levels.notFinite} samples are not numbers or infinite: taken as silence`);
  if (report.corruptFrames > 0)
    note("corrupt", `${report.corruptFrames} damaged ${report.corruptFrames === 1 ? "frame" : "frames"} left out`);
  if (report.coverage < 0.99 && report.promisedSec !== null)
    note(
      "short",
      `Its header says ${seconds(report.promisedSec)}, only ${seconds(durationSec)} can be decoded: cut off, or a wrong header`,
    );
  return notes;
}

/** Loudness after EBU R128, true peak, ReplayGain, and notes on silence, clipping and damage. */
export const loudnessStage: PcmStage<LoudnessResult> = {
  name: "loudness",
  version: 1,
  kinds: ["music", "video"],
  needs: ["hash"],
  after: [],
  pool: "pcm",
  pcm: null,
  output: loudnessSchema,
  summarise(_windows, report) {
    // One value that is no number spoils the measuring filter for all that follows.
    const spoilt = report.levels.notFinite > 0;
    const loudnessLufs = spoilt ? null : report.loudnessLufs;
    const reason = spoilt
      ? "It holds values that are not numbers: loudness cannot be measured"
      : "Nothing in it is loud and long enough to measure";
    return {
      decoded: decodedOf(report),
      loudnessLufs,
      loudnessRangeLu: loudnessLufs === null || report.durationSec < leastRangeSec ? null : report.loudnessRangeLu,
      truePeakDb: decibel(report.truePeak),
      replayGainDb: loudnessLufs === null ? null : round(replayGainLufs - loudnessLufs, 2),
      replayGainPeak: report.truePeak > 0 ? round(report.truePeak, 6) : null,
      ...(loudnessLufs === null ? { reason } : {}),
      notes: notesOf(report),
    };
  },
};
