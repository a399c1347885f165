import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { basename } from "node:path";
import { crc32 } from "node:zlib";
import { readExactly, StoreError } from "./files.ts";
import {
  blockPostings,
  centsBits,
  centsStep,
  directoryBytes,
  type Footer,
  footerBytes,
  format,
  getBits,
  headerBytes,
  magic,
  readFooter,
  type TrackRecord,
  trackBytes,
  writeHeader,
} from "./layout.ts";

/** The postings of one block. Keys are read; the rest of a posting only when it is asked for. */
export interface Block {
  /** As many as `count`; the array is used again for the next block. */
  keys: Float64Array;
  count: number;
  track(at: number): number;
  frame(at: number): number;
  cents(at: number): number;
}

/** An open, immutable segment. Its directory and its table of tracks are in memory: about 0.1 byte a posting. */
export interface Segment {
  readonly name: string;
  readonly bytes: number;
  readonly postings: number;
  readonly blocks: number;
  readonly tracks: readonly TrackRecord[];
  /** First key of each block. */
  readonly firstKeys: Float64Array;
  /** Reads a block; the next one overwrites it. Throws StoreError when it is not what was written. */
  readBlock(index: number): Block;
  /** Reads blocks from here on ahead, up to `end`, with few calls. */
  readPeaks(track: TrackRecord): Uint8Array;
  /** Throws StoreError when the file is gone, or another size, since it was opened. */
  checkFile(): void;
  close(): void;
}

const remedy =
  "Move the store's folder away and start again: Phaze notices what is missing and makes those fingerprints anew";

/** Blocks that follow each other are read together, up to so many bytes. */
const readAheadBytes = 256 * 1024;

function readTracks(table: Uint8Array, count: number): TrackRecord[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  return Array.from({ length: count }, (_, index) => {
    const at = index * trackBytes;
    return {
      id: view.getUint32(at, true),
      hashes: view.getUint32(at + 4, true),
      durationSec: view.getFloat64(at + 8, true),
      set: view.getUint32(at + 16, true) === 1,
      peakCount: view.getUint32(at + 20, true),
      peaksAt: view.getFloat64(at + 24, true),
      peaksBytes: view.getUint32(at + 32, true),
      peaksCrc: view.getUint32(at + 36, true),
    };
  });
}

function openChecked(fd: number, name: string, parameters: string): { footer: Footer; size: number } {
  const { size } = fstatSync(fd);
  if (size < headerBytes + footerBytes)
    throw new StoreError(`Segment ${name} is damaged: it has ${size} bytes. ${remedy}`);
  const header = readExactly(fd, 0, headerBytes, name);
  const footer = readFooter(readExactly(fd, size - footerBytes, footerBytes, name));
  const view = new DataView(header.buffer);
  const sameMagic = Buffer.from(header.subarray(0, 8)).toString("latin1") === magic;
  if (sameMagic && view.getUint32(8, true) > format)
    throw new StoreError(`Segment ${name} is of a newer format than this Phaze knows: use the Phaze that wrote it`);
  if (!sameMagic || !footer) throw new StoreError(`Segment ${name} is damaged, or no segment of Phaze. ${remedy}`);
  if (footer.length !== size || crc32(header) !== footer.headerCrc)
    throw new StoreError(`Segment ${name} is damaged: it has ${size} bytes instead of ${footer.length}. ${remedy}`);
  if (crc32(writeHeader(parameters)) !== footer.headerCrc)
    throw new StoreError(`Segment ${name} was made by another engine, or with other parameters. ${remedy}`);
  return { footer, size };
}

