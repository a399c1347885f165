import { crc32 } from "node:zlib";

/**
 * A segment: an immutable file of postings sorted by key, and the peaks of their recordings.
 *
 *   header     magic, format, hash of the engine's parameters
 *   blocks     256 postings each: width of key differences (1 byte), the differences, then (track, frame, pitch) rows;
 *              all in as few bits as the segment's largest values need
 *   peaks      of each recording, see peak-bytes.ts
 *   directory  of each block: first key (float64), place (float64), checksum (uint32)
 *   tracks     40 bytes each: id, hashes, length, kind, place, size and checksum of the peaks
 *   footer     96 bytes: counts, widths, places, checksums, and its own
 */
export const magic = "PHAZEFPS";
export const format = 1;
export const headerBytes = 32;
export const blockPostings = 256;
export const directoryBytes = 20;
export const trackBytes = 40;
export const footerBytes = 96;
/** Bits are read four bytes at a time: that much lies behind each block. */
export const padding = 8;

/** Bits of a posting's fields; ranges are checked on writing, so nothing is ever cut off. */
export const idBits = 24;
export const frameBits = 24;
/** Pitch of a posting is kept in steps of 5.52 cents. */
export const centsBits = 10;
export const centsStep = 5652 / 1024;
export const keyBits = 40;

/** One recording of a segment. */
export interface TrackRecord {
  id: number;
  /** Postings it has in the segment. */
  hashes: number;
  durationSec: number;
  /** Hashed sparsely, as a long recording. */
  set: boolean;
  peakCount: number;
  peaksAt: number;
  peaksBytes: number;
  peaksCrc: number;
}

/** Fewest bits that hold 0 … `largest`. */
export const bitsFor = (largest: number): number => Math.max(1, Math.ceil(Math.log2(largest + 1)));

/** Writes `value` (up to 24 bits) at a bit's place of zeroed memory. */
export function putBits(view: DataView, place: number, value: number): void {
  const byte = place >>> 3;
  view.setUint32(byte, view.getUint32(byte, true) | (value << (place & 7)), true);
}

/** Reads up to 24 bits. */
export const getBits = (view: DataView, place: number, width: number): number =>
  (view.getUint32(place >>> 3, true) >>> (place & 7)) & ((1 << width) - 1);

/** What a reader must know before anything else; the file's last bytes. */
export interface Footer {
  postings: number;
  tracks: number;
  blocks: number;
  blocksEnd: number;
  directoryAt: number;
  tracksAt: number;
  /** Of the whole file, bytes. */
  length: number;
  trackWidth: number;
  frameWidth: number;
  headerCrc: number;
  directoryCrc: number;
  tracksCrc: number;
}
const wide = ["postings", "tracks", "blocks", "blocksEnd", "directoryAt", "tracksAt", "length"] as const;
const narrow = ["trackWidth", "frameWidth", "headerCrc", "directoryCrc", "tracksCrc"] as const;
const narrowAt = wide.length * 8;
const sumAt = footerBytes - 4;

export function writeHeader(parameters: string): Uint8Array {
  const header = new Uint8Array(headerBytes);
  header.set(Buffer.from(magic));
  new DataView(header.buffer).setUint32(8, format, true);
  header.set(Buffer.from(parameters), 16);
  return header;
}

export function writeFooter(footer: Footer): Uint8Array {
  const bytes = new Uint8Array(footerBytes);
  const view = new DataView(bytes.buffer);
  for (const [index, name] of wide.entries()) view.setFloat64(index * 8, footer[name], true);
  for (const [index, name] of narrow.entries()) view.setUint32(narrowAt + index * 4, footer[name], true);
  view.setUint32(sumAt, crc32(bytes.subarray(0, sumAt)), true);
  return bytes;
}

/** Null when the bytes are not what was written. */
export function readFooter(bytes: Uint8Array): Footer | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, footerBytes);
  if (crc32(bytes.subarray(0, sumAt)) !== view.getUint32(sumAt, true)) return null;
  const pairs = [
    ...wide.map((name, index) => [name, view.getFloat64(index * 8, true)] as const),
    ...narrow.map((name, index) => [name, view.getUint32(narrowAt + index * 4, true)] as const),
  ];
  return Object.fromEntries(pairs) as unknown as Footer;
}
