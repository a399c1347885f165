import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Readable } from "node:stream";
import type { RawPath } from "../contract/raw-path.ts";
import { type DecodeLog, makeDecodeLogReader } from "./decode-log.ts";
import { type Levels, makeLevelMeter } from "./levels.ts";
import { makeTruePeakMeter } from "./true-peak.ts";

/** Rates at which mono can be had. 44,100 Hz comes with levels and peaks of the stereo mix. */
export type Rate = 44_100 | 16_000 | 11_025;

/** The descriptor that mono of each rate but the first comes from; 4 is the file. */
const monoDescriptors = { 16000: 3, 11025: 5 } as const;
const monoRates = [16_000, 11_025] as const;

/** A decoder as a program: FFmpeg's command line, or a script that takes the same options. */
export interface Decoder {
  readonly path: string;
  /** What comes before FFmpeg's own options. */
  readonly args: readonly string[];
}

/** What the whole of a file turned out to be. */
export interface DecodeReport extends DecodeLog {
  /** Length of what was decoded, s. */
  durationSec: number;
  /** `durationSec` over the longer of it and what the container promises. */
  coverage: number;
  levels: Levels;
  /** True peak of the stereo mix, linear. */
  truePeak: number;
}

/** The file cannot be decoded, now or later: the message names the cause. */
export class UndecodableError extends Error {}

export interface Decoding {
  /** Mono blocks (Float32Array, −1…1, finite) of a rate that was asked for. Each stream must be read to its end. */
  blocks(rate: Rate): AsyncIterable<Float32Array>;
  /** Length the container promises, s; null while it is not known, or when it promises none. */
  promisedSec(): number | null;
  /** Resolves when all streams have ended. Throws UndecodableError, or why it was stopped. */
  report(): Promise<DecodeReport>;
}

/** Containers FFmpeg may try. None of them opens other files or the network. */
const containers =
  "aac,ac3,aiff,ape,asf,avi,caf,dsf,eac3,flac,flv,live_flv,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,ogg,oma,rm,tta,w64,wav,wv";

/** Rates that loudness is measured at; others are converted before, since the measuring filter fails at very low ones. */
const usualRates =
  "aformat=sample_rates=8000|11025|12000|16000|22050|24000|32000|44100|48000|88200|96000|176400|192000";

/** Length of a packet of most codecs, s. */
const packetSec = 0.023;

/** Exit code of the packaged decoder when its sandbox broke (see `decode-child.ts`). */
const crashedCode = 70;

/** Largest single piece of memory that FFmpeg may ask for, bytes. */
const mostAllocBytes = 256 * 1024 ** 2;

/** No music has fewer samples a second; a damaged header would make an hour of nothing of a second. */
const leastRateHz = 500;

/** A promise shorter than this cannot be told from rounding, s. */
const promiseSlackSec = 0.2;

/**
 * FFmpeg's options: the first audio stream of descriptor 4, measured for loudness as it is, and mixed down once for each
 * rate, by a polyphase filter that is flat to 0.01 dB up to 7 kHz of 16 kHz and takes off 95 dB above 8.7 kHz. Descriptor 1 gets 44,100 Hz in one or two channels as the source has, 3 gets 16,000 Hz and 5 gets 11,025 Hz mono, when they are asked for.
 * `rematrix_maxval=1` mixes several channels down so that nothing exceeds full scale: (L + R) / 2 for stereo.
 */
