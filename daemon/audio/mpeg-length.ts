import { type IFormat, parseBuffer } from "music-metadata";
import type { ByteSource } from "./byte-source.ts";
import { averageKbps, type Measured } from "./measured.ts";

/** Six pieces of one to four seconds each: the bitrates of speech and music even out over them. */
const pieces = 6;
const pieceBytes = 32 * 1024;
/** Files differ from their headers by a tag or a few frames, not by more than this. */
const tolerance = 0.05;

/**
 * Length of the MPEG audio from offset `from` on: the parser's if it comes from a Xing header, and that share of it
 * for a file that was cut or added to. Without such a header music-metadata would count frames through the whole file,
 * so it measures a few pieces, whose bitrate holds for the rest: exact if all have the same, else an estimate.
 */
export async function measureMpeg(source: ByteSource, from: number, format: IFormat): Promise<Measured> {
  const audioBytes = source.size - from;
  const noted = await notedBytes(source, from);
  if (noted !== null && format.duration) {
    const share = audioBytes / (noted || audioBytes);
    const isWrong = Math.abs(share - 1) > tolerance;
    const durationSec = format.duration * (isWrong ? share : 1);
    const what = share < 1 ? "the file is cut short" : "more is appended";
    const warning = `length header tells of ${noted} bytes of audio, found ${audioBytes}: ${what}`;
    return { durationSec, bitrateKbps: averageKbps(audioBytes, durationSec), warnings: isWrong ? [warning] : [] };
  }
  const rates = await measurePieces(source, from);
  if (rates.length === 0) return { durationSec: null, bitrateKbps: null, warnings: ["no sound found after the tag"] };
  /** Without the extremes: a piece may begin with bytes that only look like a frame. */
  const sorted = rates.toSorted((one, other) => one - other);
  const usual = sorted.length > 2 ? sorted.slice(1, -1) : sorted;
  const secPerByte = usual.reduce((sum, rate) => sum + 8 / rate, 0) / usual.length;
  const isExact = new Set(usual).size === 1 || audioBytes < pieceBytes;
  const warnings = isExact ? [] : ["length estimated from a few seconds: the file does not tell it"];
  return { durationSec: audioBytes * secPerByte, bitrateKbps: 8 / secPerByte / 1000, warnings };
}

/** Bytes of audio that the Xing or Info header in the first frame tells, 0 if it does not; null without one. */
async function notedBytes(source: ByteSource, from: number): Promise<number | null> {
  const head = Buffer.from(await source.read(from, 256));
  const at = head.toString("latin1").search(/Xing|Info/);
  if (at < 0 || at + 16 > head.length) return null;
  return (head.readUInt32BE(at + 4) & 2) !== 0 ? head.readUInt32BE(at + 12) : 0;
}

/** Bits a second of pieces from all over the file, each from what begins like the first frame. */
async function measurePieces(source: ByteSource, from: number): Promise<number[]> {
  const rates: number[] = [];
  const frameStart = Buffer.from(await source.read(from, 2));
  for (let piece = 0; piece < pieces; piece++) {
    const start = from + Math.floor(((source.size - from) * piece) / pieces);
    const bytes = Buffer.from(await source.read(start, pieceBytes));
    const part = bytes.subarray(Math.max(0, bytes.indexOf(frameStart)));
    const { format } = await parseBuffer(part, "audio/mpeg", { duration: true });
    if (format.codecProfile === "CBR" && format.bitrate) rates.push(format.bitrate);
    else if (format.duration) rates.push((part.length * 8) / format.duration);
  }
  return rates;
}
