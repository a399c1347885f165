import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Engine, parameterHash } from "../engine.ts";
import { groupBy } from "../group.ts";
import { buildSegment, type Recording } from "./build.ts";
import { StoreError } from "./files.ts";
import type { TrackRecord } from "./layout.ts";
import { loadSegments, type StoredSegment, sweep } from "./load.ts";
import { type Lock, lockFolder } from "./lock.ts";
import { type Manifest, nameOf, readManifest, writeManifest } from "./manifest.ts";
import { mergeSegments } from "./merge.ts";
import { openSegment, type Segment, verifySegment } from "./segment.ts";

export type { StoredSegment };

export interface Totals {
  tracks: number;
  seconds: number;
  hashes: number;
  bytes: number;
  segments: number;
}

/** Fingerprints on disk. One process writes; a change is durable when its function returns. */
export interface Store {
  readonly folder: string;
  readonly parameters: string;
  /**
   * Stores recordings, in place of those with the same ids, and reads them back. Returns the postings of each, as counted
   * in what was read; 0: it has nothing to be found by, and is not stored. `check` may refuse by throwing, before anything counts.
   */
  add(recordings: readonly Recording[], check?: (segment: Segment) => void): number[];
  /** Deletes recordings; returns how many there were. */
  remove(ids: readonly number[]): number;
  get(id: number): TrackRecord | null;
  /** Ids from `after` on, rising. */
  ids(): number[];
  /** The recording's peaks, as bytes. Throws StoreError when they are damaged. */
  peaks(id: number): Uint8Array | null;
  /** Counted in the tables of the segments. */
  totals(): Totals;
  /** Looks whether all files are there and whole in size. Throws StoreError. */
  checkFiles(): void;
  /** Reads everything and compares every checksum and count, piece by piece. */
  verify(): Generator<void, { segments: number }>;
  /** Merges segments of like size, or with `all` everything into one; each piece of work ends with a yield. */
  maintain(all?: boolean): Generator<void>;
  /** The segments of this moment; they stay readable until `release`. */
  acquire(): { segments: readonly StoredSegment[]; release(): void };
  close(): void;
}

/** So many segments of like size are merged into one. */
const fanIn = 8;
/** A segment more than this part of which is dead is written anew. */
const mostDead = 0.3;

const tierOf = ({ segment }: StoredSegment) => Math.floor(Math.log(Math.max(1, segment.postings)) / Math.log(fanIn));

/** True for one whose recordings another merge has taken over. */
const isMerged = ({ retired, dead, segment }: StoredSegment) => retired && dead.size < segment.tracks.length;

/** A segment with the places in it that are dead from a change on. */
interface Part {
  stored: StoredSegment;
  dead: Set<number>;
}

