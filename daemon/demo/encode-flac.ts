import { createHash } from "node:crypto";

/** Samples a block; also the largest number this writer uses. */
const blockSamples = 4_096;
const order = 2;

/**
 * FLAC (RFC 9639) of mono 16-bit PCM: fixed predictor of order 2, one Rice partition a block. Not the smallest, but
 * complete and lossless, in a page of code and no dependency.
 */
export function encodeFlac(pcm: Int16Array, rateHz: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let from = 0; from < pcm.length; from += blockSamples) {
    blocks.push(encodeBlock(pcm.subarray(from, from + blockSamples), from / blockSamples));
  }
  return new Uint8Array(Buffer.concat([streamHeader(pcm, rateHz), ...blocks]));
}

function streamHeader(pcm: Int16Array, rateHz: number): Buffer {
  const header = Buffer.alloc(4 + 4 + 34);
  header.write("fLaC", 0, "latin1");
  header.writeUInt32BE((0x80000000 + 34) >>> 0, 4);
  header.writeUInt16BE(blockSamples, 8);
  header.writeUInt16BE(blockSamples, 10);
  const samples = BigInt(pcm.length);
  header.writeBigUInt64BE((BigInt(rateHz) << 44n) | (15n << 36n) | samples, 18);
  createHash("md5").update(littleEndian(pcm)).digest().copy(header, 26);
  return header;
}

function littleEndian(pcm: Int16Array): Buffer {
  const bytes = Buffer.alloc(pcm.length * 2);
  for (let at = 0; at < pcm.length; at++) bytes.writeInt16LE(pcm[at] ?? 0, at * 2);
  return bytes;
}

function encodeBlock(samples: Int16Array, number: number): Uint8Array {
  /** Worst case of this Rice parameter is far below twice the plain size. */
  const bits = makeBitWriter(samples.length * 8 + 64);
  bits.put(0xfff8, 16);
  /** Block size in 16 bits at the header's end; rate as in the stream's header; mono; 16 bits a sample. */
  bits.put(0x7, 4);
  bits.put(0, 4);
  bits.put(0x08, 8);
  for (const byte of Buffer.from(String.fromCodePoint(number))) bits.put(byte, 8);
  bits.put(samples.length - 1, 16);
  bits.put(crc(bits.bytes(), 8, 0x07), 8);
  const warmUp = Math.min(order, samples.length);
  bits.put((0x08 | warmUp) << 1, 8);
  for (let at = 0; at < warmUp; at++) bits.put((samples[at] ?? 0) & 0xffff, 16);
  putResiduals(bits, residuals(samples, warmUp));
  bits.align();
  bits.put(crc(bits.bytes(), 16, 0x8005), 16);
  return bits.bytes();
}

function residuals(samples: Int16Array, warmUp: number): Int32Array {
  const rest = new Int32Array(samples.length - warmUp);
  for (let at = warmUp; at < samples.length; at++) {
    rest[at - warmUp] = (samples[at] ?? 0) - 2 * (samples[at - 1] ?? 0) + (samples[at - 2] ?? 0);
  }
  return rest;
}

interface BitWriter {
  put(value: number, bits: number): void;
  align(): void;
  bytes(): Uint8Array;
}

function putResiduals(bits: BitWriter, rest: Int32Array): void {
  const mean = rest.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, rest.length);
  const parameter = Math.max(0, Math.min(14, Math.floor(Math.log2(mean + 1))));
  bits.put(0, 6);
  bits.put(parameter, 4);
  for (const value of rest) {
    const folded = value >= 0 ? 2 * value : -2 * value - 1;
    for (let quotient = folded >>> parameter; quotient > 0; quotient--) bits.put(0, 1);
    bits.put(1, 1);
    bits.put(folded & ((1 << parameter) - 1), parameter);
  }
}

function makeBitWriter(capacity: number): BitWriter {
  let buffer = new Uint8Array(capacity);
  let at = 0;
  const put = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit--, at++) {
      if (at >> 3 >= buffer.length) {
        const larger = new Uint8Array(buffer.length * 2);
        larger.set(buffer);
        buffer = larger;
      }
      if ((value >> bit) & 1) buffer[at >> 3] = (buffer[at >> 3] ?? 0) | (0x80 >> (at & 7));
    }
  };
  return {
    put,
    align: () => put(0, (8 - (at & 7)) & 7),
    bytes: () => buffer.subarray(0, (at + 7) >> 3),
  };
}

/** CRC-8 and CRC-16 of FLAC, most significant bit first, starting from 0. */
function crc(bytes: Uint8Array, width: 8 | 16, polynomial: number): number {
  const top = 1 << (width - 1);
  const mask = width === 8 ? 0xff : 0xffff;
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << (width - 8);
    for (let bit = 0; bit < 8; bit++)
      value = (value & top) !== 0 ? ((value << 1) ^ polynomial) & mask : (value << 1) & mask;
  }
  return value;
}
