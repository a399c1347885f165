import { closeSync, fsyncSync, openSync, rmSync } from "node:fs";
import { crc32 } from "node:zlib";
import { publish, StoreError, writeAll } from "./files.ts";
import {
  bitsFor,
  blockPostings,
  centsBits,
  directoryBytes,
  footerBytes,
  frameBits,
  idBits,
  keyBits,
  padding,
  putBits,
  type TrackRecord,
  trackBytes,
  writeFooter,
  writeHeader,
} from "./layout.ts";

/** What a writer must know before the first posting. */
export interface SegmentShape {
  parameters: string;
  tracks: number;
  /** Largest frame of any posting. */
  largestFrame: number;
}

/** Writes one segment from first to last byte. What is not finished leaves nothing behind but a `.tmp` file. */
export interface SegmentWriter {
  /** Postings in rising order of their keys; `track` is a place in the table of tracks. */
  add(key: number, track: number, frame: number, cents: number): void;
  /** Peaks of the next recording of the table, as bytes. */
  addPeaks(record: Omit<TrackRecord, "peaksAt" | "peaksBytes" | "peaksCrc">, peaks: Uint8Array): void;
  /** Makes it durable under its name. */
  finish(): void;
  discard(): void;
}

const bufferBytes = 1 << 20;

function inRange(name: string, value: number, bits: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits)
    throw new StoreError(`${name} ${value} is out of range: whole numbers below 2^${bits}`);
}

/** A file written from front to end through a buffer. */
function makeSink(path: string) {
  const fd = openSync(path, "w", 0o600);
  let closed = false;
  let buffer = new Uint8Array(bufferBytes);
  let filled = 0;
  let position = 0;
  const close = () => {
    if (closed) return;
    closed = true;
    closeSync(fd);
  };
  const flush = () => {
    writeAll(fd, buffer.subarray(0, filled));
    filled = 0;
  };
  return {
    at: () => position,
    write(bytes: Uint8Array) {
      if (filled + bytes.length > buffer.length) flush();
      if (bytes.length > buffer.length) writeAll(fd, bytes);
      else {
        buffer.set(bytes, filled);
        filled += bytes.length;
      }
      position += bytes.length;
    },
    end() {
      flush();
      fsyncSync(fd);
      close();
      buffer = new Uint8Array(0);
    },
    abandon() {
      try {
        close();
      } finally {
        rmSync(path, { force: true });
      }
    },
  };
}

function putDelta(view: DataView, place: number, delta: number): void {
  putBits(view, place, delta % 2 ** 20);
  if (delta >= 2 ** 20) putBits(view, place + 20, Math.floor(delta / 2 ** 20));
}

export function openSegmentWriter(path: string, shape: SegmentShape): SegmentWriter {
  inRange("frame", shape.largestFrame, frameBits);
  const temporary = `${path}.tmp`;
  const sink = makeSink(temporary);
  const trackWidth = bitsFor(Math.max(0, shape.tracks - 1));
  const frameWidth = bitsFor(shape.largestFrame);
  const rowWidth = trackWidth + frameWidth + centsBits;
  const keys = new Float64Array(blockPostings);
  const rows = new Uint32Array(blockPostings * 3);
  const directory: [number, number, number][] = [];
  const tracks: TrackRecord[] = [];
  let inBlock = 0;
  let postings = 0;
  let lastKey = 0;
  let blocksEnd = 0;

  function writeBlock(): void {
    if (inBlock === 0) return;
    let widest = 0;
    for (let at = 1; at < inBlock; at++) widest = Math.max(widest, (keys[at] as number) - (keys[at - 1] as number));
    const deltaWidth = bitsFor(widest);
    const block = new Uint8Array(1 + Math.ceil((inBlock * (deltaWidth + rowWidth)) / 8) + padding);
    const view = new DataView(block.buffer);
    block[0] = deltaWidth;
    let place = 8;
    for (let at = 1; at < inBlock; at++, place += deltaWidth)
      putDelta(view, place, (keys[at] as number) - (keys[at - 1] as number));
    for (let at = 0; at < inBlock; at++, place += rowWidth) {
      putBits(view, place, rows[3 * at] as number);
      putBits(view, place + trackWidth, rows[3 * at + 1] as number);
      putBits(view, place + trackWidth + frameWidth, rows[3 * at + 2] as number);
    }
    directory.push([keys[0] as number, sink.at(), crc32(block)]);
    sink.write(block);
    inBlock = 0;
  }

  function endBlocks(): void {
    writeBlock();
    if (blocksEnd === 0) blocksEnd = sink.at();
  }

  function tableOf(count: number, size: number, fill: (view: DataView, at: number, index: number) => void): Uint8Array {
    const bytes = new Uint8Array(count * size);
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < count; index++) fill(view, index * size, index);
    return bytes;
  }

  const header = writeHeader(shape.parameters);
  sink.write(header);

  return {
    add(key, track, frame, cents) {
      if (key < lastKey) throw new StoreError(`Postings must come in the order of their keys: ${key} after ${lastKey}`);
      inRange("key", key, keyBits);
      inRange("track", track, trackWidth);
      inRange("frame", frame, frameWidth);
      inRange("pitch", cents, centsBits);
      if (inBlock === blockPostings) writeBlock();
      keys[inBlock] = lastKey = key;
      rows[3 * inBlock] = track;
      rows[3 * inBlock + 1] = frame;
      rows[3 * inBlock + 2] = cents;
      inBlock++;
      postings++;
    },
    addPeaks(record, peaks) {
      endBlocks();
      inRange("id", record.id, idBits);
      tracks.push({ ...record, peaksAt: sink.at(), peaksBytes: peaks.length, peaksCrc: crc32(peaks) });
      sink.write(peaks);
    },
    finish() {
      endBlocks();
      if (tracks.length !== shape.tracks)
        throw new StoreError(`${tracks.length} recordings were written, ${shape.tracks} announced`);
      const directoryAt = sink.at();
      const directoryTable = tableOf(directory.length, directoryBytes, (view, at, index) => {
        const [key, place, sum] = directory[index] as [number, number, number];
        view.setFloat64(at, key, true);
        view.setFloat64(at + 8, place, true);
        view.setUint32(at + 16, sum, true);
      });
      sink.write(directoryTable);
      const tracksAt = sink.at();
      const trackTable = tableOf(tracks.length, trackBytes, (view, at, index) => {
        const track = tracks[index] as TrackRecord;
        view.setUint32(at, track.id, true);
        view.setUint32(at + 4, track.hashes, true);
        view.setFloat64(at + 8, track.durationSec, true);
        view.setUint32(at + 16, track.set ? 1 : 0, true);
        view.setUint32(at + 20, track.peakCount, true);
        view.setFloat64(at + 24, track.peaksAt, true);
        view.setUint32(at + 32, track.peaksBytes, true);
        view.setUint32(at + 36, track.peaksCrc, true);
      });
      sink.write(trackTable);
      sink.write(
        writeFooter({
          postings,
          tracks: tracks.length,
          blocks: directory.length,
          blocksEnd,
          directoryAt,
          tracksAt,
          trackWidth,
          frameWidth,
          headerCrc: crc32(header),
          directoryCrc: crc32(directoryTable),
          tracksCrc: crc32(trackTable),
          length: sink.at() + footerBytes,
        }),
      );
      sink.end();
      publish(temporary, path);
    },
    discard: () => sink.abandon(),
  };
}