/** Opens a store, or makes one in an empty or missing folder. Throws StoreError when what is there cannot be trusted. */
export function openStore(folder: string, engine: Engine): Store {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(folder);
  try {
    return makeStore(folder, engine, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function makeStore(folder: string, engine: Engine, lock: Lock): Store {
  const parameters = parameterHash(engine);
  const fresh: Manifest = { format: 1, engine: engine.name, parameters, next: 1, segments: [] };
  const found = readManifest(folder, engine.name, parameters);
  if (!found) writeManifest(folder, fresh);
  let next = (found ?? fresh).next;
  const loaded = loadSegments(folder, found ?? fresh);
  const { where } = loaded;
  let { segments } = loaded;
  sweep(folder, found ?? fresh);

  /** Makes a new list of segments real: on disk first, then here. Those with nothing alive in them go. */
  function commit(all: readonly Part[]): void {
    if (!lock.holds()) throw new StoreError(`The store ${folder} was closed, or another process has taken its lock`);
    const isEmpty = ({ stored, dead }: Part) => dead.size === stored.segment.tracks.length;
    const list = all.filter((one) => !isEmpty(one));
    writeManifest(folder, {
      ...fresh,
      next,
      segments: list.map(({ stored, dead }) => ({
        name: stored.segment.name,
        bytes: stored.segment.bytes,
        dead: [...dead],
      })),
    });
    for (const { stored, dead } of all) for (const place of dead) stored.dead.add(place);
    segments = list.map(({ stored }) => stored);
    for (const { stored } of all.filter(isEmpty)) retire(stored);
  }

  function retire(stored: StoredSegment): void {
    if (stored.retired) return;
    stored.retired = true;
    if (stored.readers === 0) stored.segment.close();
    try {
      rmSync(join(folder, stored.segment.name), { force: true });
    } catch {
      // No manifest names it any more: the next opening removes it.
    }
  }

  /** Removes a segment that came to nothing, unless a manifest names it that was written but may not last. */
  function discard(name: string): void {
    try {
      const manifest = readManifest(folder, engine.name, parameters);
      if (manifest?.segments.every((one) => one.name !== name)) rmSync(join(folder, name), { force: true });
    } catch {
      // It stays, and the next opening removes it.
    }
  }

  /**
   * Makes a finished file part of the store, after reading it from the disk through a descriptor of its own: what counts
   * is what can be read. `change` gives the new list, or null for giving up. Ended early or failing, it leaves nothing behind.
   */
  function* adopt(name: string, change: (stored: StoredSegment) => Part[] | null): Generator<void, boolean> {
    let segment: Segment | null = null;
    let adopted = false;
    try {
      segment = openSegment(join(folder, name), parameters);
      yield* verifySegment(segment);
      const stored: StoredSegment = { segment, dead: new Set(), readers: 0, retired: false };
      const list = change(stored);
      if (!list) return false;
      commit(list);
      adopted = true;
      for (const [place, { id }] of segment.tracks.entries())
        if (!stored.dead.has(place)) where.set(id, { stored, place });
      return true;
    } finally {
      if (!adopted) {
        segment?.close();
        discard(name);
      }
    }
  }

  /** The present list, with further recordings dead. */
  function withDead(ids: readonly number[]): Part[] {
    const list = segments.map((stored) => ({ stored, dead: new Set(stored.dead) }));
    for (const id of ids) {
      const at = where.get(id);
      if (at) list.find(({ stored }) => stored === at.stored)?.dead.add(at.place);
    }
    return list;
  }

  function add(recordings: readonly Recording[], check: (segment: Segment) => void = () => {}): number[] {
    const ids = recordings.map(({ id }) => id);
    if (new Set(ids).size !== ids.length) throw new StoreError("The same id twice in one call");
    const name = nameOf(next);
    const counts = buildSegment(join(folder, name), engine, parameters, recordings);
    next++;
    if (!counts) {
      remove(ids);
      return ids.map(() => 0);
    }
    const adoption = adopt(name, (stored) => {
      check(stored.segment);
      return [...withDead(ids), { stored, dead: new Set() }];
    });
    for (const _ of adoption);
    for (const [index, id] of ids.entries()) if (counts[index] === 0) where.delete(id);
    return ids.map((id) => where.get(id)?.stored.segment.tracks[where.get(id)?.place ?? -1]?.hashes ?? 0);
  }

  function remove(ids: readonly number[]): number {
    const known = ids.filter((id) => where.has(id));
    if (known.length === 0) return 0;
    commit(withDead(known));
    for (const id of known) where.delete(id);
    return known.length;
  }

  /** Segments that should become one now; null when all is well. */
  function dueForMerge(all: boolean): StoredSegment[] | null {
    if (all) return segments.length > 1 || segments.some(({ dead }) => dead.size > 0) ? [...segments] : null;
    const tiers = groupBy(segments, tierOf);
    for (const [, members] of [...tiers].sort(([a], [b]) => a - b)) if (members.length >= fanIn) return members;
    const worn = segments.find(({ segment, dead }) => dead.size > segment.tracks.length * mostDead);
    return worn ? [worn] : null;
  }

  /** False: another merge was quicker, and this one came to nothing. */
  function* merge(inputs: readonly StoredSegment[]): Generator<void, boolean> {
    const name = nameOf(next++);
    const parts = inputs.map((stored) => {
      const dead = new Set(stored.dead);
      return { path: join(folder, stored.segment.name), alive: (place: number) => !dead.has(place) };
    });
    const origins = yield* mergeSegments(parts, parameters, join(folder, name));
    const rest = () =>
      segments.filter((stored) => !inputs.includes(stored)).map((stored) => ({ stored, dead: stored.dead }));
    if (!origins) commit(rest());
    else {
      const adopted = yield* adopt(name, (stored) => {
        if (inputs.some(isMerged)) return null;
        // Recordings may have been deleted or replaced while the merge was under way.
        const gone = origins.flatMap(({ input, place }, at) => (inputs[input]?.dead.has(place) ? [at] : []));
        return [...rest(), { stored, dead: new Set(gone) }];
      });
      if (!adopted) return false;
    }
    for (const stored of inputs) retire(stored);
    return true;
  }

  return {
    folder,
    parameters,
    add,
    remove,
    get(id) {
      const at = where.get(id);
      return at ? (at.stored.segment.tracks[at.place] as TrackRecord) : null;
    },
    ids: () => [...where.keys()].sort((a, b) => a - b),
    peaks(id) {
      const at = where.get(id);
      return at ? at.stored.segment.readPeaks(at.stored.segment.tracks[at.place] as TrackRecord) : null;
    },
    totals() {
      const totals: Totals = { tracks: 0, seconds: 0, hashes: 0, bytes: 0, segments: segments.length };
      for (const { segment, dead } of segments) {
        totals.bytes += segment.bytes;
        for (const [place, track] of segment.tracks.entries()) {
          if (dead.has(place)) continue;
          totals.tracks++;
          totals.seconds += track.durationSec;
          totals.hashes += track.hashes;
        }
      }
      return totals;
    },
    checkFiles() {
      if (!existsSync(folder) || !readManifest(folder, engine.name, parameters))
        throw new StoreError(`The manifest of the store ${folder} is gone`);
      for (const { segment } of segments) segment.checkFile();
    },
    *verify() {
      const { segments: now, release } = acquire();
      try {
        for (const stored of now) {
          // Its file went meanwhile, and what was alive in it was read when it was written anew.
          if (stored.retired) continue;
          // A reader of its own, since others read between two pieces.
          const copy = openSegment(join(folder, stored.segment.name), parameters);
          try {
            yield* verifySegment(copy);
          } finally {
            copy.close();
          }
        }
        return { segments: now.length };
      } finally {
        release();
      }
    },
    *maintain(all = false) {
      for (let due = dueForMerge(all); due; ) {
        const merged = yield* merge(due);
        due = all && merged ? null : dueForMerge(all);
      }
    },
    acquire,
    close() {
      for (const { segment } of segments) segment.close();
      lock.release();
    },
  };

  function acquire() {
    const now = segments;
    for (const stored of now) stored.readers++;
    return {
      segments: now,
      release() {
        for (const stored of now) if (--stored.readers === 0 && stored.retired) stored.segment.close();
      },
    };
  }
}
