import type { SidecarMatch, Stored } from "../../../daemon/contract/sidecar.ts";
import type { Engine } from "../engine.ts";
import { frameRate } from "../parameters.ts";
import { type Peaks, slicePeaks } from "../peaks.ts";
import { runThrough, search } from "../search/search.ts";
import { isSet, type Recording } from "../store/build.ts";
import { StoreError } from "../store/files.ts";
import { readPeaks } from "../store/peak-bytes.ts";
import type { Segment } from "../store/segment.ts";
import type { Store, StoredSegment } from "../store/store.ts";

/** Length of the stretch that is asked for to see whether a recording can be found, s. */
const probeSec = 20;
/** How far off the place it is found at may be, s. */
const probeSlackSec = 0.5;

/** A store with its engine: what a sidecar does, without HTTP. */
export interface Library {
  readonly store: Store;
  /** Stores a recording and answers only when it is durable, read back, counted and found again. */
  put(id: number, peaks: Peaks, durationSec: number): Stored;
  /** Yields how much is done, 0 … 1. */
  query(peaks: Peaks, durationSec: number, except?: ReadonlySet<number>): Generator<number, SidecarMatch[]>;
  /** Asks with a stored recording, leaving itself out; null when it is not stored. */
  queryStored(id: number): Generator<number, SidecarMatch[]> | null;
  /** Asks for a stretch of a stored recording; null while there is none. */
  canary(turn: number): { ok: boolean; id: number } | null;
}

/** A stretch from the middle of a recording, with its frames counted from its own start. `bytes` are its stored peaks. */
function stretchOf(bytes: Uint8Array, durationSec: number): { peaks: Peaks; startSec: number; durationSec: number } {
  const length = Math.min(probeSec, durationSec);
  const startSec = (durationSec - length) / 2;
  const [from, to] = [startSec * frameRate, (startSec + length) * frameRate];
  const part = slicePeaks(readPeaks(bytes, from, to), from, to);
  return { peaks: { ...part, frame: part.frame.map((frame) => frame - from) }, startSec, durationSec: length };
}

/** True when `matches` hold the recording at the place the stretch was taken from. */
const isAt = (matches: readonly SidecarMatch[], id: number, startSec: number): boolean =>
  matches.some(
    (match) =>
      match.id === id &&
      Math.abs(match.refStartSec - match.queryStartSec * match.tempoRatio - startSec) < probeSlackSec,
  );

export function makeLibrary(engine: Engine, store: Store): Library {
  const lookIn = (segments: readonly StoredSegment[]) => ({ engine, segments, get: store.get, peaks: store.peaks });

  function* query(peaks: Peaks, durationSec: number, except: ReadonlySet<number> = new Set()) {
    const { segments, release } = store.acquire();
    try {
      return yield* search(lookIn(segments), { peaks, durationSec, except });
    } finally {
      release();
    }
  }

  /** Throws when a stretch of the recording is not found in the segment it was just written to. */
  function probe(segment: Segment, recording: Recording): void {
    const track = segment.tracks.find(({ id }) => id === recording.id);
    if (!track) return;
    const bytes = segment.readPeaks(track);
    const stretch = stretchOf(bytes, recording.durationSec);
    const segments = [{ segment, dead: new Set<number>(), readers: 0, retired: false }];
    const index = { engine, segments, get: () => track, peaks: () => bytes };
    // Music that repeats itself to the sample, or that is very short, may be found at another place, or only whole.
    const found = runThrough(search(index, stretch));
    if (isAt(found, recording.id, stretch.startSec) || found.some(({ id }) => id === recording.id)) return;
    const { durationSec, peaks } = recording;
    if (runThrough(search(index, { peaks, durationSec })).some(({ id }) => id === recording.id)) return;
    if (stretch.peaks.frame.length < 2 * stretch.durationSec || recording.durationSec < probeSec) return;
    throw new StoreError(`Recording ${recording.id} was stored, but a stretch of it is not found again`);
  }

  return {
    store,
    put(id, peaks, durationSec) {
      const recording = { id, peaks, durationSec };
      const replaced = store.get(id) !== null;
      const [hashes = 0] = store.add([recording], (segment) => probe(segment, recording));
      const outcome = hashes > 0 ? "stored" : "silent";
      return { id, outcome, hashes, durationSec, peaks: peaks.frame.length, set: isSet(durationSec), replaced };
    },
    query,
    queryStored(id) {
      const track = store.get(id);
      const bytes = store.peaks(id);
      return track && bytes ? query(readPeaks(bytes), track.durationSec, new Set([id])) : null;
    },
    canary(turn) {
      const ids = store.ids();
      const id = ids[turn % Math.max(1, ids.length)];
      const bytes = id === undefined ? null : store.peaks(id);
      const track = id === undefined ? null : store.get(id);
      if (id === undefined || !bytes || !track) return null;
      const stretch = stretchOf(bytes, track.durationSec);
      const found = runThrough(query(stretch.peaks, stretch.durationSec));
      // One that could not be found when it was stored either tells nothing.
      return { ok: found.some((match) => match.id === id) || track.durationSec < probeSec || track.hashes < 50, id };
    },
  };
}
