import type { ByteSource } from "../audio/byte-source.ts";
import { latin1, RefusedError, readExactly } from "./layout.ts";

/** A page of an Ogg stream (RFC 3533 §6). */
export interface Page {
  at: number;
  length: number;
  /** The first 22 bytes: everything before the checksum and the table of segments. */
  head: Uint8Array;
  serial: number;
  flags: number;
  lacing: Uint8Array;
  body: Uint8Array;
}

export const pageFlags = { continued: 1, first: 2, last: 4 };
export const mostSegments = 255;

/** CRC-32 with the polynomial 0x04c11db7, not reflected, from 0 (RFC 3533 §6). Bit by bit: headers are small. */
export function oggChecksum(page: Uint8Array): number {
  let crc = 0;
  for (const byte of page) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}

/** A whole page from its parts; the head's number, flags and granule position are those given in `head`. */
export function buildPage(head: Uint8Array, lacing: Uint8Array, body: Uint8Array): Uint8Array {
  const page = Buffer.concat([head, Buffer.alloc(4), Buffer.from([lacing.length]), lacing, body]);
  page.writeUInt32LE(oggChecksum(page), 22);
  return page;
}

/** The page at a place. Throws RefusedError when there is none, or its checksum is wrong. */
export async function readPage(source: ByteSource, at: number): Promise<Page> {
  const fixed = await readExactly(source, at, 27);
  const segments = fixed[26] as number;
  if (latin1(fixed.subarray(0, 4)) !== "OggS" || fixed[4] !== 0)
    throw new RefusedError(`There is no Ogg page at byte ${at}: the file is damaged, get a whole copy of it first`);
  const lacing = (await readExactly(source, at + 27, segments)).slice();
  const bodyBytes = lacing.reduce((sum, value) => sum + value, 0);
  const body = (await readExactly(source, at + 27 + segments, bodyBytes)).slice();
  const head = fixed.slice(0, 22);
  const view = Buffer.from(fixed);
  const page = {
    at,
    length: 27 + segments + bodyBytes,
    head,
    serial: view.readUInt32LE(14),
    flags: fixed[5] as number,
  };
  if (Buffer.from(buildPage(head, lacing, body)).readUInt32LE(22) !== view.readUInt32LE(22))
    throw new RefusedError(
      `The Ogg page at byte ${at} is damaged (wrong checksum): get a whole copy of the file first`,
    );
  return { ...page, lacing, body };
}

/** The packets that these pages hold together. Throws RefusedError when the last one is not whole. */
export function packetsOf(pages: readonly Page[]): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  for (const { lacing, body } of pages) {
    let at = 0;
    for (const value of lacing) {
      parts.push(body.subarray(at, at + value));
      at += value;
      if (value === 255) continue;
      packets.push(Buffer.concat(parts));
      parts = [];
    }
  }
  if (parts.length > 0) throw new RefusedError("Its headers end in the middle of an Ogg page");
  return packets;
}

/** The segments of a packet: full ones of 255 bytes, and one that is less. */
export const lacingOf = (packet: Uint8Array): Uint8Array => {
  const lacing = new Uint8Array(Math.floor(packet.length / 255) + 1).fill(255);
  lacing[lacing.length - 1] = packet.length % 255;
  return lacing;
};