/** Opens a segment and checks all but its blocks and peaks, which are checked when they are read. Throws StoreError. */
export function openSegment(path: string, parameters: string): Segment {
  const name = basename(path);
  const fd = openSync(path, "r");
  try {
    const { footer, size } = openChecked(fd, name, parameters);
    return makeSegment(fd, path, name, footer, size);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function makeSegment(fd: number, path: string, name: string, footer: Footer, size: number): Segment {
  const directory = readExactly(fd, footer.directoryAt, footer.blocks * directoryBytes, name);
  const trackTable = readExactly(fd, footer.tracksAt, footer.tracks * trackBytes, name);
  const damaged = (what: string) => new StoreError(`Segment ${name} is damaged: ${what}. ${remedy}`);
  if (crc32(directory) !== footer.directoryCrc) throw damaged("its directory");
  if (crc32(trackTable) !== footer.tracksCrc) throw damaged("its table of recordings");
  const firstKeys = new Float64Array(footer.blocks);
  const places = new Float64Array(footer.blocks + 1);
  const sums = new Uint32Array(footer.blocks);
  const view = new DataView(directory.buffer);
  for (let at = 0; at < footer.blocks; at++) {
    firstKeys[at] = view.getFloat64(at * directoryBytes, true);
    places[at] = view.getFloat64(at * directoryBytes + 8, true);
    sums[at] = view.getUint32(at * directoryBytes + 16, true);
  }
  places[footer.blocks] = footer.blocksEnd;
  const tracks = readTracks(trackTable, footer.tracks);

  const { trackWidth, frameWidth } = footer;
  const rowWidth = trackWidth + frameWidth + centsBits;
  const buffer = new Uint8Array(readAheadBytes + 65_536);
  let bufferFrom = 0;
  let bufferTo = 0;
  let lastRead = -2;
  let block = new DataView(buffer.buffer);
  let rowsAt = 0;
  const keys = new Float64Array(blockPostings);

  /** The bytes of a block; when it follows the last one, those behind it are read along. */
  function bytesOf(index: number): Uint8Array {
    const from = places[index] as number;
    const to = places[index + 1] as number;
    if (from < bufferFrom || to > bufferTo) {
      const ahead = index - lastRead <= 4 ? readAheadBytes : to - from;
      const end = Math.max(to, Math.min(footer.blocksEnd, from + ahead));
      // Nothing is in the buffer until all of it has been read.
      bufferTo = 0;
      readExactly(fd, from, end - from, name, buffer);
      bufferFrom = from;
      bufferTo = end;
    }
    lastRead = index;
    return buffer.subarray(from - bufferFrom, to - bufferFrom);
  }

  const api: Segment = {
    name,
    bytes: size,
    postings: footer.postings,
    blocks: footer.blocks,
    tracks,
    firstKeys,
    readBlock(index) {
      const bytes = bytesOf(index);
      if (crc32(bytes) !== sums[index]) throw damaged(`block ${index}`);
      block = new DataView(buffer.buffer, bytes.byteOffset, bytes.byteLength);
      const count = index + 1 < footer.blocks ? blockPostings : footer.postings - index * blockPostings;
      const deltaWidth = bytes[0] as number;
      let place = 8;
      let key = firstKeys[index] as number;
      keys[0] = key;
      for (let at = 1; at < count; at++, place += deltaWidth) {
        key +=
          deltaWidth <= 24
            ? getBits(block, place, deltaWidth)
            : getBits(block, place, 20) + getBits(block, place + 20, deltaWidth - 20) * 2 ** 20;
        keys[at] = key;
      }
      rowsAt = place;
      return {
        keys,
        count,
        track: (at) => getBits(block, rowsAt + at * rowWidth, trackWidth),
        frame: (at) => getBits(block, rowsAt + at * rowWidth + trackWidth, frameWidth),
        cents: (at) => (getBits(block, rowsAt + at * rowWidth + trackWidth + frameWidth, centsBits) + 0.5) * centsStep,
      };
    },
    readPeaks(track) {
      const bytes = readExactly(fd, track.peaksAt, track.peaksBytes, name);
      if (crc32(bytes) !== track.peaksCrc) throw damaged(`the peaks of recording ${track.id}`);
      return bytes;
    },
    checkFile() {
      const now = statSync(path, { throwIfNoEntry: false });
      if (!now) throw damaged("it is gone");
      if (now.size !== size) throw damaged(`it has ${now.size} bytes instead of ${size}`);
    },
    close: () => closeSync(fd),
  };
  return api;
}

/** Reads all of a segment and compares every checksum and count. Yields now and then, so that other work goes on. */
export function* verifySegment(segment: Segment): Generator<void> {
  let found = 0;
  let last = -1;
  const counts = new Uint32Array(segment.tracks.length);
  for (let index = 0; index < segment.blocks; index++) {
    const block = segment.readBlock(index);
    found += block.count;
    for (let at = 0; at < block.count; at++) {
      const key = block.keys[at] as number;
      const track = block.track(at);
      if (key < last || track >= counts.length)
        throw new StoreError(`Segment ${segment.name} is damaged: block ${index} is out of order. ${remedy}`);
      counts[track] = (counts[track] as number) + 1;
      last = key;
    }
    if (index % 64 === 63) yield;
  }
  for (const [place, track] of segment.tracks.entries()) {
    segment.readPeaks(track);
    if (counts[place] !== track.hashes)
      throw new StoreError(
        `Segment ${segment.name} is damaged: recording ${track.id} has ${counts[place]} postings instead of ${track.hashes}. ${remedy}`,
      );
    if (place % 16 === 15) yield;
  }
  if (found !== segment.postings)
    throw new StoreError(
      `Segment ${segment.name} is damaged: ${found} postings instead of ${segment.postings}. ${remedy}`,
    );
}
