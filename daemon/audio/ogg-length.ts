import type { IFormat } from "music-metadata";
import type { ByteSource } from "./byte-source.ts";
import { averageKbps, type Measured } from "./measured.ts";

/** Where the first page of sound begins in files without a picture. */
const headBytes = 32 * 1024;
/** The end of the file is looked through in steps, up to where a page must have begun even beside a video's. */
const tailBytes: readonly number[] = [8 * 1024, 66 * 1024, 1024 * 1024];
/** A first page of sound that claims to end later than this is a cut from a longer stream. */
const farStartSec = 60;

/**
 * Length of an Ogg stream, which only its last page tells: music-metadata would read the whole file to get there.
 * Opus counts at 48 kHz whatever its header says, and after a delay (RFC 7845 §4).
 */
export async function measureOgg(source: ByteSource, format: IFormat): Promise<Measured> {
  const serial = Number(format.trackInfo.find((track) => track.audio)?.id);
  const last = await findLastPage(source, serial);
  if (last === undefined || !format.sampleRate)
    return { durationSec: null, bitrateKbps: null, warnings: ["no last page of the stream: chained or damaged"] };
  const warnings = last.isLast ? [] : ["stream has no end mark: the file may be cut short"];
  const isOpus = format.codec === "Opus";
  const rateHz = isOpus ? 48_000 : format.sampleRate;
  const head = Buffer.from(await source.read(0, headBytes));
  const first = findPages(head, serial)[0]?.samples ?? 0;
  const isCut = first < last.samples && first / rateHz > farStartSec;
  if (isCut) warnings.push("cut out of a longer stream");
  const delayAt = head.indexOf("OpusHead") + 10;
  const delay = isOpus && delayAt + 2 <= head.length ? head.readUInt16LE(delayAt) : 0;
  const durationSec = Math.max(0, last.samples - (isCut ? first : delay)) / rateHz;
  return { durationSec, bitrateKbps: averageKbps(source.size, durationSec), warnings };
}

interface OggPage {
  /** Samples until the end of this page. */
  readonly samples: number;
  readonly isLast: boolean;
}

async function findLastPage(source: ByteSource, serial: number): Promise<OggPage | undefined> {
  for (const bytes of tailBytes) {
    const tail = Buffer.from(await source.read(Math.max(0, source.size - bytes), bytes));
    const last = findPages(tail, serial).at(-1);
    if (last !== undefined) return last;
  }
  return undefined;
}

/** The pages of a stream that begin in these bytes and on which sound ends (RFC 3533 §6). */
function findPages(bytes: Buffer, serial: number): OggPage[] {
  const pages: OggPage[] = [];
  for (let at = bytes.indexOf("OggS\0"); at >= 0 && at + 27 <= bytes.length; at = bytes.indexOf("OggS\0", at + 4)) {
    const samples = Number(bytes.readBigInt64LE(at + 6));
    if (bytes.readUInt32LE(at + 14) === serial && samples > 0)
      pages.push({ samples, isLast: ((bytes[at + 5] ?? 0) & 4) !== 0 });
  }
  return pages;
}