function optionsFor(rates: readonly Rate[]): string[] {
  const chains = [`[l]${usualRates},ebur128=framelog=verbose:peak=none,anullsink`];
  const maps: string[] = [];
  const add = (source: string, rate: Rate, layouts: string, descriptor: number) => {
    const resample = `aresample=${rate}:filter_size=64:rematrix_maxval=1`;
    const shape = `aformat=sample_fmts=flt:channel_layouts=${layouts}`;
    // Without times of its own, the muxer complains of every packet after a damaged one.
    chains.push(`[${source}]${resample},${shape},asetpts=N/SR/TB[out${descriptor}]`);
    maps.push("-map", `[out${descriptor}]`, "-f", "f32le", `pipe:${descriptor}`);
  };
  add("m", 44_100, "mono|stereo", 1);
  const mono = monoRates.filter((rate) => rates.includes(rate));
  for (const rate of mono) add(`n${rate}`, rate, "mono", monoDescriptors[rate]);
  const split = `asplit=${2 + mono.length}[l][m]${mono.map((rate) => `[n${rate}]`).join("")}`;
  return [
    ...["-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info", "-max_error_rate", "1"],
    ...["-max_alloc", `${mostAllocBytes}`],
    ...["-protocol_whitelist", "file", "-format_whitelist", containers, "-vn", "-sn", "-dn"],
    ...["-i", "file:/dev/fd/4", "-filter_complex", `[0:a:0]${split};${chains.join(";")}`, ...maps],
  ];
}

/**
 * Whole float32 samples of a byte stream, block by block; the rest of a sample is kept for the next block. A block is a
 * view of what was read: it may be changed, and is good until the next one is asked for.
 */
async function* samplesOf(stream: Readable, align: () => Promise<number>): AsyncGenerator<Float32Array> {
  let rest: Uint8Array = new Uint8Array(0);
  let frameBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (frameBytes === 0) frameBytes = 4 * (await align());
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const usable = bytes.length - (bytes.length % frameBytes);
    rest = bytes.subarray(usable);
    if (usable === 0) continue;
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
    yield new Float32Array(aligned.buffer as ArrayBuffer, aligned.byteOffset, usable / 4);
  }
}

function clean(block: Float32Array): Float32Array {
  for (let index = 0; index < block.length; index++) {
    const sample = block[index] as number;
    if (sample - sample !== 0) block[index] = 0;
  }
  return block;
}

/** Mono becomes two equal channels, so that what follows knows one case. */
function toStereo(block: Float32Array, channels: number): Float32Array {
  if (channels === 2) return block;
  const stereo = new Float32Array(block.length * 2);
  for (let index = 0; index < block.length; index++) stereo[2 * index] = stereo[2 * index + 1] = block[index] as number;
  return stereo;
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    /** The group is gone already, which is what was wanted. */
  }
}

/**
 * Starts decoding a file. The decoder is a process of its own that gets the open file, not its name, and may open
 * nothing else; it waits while nobody reads, and dies with its group when `signal` aborts.
 */
