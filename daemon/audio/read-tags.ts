import {
  CouldNotDetermineFileTypeError,
  type IFormat,
  parseFromTokenizer,
  UnsupportedFileTypeError,
} from "music-metadata";
import type { Metadata } from "../contract/metadata.ts";
import { type ByteSource, openByteSource } from "./byte-source.ts";
import { type ContentKind, contentKind, id3Bytes, mislabelled, mpegKind, noMediaReason } from "./content-kind.ts";
import { probeFile } from "./ffprobe.ts";
import { averageKbps } from "./measured.ts";
import { measureMpeg } from "./mpeg-length.ts";
import { measureOgg } from "./ogg-length.ts";
import { SourceTokenizer } from "./source-tokenizer.ts";
import { toMetadata } from "./to-metadata.ts";

export interface ReadTagsOptions {
  /** Lower case, without the dot. Content decides what the file is; the extension only what it should have been. */
  readonly extension: string;
  readonly signal: AbortSignal;
  /** Reads what music-metadata does not (AVI, FLV and rarer ones) or fails on; null or absent: not there. */
  readonly ffprobePath?: string | null;
  /** Told once, when the file is closed, how much of it was read here. */
  readonly onBytesRead?: (bytes: number) => void;
}

/**
 * Tags and stream facts of one media file, from its raw path. Reads a few blocks whatever the file's length. A field
 * that cannot be used costs that field and a warning. Throws an Error with the reason if the file is not readable
 * media, or what `signal` was aborted with.
 */
export async function readTags(path: Uint8Array | string, options: ReadTagsOptions): Promise<Metadata> {
  const source = await openByteSource(path, options.signal);
  try {
    if (source.size === 0) throw new Error("the file is empty (0 bytes)");
    return await parseOrProbe(source, options);
  } finally {
    options.onBytesRead?.(source.bytesRead);
    await source.close();
  }
}

async function parseOrProbe(source: ByteSource, options: ReadTagsOptions): Promise<Metadata> {
  try {
    const metadata = await parse(source, options.extension);
    /** QuickTime has texts of its own, which music-metadata does not know. */
    const mayHaveMore = metadata.container?.startsWith("qt") && metadata.tagTypes.length === 0;
    if (!mayHaveMore || !options.ffprobePath) return metadata;
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof Error) || "syscall" in error) throw error;
    const reason = await whyNot(source, error);
    if (!options.ffprobePath) {
      const remedy = "install ffmpeg (its ffprobe reads more), or set its path, and try again";
      throw new Error(`${reason}: ${remedy}`, { cause: error });
    }
    const metadata = await probeFile(options.ffprobePath, source.fd, options.signal);
    if (error instanceof UnsupportedFileTypeError) return metadata;
    return { ...metadata, warnings: [`${reason}: read with ffprobe instead`, ...metadata.warnings] };
  }
  return probeFile(options.ffprobePath, source.fd, options.signal);
}

/** Why music-metadata gave up. Throws an Error if the file is no media, so that nobody else need try. */
async function whyNot(source: ByteSource, error: Error): Promise<string> {
  if (error instanceof UnsupportedFileTypeError) {
    const mime = /[\w-]+\/[\w.+-]+/.exec(error.message)?.[0] ?? "";
    if (!/^(audio|video)\//.test(mime)) throw new Error(`not a media file: it is ${mime}`, { cause: error });
    return `${mime} is not read by itself`;
  }
  if (!(error instanceof CouldNotDetermineFileTypeError)) return `cannot be parsed (${error.message})`;
  const reason = noMediaReason(await source.read(0, 512));
  if (reason !== null) throw new Error(`not a media file: ${reason}`, { cause: error });
  return "no known format begins like this";
}

async function parse(source: ByteSource, extension: string): Promise<Metadata> {
  const id3End = await leadingId3Bytes(source);
  const marked = contentKind(await source.read(id3End, 16)) ?? (id3End > 0 ? mpegKind : null);
  const tokenizer = new SourceTokenizer(source, marked?.mime ?? "");
  const parsed = await parseFromTokenizer(tokenizer, { mkvUseIndex: true });
  const { codec, container, duration, tagTypes } = parsed.format;
  if (codec === undefined && duration === undefined && tagTypes.length === 0)
    throw new Error("no sound, pictures or tags in it: cut short?");
  const kind = marked ?? (/^(MPEG|ADTS)/.test(container ?? "") ? mpegKind : null);
  const measured = await measure(source, kind, id3End, parsed.format);
  const notes = kind === null ? [] : mislabelled(extension, kind);
  if (!tokenizer.stoppedEarly) return toMetadata(parsed, { ...measured, warnings: [...notes, ...measured.warnings] });
  /** Of an MP4 in fragments, the parser has then added up a part of them. */
  const length = kind?.name === "mp4" ? { durationSec: null, bitrateKbps: null } : {};
  const warnings = [...notes, "not all of the file's structure was looked at", ...measured.warnings];
  return toMetadata(parsed, { ...measured, ...length, warnings });
}

/** ID3v2 tags at the start: of MP3 and AAC by the book, before FLAC by habit. */
async function leadingId3Bytes(source: ByteSource): Promise<number> {
  let end = 0;
  for (let tags = 0, bytes = 1; bytes > 0 && tags < 4; tags++) {
    bytes = id3Bytes(await source.read(end, 10));
    end += bytes;
  }
  return end;
}

/** The parser's word on length and bitrate, and our own where it would read the whole file. */
async function measure(source: ByteSource, kind: ContentKind | null, id3End: number, format: IFormat) {
  if (kind === mpegKind) return measureMpeg(source, id3End, format);
  if (kind?.name === "ogg") return measureOgg(source, format);
  const durationSec = format.duration || (format.trackInfo.find((track) => track.duration)?.duration ?? null);
  const bitrateKbps = format.bitrate ? format.bitrate / 1000 : averageKbps(source.size, durationSec);
  return { durationSec, bitrateKbps, warnings: [] };
}
