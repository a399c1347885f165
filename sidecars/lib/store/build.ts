import { makeCodes } from "../codes.ts";
import type { Engine } from "../engine.ts";
import { frameRate, longestTrackSec, referencePerSec } from "../parameters.ts";
import { type Peaks, thinPeaks } from "../peaks.ts";
import { centsStep } from "./layout.ts";
import { writePeaks } from "./peak-bytes.ts";
import { openSegmentWriter } from "./segment-write.ts";
import { sortedPlaces } from "./sort.ts";

/** A recording to be stored. */
export interface Recording {
  id: number;
  durationSec: number;
  peaks: Peaks;
}

/** Postings of one recording with the same key (but for the length) that are kept: a pure tone has millions. */
const mostAlike = 8;

export const isSet = (durationSec: number): boolean => durationSec > longestTrackSec;

/** The codes a recording is found by, as a reference. */
export function referenceCodes(engine: Engine, recording: Recording) {
  const role = isSet(recording.durationSec) ? "set" : "track";
  return makeCodes(thinPeaks(recording.peaks, referencePerSec), engine.coding, engine.density[role]);
}

/**
 * Writes recordings as one segment. Returns the postings of each: 0 for one with nothing to be found by, which is
 * not in the segment. Null: none had any, and there is no segment.
 */
export function buildSegment(
  path: string,
  engine: Engine,
  parameters: string,
  recordings: readonly Recording[],
): number[] | null {
  const codes = recordings.map((recording) => referenceCodes(engine, recording));
  const total = codes.reduce((sum, { key }) => sum + key.length, 0);
  if (total === 0) return null;
  const key = new Float64Array(total);
  const owner = new Uint32Array(total);
  const frame = new Uint32Array(total);
  const cents = new Uint16Array(total);
  let at = 0;
  for (const [index, code] of codes.entries()) {
    for (let place = 0; place < code.key.length; place++, at++) {
      key[at] = code.key[place] as number;
      owner[at] = index;
      frame[at] = Math.round(code.frame[place] as number);
      cents[at] = Math.floor((code.cents[place] as number) / centsStep);
    }
  }
  const kept = recordings.map((_, index) => index).filter((index) => (codes[index]?.key.length ?? 0) > 0);
  const placeOf = new Map(kept.map((index, place) => [index, place]));
  const largestFrame = Math.ceil(Math.max(...kept.map((index) => recordings[index]?.durationSec ?? 0)) * frameRate) + 8;
  const writer = openSegmentWriter(path, { parameters, tracks: kept.length, largestFrame });
  try {
    const counts = recordings.map(() => 0);
    const scale = 2 ** engine.coding.lengthBits;
    const alike = new Map<number, number>();
    let last = -1;
    for (const place of sortedPlaces(key)) {
      const high = Math.floor((key[place] as number) / scale);
      if (high !== last) alike.clear();
      last = high;
      const index = owner[place] as number;
      const same = alike.get(index) ?? 0;
      alike.set(index, same + 1);
      if (same >= mostAlike) continue;
      writer.add(key[place] as number, placeOf.get(index) as number, frame[place] as number, cents[place] as number);
      counts[index] = (counts[index] as number) + 1;
    }
    for (const index of kept) {
      const { id, durationSec, peaks } = recordings[index] as Recording;
      const record = { id, durationSec, hashes: counts[index] as number, set: isSet(durationSec) };
      writer.addPeaks({ ...record, peakCount: peaks.frame.length }, writePeaks(peaks));
    }
    writer.finish();
    return counts;
  } catch (error) {
    writer.discard();
    throw error;
  }
}