export function startDecoding(decoder: Decoder, path: RawPath, rates: readonly Rate[], signal: AbortSignal): Decoding {
  signal.throwIfAborted();
  const fd = openSync(path as string, "r");
  const wants = (rate: Rate) => (rates.includes(rate) ? "pipe" : "ignore");
  const child = spawn(decoder.path, [...decoder.args, ...optionsFor(rates)], {
    detached: true,
    // Whoever reads untrusted files need not know tokens and passwords.
    env: { LANG: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe", wants(16_000), fd, wants(11_025)],
  });
  closeSync(fd);
  const reader = makeDecodeLogReader();
  const known = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<{ code: number | null; signal: string | null; error?: Error }>();
  let broken: Error | null = null;
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    reader.take(chunk);
    if (reader.log.codec === null) return;
    known.resolve();
    if ((reader.log.sampleRateHz ?? leastRateHz) < leastRateHz) killGroup(child);
  });
  child.on("error", (error) => ended.resolve({ code: null, signal: null, error }));
  child.on("close", (code, by) => ended.resolve({ code, signal: by }));
  void ended.promise.then(() => known.resolve());
  const onAbort = () => {
    killGroup(child);
    // A stream that waited for its reader does not always notice that the other end has gone.
    for (const stream of [child.stdout, child.stderr, ...child.stdio.slice(3)]) stream?.destroy();
    ended.resolve({ code: null, signal: "SIGKILL" });
  };
  signal.addEventListener("abort", onAbort, { once: true });
  void ended.promise.then(() => signal.removeEventListener("abort", onAbort));

  const meter = makeLevelMeter(44_100);
  const truePeak = makeTruePeakMeter();

  async function* fullRate(): AsyncGenerator<Float32Array> {
    let channels = 2;
    const align = async () => {
      await known.promise;
      channels = reader.log.channels === 1 ? 1 : 2;
      return channels;
    };
    for await (const block of samplesOf(child.stdout as Readable, align)) {
      const stereo = toStereo(block, channels);
      const mono = meter.take(stereo);
      truePeak.take(stereo);
      yield mono;
    }
  }
  async function* monoRate(rate: (typeof monoRates)[number]): AsyncGenerator<Float32Array> {
    const stream = (child.stdio as readonly unknown[])[monoDescriptors[rate]] as Readable;
    for await (const block of samplesOf(stream, async () => 1)) yield clean(block);
  }
  /** A stream that breaks off ends here; the report says why. */
  async function* untilBroken(blocks: AsyncGenerator<Float32Array>): AsyncGenerator<Float32Array> {
    try {
      yield* blocks;
    } catch (error) {
      broken ??= error as Error;
    }
  }

  return {
    promisedSec: () => reader.log.promisedSec,
    blocks: (rate) => untilBroken(rate === 44_100 ? fullRate() : monoRate(rate)),
    async report() {
      const end = await ended.promise;
      signal.throwIfAborted();
      const levels = meter.result();
      const durationSec = levels.frames / 44_100;
      const failure = whyFailed(end, reader.log, levels.frames) ?? broken;
      if (failure) throw failure;
      const promised = reader.log.promisedSec ?? 0;
      const longer = promised - durationSec > promiseSlackSec ? promised : durationSec;
      const coverage = Math.min(1, durationSec / longer);
      return { ...reader.log, durationSec, coverage, levels, truePeak: Math.max(truePeak.result(), levels.samplePeak) };
    },
  };
}

/** Why nothing usable came out; null when something did. */
function whyFailed(
  end: { code: number | null; signal: string | null; error?: Error },
  log: DecodeLog,
  frames: number,
): Error | null {
  if (end.error) return new Error(`The decoder could not be started: ${end.error.message}`);
  if ((log.sampleRateHz ?? leastRateHz) < leastRateHz)
    return new UndecodableError(`Its header claims ${log.sampleRateHz} samples a second: damaged, or no music`);
  if (end.signal !== null && end.signal !== "SIGPIPE") return new Error(`The decoder was killed (${end.signal})`);
  const last = log.complaints.at(-1) ?? "no reason given";
  if (log.unreadable) return new Error(`The file could not be read to its end: ${last}`);
  if (end.code === crashedCode) return new Error(`The decoder crashed: ${last}`);
  const damagedSec = log.corruptFrames * packetSec;
  if (frames > 0 && !(log.corruptFrames > 20 && damagedSec > (2 * frames) / 44_100)) return null;
  if (frames > 0)
    return new UndecodableError(
      `Hardly anything could be decoded (${(frames / 44_100).toFixed(1)} s, ${log.corruptFrames} damaged frames): encrypted, or badly damaged`,
    );
  if (log.encrypted) return new UndecodableError("It is encrypted (DRM): only its owner's player can decode it");
  // The last word is often a general one; what was said before it names the cause.
  const general = /^(Invalid data found when processing input|Invalid argument)/;
  const said = log.complaints.findLast((text) => !general.test(text)) ?? log.complaints.at(-1);
  if (log.codec === null)
    return new UndecodableError(
      said && !/^Stream specifier|matches no streams/.test(said)
        ? `It cannot be decoded: ${said}`
        : "There is no audio in it",
    );
  return new UndecodableError(`No audio could be decoded from it (${log.codec})${said ? `: ${said}` : ""}`);
}
