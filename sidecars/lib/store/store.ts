import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Engine, parameterHash } from "../engine.ts";
import { groupBy } from "../group.ts";
import { buildSegment, type Recording } from "./build.ts";
import { StoreError } from "./files.ts";
import type { TrackRecord } from "./layout.ts";
import { lockFolder } from "./lock.ts";
import { type Manifest, nameOf, readManifest, writeManifest } from "./manifest.ts";
import { mergeSegments } from "./merge.ts";
import { openSegment, type Segment, verifySegment } from "./segment.ts";

/** A segment as part of the store: open as long as somebody reads it. */
export interface StoredSegment {
  readonly segment: Segment;
  /** Places of recordings that were deleted or replaced. */
  readonly dead: Set<number>;
  readers: number;
  retired: boolean;
}

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
/** A store up to this size is read through when it is opened, bytes; a larger one piece by piece afterwards. */
const verifiedAtOpenBytes = 128 * 1024 ** 2;

const tierOf = ({ segment }: StoredSegment) => Math.floor(Math.log(Math.max(1, segment.postings)) / Math.log(fanIn));

/** Removes what a crash has left: unfinished files, and segments that no manifest came to name. */
function sweep(folder: string, manifest: Manifest): void {
  const known = new Set(manifest.segments.map(({ name }) => name));
  for (const name of readdirSync(folder))
    if (name.endsWith(".tmp") || (name.endsWith(".seg") && !known.has(name))) rmSync(join(folder, name));
}

function openAll(folder: string, manifest: Manifest): StoredSegment[] {
  const open: StoredSegment[] = [];
  try {
    for (const { name, bytes, dead } of manifest.segments) {
      const segment = openSegment(join(folder, name), manifest.parameters);
      open.push({ segment, dead: new Set(dead), readers: 0, retired: false });
      if (segment.bytes !== bytes) throw new StoreError(`Segment ${name} is not the one the manifest names`);
    }
    return open;
  } catch (error) {
    for (const { segment } of open) segment.close();
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new StoreError(`A segment of the store ${folder} is missing: ${(error as Error).message}`);
    throw error;
  }
}

/** Opens a store, or makes one in an empty or missing folder. Throws StoreError when what is there cannot be trusted. */
export function openStore(folder: string, engine: Engine): Store {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(folder);
  try {
    return makeStore(folder, engine, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function makeStore(folder: string, engine: Engine, unlock: () => void): Store {
  const parameters = parameterHash(engine);
  const fresh: Manifest = { format: 1, engine: engine.name, parameters, next: 1, segments: [] };
  const found = readManifest(folder, engine.name, parameters);
  if (!found) writeManifest(folder, fresh);
  let next = (found ?? fresh).next;
  sweep(folder, found ?? fresh);
  let segments = openAll(folder, found ?? fresh);
  const where = new Map<number, { stored: StoredSegment; place: number }>();
  for (const stored of segments)
    for (const [place, { id }] of stored.segment.tracks.entries()) {
      if (stored.dead.has(place)) continue;
      if (where.has(id)) throw new StoreError(`The store ${folder} is damaged: recording ${id} is in it twice`);
      where.set(id, { stored, place });
    }
  if (segments.reduce((sum, { segment }) => sum + segment.bytes, 0) <= verifiedAtOpenBytes)
    for (const { segment } of segments) for (const _ of verifySegment(segment));

  /** Makes a new list of segments real: on disk first, then here. Those with nothing alive in them go. */
  function commit(all: readonly { stored: StoredSegment; dead: Set<number> }[]): void {
    const isEmpty = ({ stored, dead }: (typeof all)[number]) => dead.size === stored.segment.tracks.length;
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
    rmSync(join(folder, stored.segment.name), { force: true });
    if (stored.readers === 0) stored.segment.close();
  }

  /** The present list, with further recordings dead. */
  function withDead(ids: readonly number[]) {
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
    const path = join(folder, name);
    const counts = buildSegment(path, engine, parameters, recordings);
    next++;
    if (!counts) {
      remove(ids);
      return ids.map(() => 0);
    }
    // From the disk again, through a descriptor of its own: what counts is what can be read.
    let segment: Segment | null = null;
    try {
      segment = openSegment(path, parameters);
      for (const _ of verifySegment(segment));
      check(segment);
      const stored: StoredSegment = { segment, dead: new Set(), readers: 0, retired: false };
      commit([...withDead(ids), { stored, dead: new Set() }]);
      for (const id of ids) where.delete(id);
      for (const [place, track] of segment.tracks.entries()) where.set(track.id, { stored, place });
      return ids.map((id) => where.get(id)?.stored.segment.tracks[where.get(id)?.place ?? -1]?.hashes ?? 0);
    } catch (error) {
      segment?.close();
      rmSync(path, { force: true });
      throw error;
    }
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

  function* merge(inputs: readonly StoredSegment[]): Generator<void> {
    const name = nameOf(next++);
    const path = join(folder, name);
    const parts = inputs.map((stored) => {
      const dead = new Set(stored.dead);
      return { path: join(folder, stored.segment.name), alive: (place: number) => !dead.has(place) };
    });
    const origins = yield* mergeSegments(parts, parameters, path);
    const rest = segments.filter((stored) => !inputs.includes(stored)).map((stored) => ({ stored, dead: stored.dead }));
    if (!origins) commit(rest);
    else {
      const segment = openSegment(path, parameters);
      try {
        yield* verifySegment(segment);
        // Recordings may have been deleted or replaced while the merge was under way.
        const gone = origins.flatMap(({ input, place }, at) => (inputs[input]?.dead.has(place) ? [at] : []));
        const stored: StoredSegment = { segment, dead: new Set(), readers: 0, retired: false };
        const others = segments.filter((other) => !inputs.includes(other));
        const list = [...others.map((other) => ({ stored: other, dead: other.dead })), { stored, dead: new Set(gone) }];
        commit(list);
        for (const [place, track] of segment.tracks.entries())
          if (!stored.dead.has(place)) where.set(track.id, { stored, place });
      } catch (error) {
        segment.close();
        rmSync(path, { force: true });
        throw error;
      }
    }
    for (const stored of inputs) retire(stored);
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
      readManifest(folder, engine.name, parameters) ?? unreadable(folder);
      for (const { segment } of segments) segment.checkFile();
    },
    *verify() {
      const { segments: now, release } = acquire();
      try {
        for (const { segment } of now) {
          // A reader of its own, since others read between two pieces.
          const copy = openSegment(join(folder, segment.name), parameters);
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
      for (let due = dueForMerge(all); due; due = all ? null : dueForMerge(false)) yield* merge(due);
    },
    acquire,
    close() {
      for (const { segment } of segments) segment.close();
      unlock();
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

function unreadable(folder: string): never {
  throw new StoreError(`The manifest of the store ${folder} is gone`);
}
