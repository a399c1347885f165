import { spawn } from "node:child_process";
import type { Metadata } from "../contract/metadata.ts";
import { cleanText, leadingNumber, usableNumber, usableTempo } from "./clean-text.ts";

const timeoutMs = 30_000;
const maxOutputBytes = 4 * 1024 * 1024;

/**
 * Asks ffprobe about an open file. It gets the descriptor, not the name, so that names with dashes, colons, newlines or
 * invalid UTF-8 mean nothing to it, and may open nothing but that file: playlists inside media reach neither disk nor
 * network. Throws an Error with ffprobe's own last words.
 */
export async function probeFile(ffprobePath: string, fd: number, signal: AbortSignal): Promise<Metadata> {
  const args = [
    ...["-v", "error", "-hide_banner", "-protocol_whitelist", "file,fd,pipe"],
    ...["-probesize", "5000000", "-analyzeduration", "5000000", "-of", "json"],
    ...["-show_entries", "format=format_name,duration,bit_rate:format_tags:stream=codec_type,codec_name"],
    ...["-show_entries", "stream=sample_rate,channels,duration,bit_rate:stream_tags:stream_disposition=attached_pic"],
    ...["-i", "file:/dev/fd/3"],
  ];
  return toMetadata(JSON.parse(await runTool(ffprobePath, args, fd, signal)));
}

/** Standard output of a child with `fd` as its descriptor 3; it dies with its process group on abort or silence. */
function runTool(tool: string, args: readonly string[], fd: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(tool, args, { detached: true, stdio: ["ignore", "pipe", "pipe", fd] });
    const output: Buffer[] = [];
    let outputBytes = 0;
    let complaint = "";
    let failure: unknown = null;
    const stop = (reason: unknown) => {
      failure ??= reason;
      killGroup(child.pid);
    };
    const onAbort = () => stop(signal.reason);
    const timer = setTimeout(() => stop(new Error(`ffprobe gave no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    signal.addEventListener("abort", onAbort, { once: true });
    child.stdout?.on("data", (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > maxOutputBytes) stop(new Error(`ffprobe answered more than ${maxOutputBytes} bytes`));
      else output.push(chunk);
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2_000);
    });
    child.on("error", (error) => stop(new Error(`ffprobe could not be started: ${error.message}`)));
    child.on("close", (code) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      if (failure !== null) reject(failure);
      else if (code !== 0) reject(new Error(`ffprobe cannot read it: ${lastLine(complaint) || `exit code ${code}`}`));
      else resolve(Buffer.concat(output).toString());
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    /** The group is gone already, which is what was wanted. */
  }
}

function lastLine(text: string): string {
  return (text.trim().split("\n").at(-1) ?? "").replace("file:/dev/fd/3: ", "");
}

interface ProbeStream {
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly sample_rate?: string;
  readonly channels?: number;
  readonly duration?: string;
  readonly bit_rate?: string;
  readonly disposition?: { readonly attached_pic?: number };
  readonly tags?: Record<string, unknown>;
}

const losslessCodecs = /^(pcm_|flac|alac|wavpack|ape|tta|mlp|truehd)/;

/** ffprobe's JSON, of which every part may be missing, in this product's shape. */
function toMetadata(probe: {
  streams?: ProbeStream[];
  format?: { format_name?: string; duration?: string; bit_rate?: string; tags?: Record<string, unknown> };
}): Metadata {
  const streams = probe.streams ?? [];
  const audio = streams.find((stream) => stream.codec_type === "audio");
  const video = streams.find((stream) => stream.codec_type === "video" && !stream.disposition?.attached_pic);
  const found = { ...audio?.tags, ...probe.format?.tags };
  const tags = new Map(Object.entries(found).map(([key, value]) => [key.toLowerCase().replaceAll("_", ""), value]));
  const warnings: string[] = [];
  const text = (...keys: string[]) =>
    cleanText(
      keys.map((key) => tags.get(key)).find((value) => value !== undefined),
      () => warnings.push(`${keys[0]} is over-long: cut`),
    );
  const number = (key: string, max: number, part = 0) =>
    usableNumber(key, leadingNumber(text(key)?.split("/")[part]), max, warnings);
  const date = text("date", "year", "creationtime");
  const bitrate = leadingNumber(probe.format?.bit_rate ?? audio?.bit_rate);
  return {
    artist: text("artist", "iart"),
    title: text("title", "inam"),
    album: text("album", "iprd"),
    albumArtist: text("albumartist"),
    composer: text("composer"),
    genre: text("genre", "ignr"),
    comment: text("comment", "icmt", "description"),
    date,
    year: usableNumber("year", leadingNumber(/\d{4}/.exec(date ?? "")?.[0]), 9999, warnings),
    trackNumber: number("track", 9999),
    trackTotal: number("track", 9999, 1) ?? number("tracktotal", 9999),
    discNumber: number("disc", 999),
    discTotal: number("disc", 999, 1) ?? number("disctotal", 999),
    bpm: usableTempo(text("tbpm", "bpm"), warnings),
    key: text("initialkey", "tkey"),
    durationSec: leadingNumber(probe.format?.duration ?? audio?.duration),
    bitrateKbps: bitrate === null ? null : bitrate / 1000,
    sampleRateHz: leadingNumber(audio?.sample_rate),
    channels: audio?.channels || null,
    codec: audio?.codec_name ?? null,
    container: probe.format?.format_name ?? null,
    lossless: audio?.codec_name === undefined ? null : losslessCodecs.test(audio.codec_name),
    hasAudio: audio !== undefined,
    hasVideo: video !== undefined,
    cover: null,
    tagTypes: tags.size > 0 ? ["ffprobe"] : [],
    warnings,
  };
}
