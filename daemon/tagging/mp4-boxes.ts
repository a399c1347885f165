import type { ByteSource } from "../audio/byte-source.ts";
import { latin1, RefusedError, readExactly } from "./layout.ts";

/** A box of an MP4 file (ISO/IEC 14496-12 §4.2). */
export interface Box {
  name: string;
  at: number;
  /** Bytes of the whole box. */
  length: number;
  /** Bytes before its content. */
  head: number;
}

const damaged = "have it written anew (ffmpeg -i IN -c copy OUT) first";

function sizeOf(bytes: Buffer, rest: number): { length: number; head: number } {
  const size = bytes.readUInt32BE(0);
  if (size === 0) return { length: rest, head: 8 };
  if (size !== 1) return { length: size, head: 8 };
  return { length: bytes.length >= 16 ? Number(bytes.readBigUInt64BE(8)) : Number.NaN, head: 16 };
}

function checked(box: Box, rest: number): Box {
  if (!(box.length >= box.head && box.length <= rest))
    throw new RefusedError(`Its box at byte ${box.at} does not fit into what holds it: ${damaged}`);
  return box;
}

/** The boxes of the file itself. */
export async function topBoxes(source: ByteSource): Promise<Box[]> {
  const boxes: Box[] = [];
  for (let at = 0; at < source.size; ) {
    const rest = source.size - at;
    const bytes = Buffer.from(await readExactly(source, at, Math.min(16, rest)));
    if (bytes.length < 8) throw new RefusedError(`It ends within a box at byte ${at}: ${damaged}`);
    const box = checked({ name: latin1(bytes.subarray(4, 8)), at, ...sizeOf(bytes, rest) }, rest);
    boxes.push(box);
    at += box.length;
  }
  return boxes;
}

/** A piece of a file in memory, and where it lies there. */
export interface Piece {
  bytes: Buffer;
  base: number;
}

export const contentOf = ({ bytes, base }: Piece, box: Box, skip = 0): Buffer =>
  bytes.subarray(box.at - base + box.head + skip, box.at - base + box.length);

/** The boxes within a box; `skip` bytes of its content come before them. Zeros may end a list (QuickTime). */
export function innerBoxes(piece: Piece, outer: Box, skip = 0): Box[] {
  const boxes: Box[] = [];
  const end = outer.at + outer.length;
  for (let at = outer.at + outer.head + skip; at < end; ) {
    const bytes = piece.bytes.subarray(at - piece.base, end - piece.base);
    if (bytes.length < 8) {
      if (bytes.every((byte) => byte === 0)) break;
      throw new RefusedError(`Its box at byte ${at} is damaged: ${damaged}`);
    }
    const box = checked({ name: latin1(bytes.subarray(4, 8)), at, ...sizeOf(bytes, end - at) }, end - at);
    if (bytes.readUInt32BE(0) === 0 && bytes.every((byte) => byte === 0)) break;
    boxes.push(box);
    at += box.length;
  }
  return boxes;
}

/** A box of this name and content. */
export function buildBox(name: string, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(contents);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.write(name, 4, "latin1");
  return Buffer.concat([head, body]);
}

/** The patch that gives a box another length. */
export function resizeBox(piece: Piece, box: Box, by: number): { at: number; remove: number; insert: Uint8Array } {
  const at = box.at - piece.base;
  if (box.head !== 8 || piece.bytes.readUInt32BE(at) === 0 || box.length + by > 0xffffffff)
    throw new RefusedError(`Its box ${box.name} has a size of an unusual kind: ${damaged}`);
  const insert = Buffer.alloc(4);
  insert.writeUInt32BE(box.length + by);
  return { at: box.at, remove: 4, insert };
}

const plainContainers = new Set(["moov", "trak", "mdia", "minf", "stbl", "udta", "edts", "dinf"]);

/** Every box within `outer` that holds no others, or whose content is not known, in order. */
export function leaves(piece: Piece, outer: Box): Box[] {
  return innerBoxes(piece, outer).flatMap((box) => (plainContainers.has(box.name) ? leaves(piece, box) : [box]));
}
