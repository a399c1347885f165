import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "./files.ts";
import type { Manifest } from "./manifest.ts";
import { openSegment, type Segment, verifySegment } from "./segment.ts";

/** A segment as part of the store: open as long as somebody reads it. */
export interface StoredSegment {
  readonly segment: Segment;
  /** Places of recordings that were deleted or replaced. */
  readonly dead: Set<number>;
  readers: number;
  retired: boolean;
}

/** Where each recording is, by its id. */
export type Where = Map<number, { stored: StoredSegment; place: number }>;

/** A store up to this size is read through when it is opened, bytes; a larger one piece by piece afterwards. */
const verifiedAtOpenBytes = 128 * 1024 ** 2;

/** Names that only a store gives: nothing else in its folder is ever touched. */
const ownName = /^(\d{10}\.seg(\.tmp)?|manifest\.tmp)$/;

/** Removes what a crash has left: unfinished files, and segments that no manifest came to name. */
export function sweep(folder: string, manifest: Manifest): void {
  const known = new Set(manifest.segments.map(({ name }) => name));
  for (const name of readdirSync(folder)) if (ownName.test(name) && !known.has(name)) rmSync(join(folder, name));
}

/** Opens what a manifest names. Throws StoreError, with nothing left open, when a part of it cannot be trusted. */
export function loadSegments(folder: string, manifest: Manifest): { segments: StoredSegment[]; where: Where } {
  const segments: StoredSegment[] = [];
  const where: Where = new Map();
  try {
    for (const { name, bytes, dead } of manifest.segments) {
      const segment = openSegment(join(folder, name), manifest.parameters);
      const stored: StoredSegment = { segment, dead: new Set(dead), readers: 0, retired: false };
      segments.push(stored);
      if (segment.bytes !== bytes) throw new StoreError(`Segment ${name} is not the one the manifest names`);
      for (const [place, { id }] of segment.tracks.entries()) {
        if (stored.dead.has(place)) continue;
        const other = where.get(id)?.stored.segment.name;
        if (other)
          throw new StoreError(`The store ${folder} is damaged: recording ${id} is in it twice, ${other} and ${name}`);
        where.set(id, { stored, place });
      }
    }
    if (segments.reduce((sum, { segment }) => sum + segment.bytes, 0) <= verifiedAtOpenBytes)
      for (const { segment } of segments) for (const _ of verifySegment(segment));
    return { segments, where };
  } catch (error) {
    for (const { segment } of segments) segment.close();
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new StoreError(`A segment of the store ${folder} is missing: ${(error as Error).message}`);
    throw error;
  }
}
