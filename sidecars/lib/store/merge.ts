import { frameRate } from "../parameters.ts";
import { centsStep } from "./layout.ts";
import { type Block, openSegment, type Segment } from "./segment.ts";
import { openSegmentWriter } from "./segment-write.ts";

/** A segment to be merged, by its path, and which of its recordings are still alive. */
export interface MergeInput {
  path: string;
  alive(place: number): boolean;
}

interface Cursor {
  segment: Segment;
  block: Block;
  index: number;
  at: number;
  key: number;
  /** New place of each recording; −1: dead. */
  places: Int32Array;
}

const postingsPerStep = 20_000;

/** Moves to the next posting of a living recording; false at the end. */
function advance(cursor: Cursor): boolean {
  for (;;) {
    cursor.at++;
    if (cursor.at >= cursor.block.count) {
      cursor.index++;
      if (cursor.index >= cursor.segment.blocks) return false;
      cursor.block = cursor.segment.readBlock(cursor.index);
      cursor.at = 0;
    }
    if ((cursor.places[cursor.block.track(cursor.at)] as number) < 0) continue;
    cursor.key = cursor.block.keys[cursor.at] as number;
    return true;
  }
}

/** Where a recording of the merged segment came from. */
export interface Origin {
  input: number;
  place: number;
}

/**
 * Merges segments into one, without what is dead. A generator, so that other work goes on; returns where each recording
 * came from, or null when nothing is alive. When it throws or is ended early, no file is left behind.
 */
export function* mergeSegments(
  inputs: readonly MergeInput[],
  parameters: string,
  path: string,
): Generator<void, Origin[] | null> {
  const segments: Segment[] = [];
  const origins: Origin[] = [];
  let writer: ReturnType<typeof openSegmentWriter> | null = null;
  let done = false;
  try {
    for (const input of inputs) segments.push(openSegment(input.path, parameters));
    let longest = 0;
    const cursors = segments.map((segment, input): Cursor => {
      const places = Int32Array.from(segment.tracks, (track, place) => {
        if (!inputs[input]?.alive(place)) return -1;
        longest = Math.max(longest, track.durationSec);
        return origins.push({ input, place }) - 1;
      });
      return { segment, block: segment.readBlock(0), index: 0, at: -1, key: 0, places };
    });
    if (origins.length === 0) return null;
    const largestFrame = Math.ceil(longest * frameRate) + 8;
    writer = openSegmentWriter(path, { parameters, tracks: origins.length, largestFrame });
    let live = cursors.filter(advance);
    for (let count = 1; live.length > 0; count++) {
      let least = live[0] as Cursor;
      for (const cursor of live) if (cursor.key < least.key) least = cursor;
      const { block, at, places } = least;
      writer.add(
        least.key,
        places[block.track(at)] as number,
        block.frame(at),
        Math.floor(block.cents(at) / centsStep),
      );
      if (!advance(least)) live = live.filter((cursor) => cursor !== least);
      if (count % postingsPerStep === 0) yield;
    }
    for (const [index, { input, place }] of origins.entries()) {
      const segment = segments[input] as Segment;
      const track = segment.tracks[place] as Segment["tracks"][number];
      writer.addPeaks(track, segment.readPeaks(track));
      if (index % 64 === 63) yield;
    }
    writer.finish();
    done = true;
    return origins;
  } finally {
    if (!done) writer?.discard();
    for (const segment of segments) segment.close();
  }
}
