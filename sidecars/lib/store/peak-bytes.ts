import { joinPeaks, type Peaks, steps } from "../peaks.ts";

/** Peaks are kept in chunks of so many frames (48 s), so that a stretch of a long set can be read by itself. */
const chunkFrames = 4096;
const stepsPerChunk = chunkFrames / steps.frame;
/** A gap to the next peak of so many steps or more is written behind it, in 7 bits a byte. */
const longGap = 31;
/** Three, and a gap as long as a chunk. */
const mostPeakBytes = 5;

/**
 * Peaks as bytes: the number of chunks and the place of each as uint32, then 3 bytes a peak: 5 bits of time since the
 * last one, 11 of pitch, 8 of strength. About 216 kB an hour.
 */
export function writePeaks({ frame, cents, strength }: Peaks): Uint8Array {
  const chunks = frame.length === 0 ? 0 : Math.floor((frame[frame.length - 1] as number) / chunkFrames) + 1;
  const bytes = new Uint8Array(4 + 4 * chunks + mostPeakBytes * frame.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, chunks, true);
  let size = 4 + 4 * chunks;
  let at = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    view.setUint32(4 + 4 * chunk, size, true);
    let last = chunk * stepsPerChunk;
    for (; at < frame.length && (frame[at] as number) < (chunk + 1) * chunkFrames; at++) {
      const time = Math.round((frame[at] as number) / steps.frame);
      const pitch = Math.round((cents[at] as number) / steps.cents);
      const gap = time - last;
      view.setUint16(size, Math.min(gap, longGap) | (pitch << 5), true);
      bytes[size + 2] = Math.round((strength[at] as number) / steps.strength);
      size += 3;
      if (gap >= longGap) {
        let rest = gap - longGap;
        for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[size++] = (rest & 127) | 128;
        bytes[size++] = rest;
      }
      last = time;
    }
  }
  return bytes.slice(0, size);
}

function readChunk(bytes: Uint8Array, from: number, to: number, chunk: number): Peaks {
  const most = Math.ceil((to - from) / 3);
  const peaks = { frame: new Float64Array(most), cents: new Float32Array(most), strength: new Float32Array(most) };
  let time = chunk * stepsPerChunk;
  let count = 0;
  for (let at = from; at + 3 <= to; count++) {
    const word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    at += 3;
    let gap = word & 31;
    if (gap === longGap) {
      let scale = 1;
      let byte: number;
      do {
        byte = bytes[at++] as number;
        gap += (byte & 127) * scale;
        scale *= 128;
      } while (byte >= 128 && at < to);
    }
    time += gap;
    peaks.frame[count] = time * steps.frame;
    peaks.cents[count] = ((word >> 5) & 2047) * steps.cents;
    peaks.strength[count] = (word >> 16) * steps.strength;
  }
  return {
    frame: peaks.frame.subarray(0, count),
    cents: peaks.cents.subarray(0, count),
    strength: peaks.strength.subarray(0, count),
  };
}

/** The peaks of the chunks that frames `from` … `to` lie in. `bytes` are what `writePeaks` made. */
export function readPeaks(bytes: Uint8Array, from = 0, to = Number.POSITIVE_INFINITY): Peaks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = view.getUint32(0, true);
  const first = Math.max(0, Math.floor(from / chunkFrames));
  const last = Math.min(chunks - 1, Math.floor(to / chunkFrames));
  const parts: Peaks[] = [];
  for (let chunk = first; chunk <= last; chunk++) {
    const start = view.getUint32(4 + 4 * chunk, true);
    const end = chunk + 1 < chunks ? view.getUint32(8 + 4 * chunk, true) : bytes.length;
    parts.push(readChunk(bytes, start, end, chunk));
  }
  return joinPeaks(parts);
}
