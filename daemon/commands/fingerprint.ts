import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import { startDecoding } from "../audio/decode.ts";
import { findDecoder } from "../audio/decoder-program.ts";
import type { FingerprintProgress, IdentifyLine, IdentifyReply } from "../contract/fingerprint-api.ts";
import { fingerprintEngines, fingerprintRate, sampleRateHeader } from "../contract/sidecar.ts";
import { identifyPath } from "../http/routes/identify.ts";
import { ApiError } from "./client.ts";
import { type Command, type Io, UsageError, wholeNumber } from "./command.ts";
import { printJson, withClient } from "./review.ts";
import { followPipeline } from "./scan.ts";
import { progressBar, table } from "./table.ts";

/** 3725.4 → `1:02:05`. */
export function clock(sec: number): string {
  const whole = Math.max(0, Math.floor(sec));
  const two = (n: number) => String(n).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

const amount = (n: number) => n.toLocaleString("en");
const signed = (ratio: number) => `${ratio >= 1 ? "+" : "−"}${Math.abs((ratio - 1) * 100).toFixed(1)} %`;

function showProgress(io: Io, { engines }: FingerprintProgress): void {
  const rows = engines.map((row) => [
    row.engine,
    ...[row.pending, row.running, row.done, row.failed, row.skipped].map(String),
    amount(row.tracks),
    `${(row.seconds / 3600).toFixed(1)} h`,
    amount(row.hashes),
    row.error ?? "healthy",
  ]);
  const header = ["ENGINE", "PENDING", "RUNNING", "DONE", "FAILED", "SKIPPED", "TRACKS", "LENGTH", "HASHES", "STATE"];
  io.out(`${table(header, rows)}\n`);
}

export const fingerprint: Command = {
  name: "fingerprint",
  summary: "Make fingerprints again, or show how far they are",
  usage: "[ID…]",
  words: [0, 10_000],
  options: {
    progress: { type: "boolean", help: "Only show what is done and what the engines hold" },
    engine: { type: "string", value: "NAME", help: "Only audfprint or panako" },
    "only-failed": { type: "boolean", help: "Only what failed or was skipped" },
    wait: { type: "boolean", help: "Wait until it is done" },
  },
  async run(input) {
    const { io, flags, words, json } = input;
    const engine = fingerprintEngines.find((name) => name === flags.engine);
    if (flags.engine !== undefined && !engine) throw new UsageError("--engine is audfprint or panako");
    const fileIds = words.map((word) => wholeNumber(word, "ID") as number);
    const work = Boolean(flags.wait);
    return withClient(input, { work, fingerprint: work || Boolean(flags.progress) }, async (client) => {
      if (flags.progress) {
        const all = await client.call<FingerprintProgress>("GET", "/api/v1/fingerprint/progress");
        const shown = { engines: all.engines.filter((row) => !engine || row.engine === engine) };
        if (json) printJson(io, shown);
        else showProgress(io, shown);
        return 0;
      }
      const reply = await client.call<{ queued: number }>("POST", "/api/v1/fingerprint", {
        ...(fileIds.length > 0 ? { fileIds } : {}),
        ...(engine ? { engine } : {}),
        onlyFailed: Boolean(flags["only-failed"]),
      });
      if (flags.wait) await followPipeline(client, io);
      if (json) printJson(io, reply);
      else io.out(`${reply.queued} steps queued\n`);
      return 0;
    });
  },
};

/** The sound of a file at the engines' rate, as it is decoded. Throws at its end when it could not be decoded well. */
async function* decodedSound(
  path: string,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const decoder = findDecoder();
  if (!decoder) throw new Error("There is no decoder: install ffmpeg (apt install ffmpeg, brew install ffmpeg)");
  const decoding = startDecoding(decoder, path, [fingerprintRate], signal);
  const full = (async () => {
    for await (const _block of decoding.blocks(44_100));
  })();
  let samples = 0;
  for await (const block of decoding.blocks(fingerprintRate)) {
    samples += block.length;
    const promised = decoding.promisedSec() ?? 0;
    if (promised > 0) onProgress(Math.min(1, samples / fingerprintRate / promised));
    yield new Uint8Array(block.buffer as ArrayBuffer, block.byteOffset, block.byteLength).slice();
  }
  await full;
  await decoding.report();
}

function showMatches(io: Io, { matches, errors }: IdentifyReply): void {
  for (const { message } of errors) io.err(`! ${message}\n`);
  if (matches.length === 0) io.out("Nothing in the library is in it.\n");
  else
    io.out(
      `${table(
        ["TIME", "TEMPO", "SURE", "FILE"],
        matches.map((match) => [
          `${clock(match.queryStartSec)}–${clock(match.queryEndSec)}`,
          signed(match.tempoRatio),
          `${Math.floor(match.probability * 100)} %`,
          match.path,
        ]),
      )}\n`,
    );
}

export const identify: Command = {
  name: "identify",
  summary: "Recognise a file: what of the library is in it, and where; for a set, its timeline",
  usage: "FILE",
  words: [1, 1],
  async run(input) {
    const { io, json, words } = input;
    const path = resolve(io.cwd, words[0] ?? "");
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) throw new UsageError(`${path} is not a file`);
    return withClient(input, { work: false, fingerprint: true }, async (client) => {
      const bar = progressBar(io);
      const show = (text: string) => (share: number) => bar.show(Math.round(share * 100), 100, text);
      const stop = new AbortController();
      const signal = AbortSignal.any([io.signal, stop.signal]);
      let failure: unknown = null;
      let last: IdentifyLine | null = null;
      const onLine = (text: string) => {
        last = JSON.parse(text) as IdentifyLine;
        if ("progress" in last) show("searching")(last.progress);
      };
      /** What is wrong with the file is said before what its end does to the request. */
      async function* sound() {
        try {
          yield* decodedSound(path, signal, show("listening"));
        } catch (error) {
          failure = error;
          throw error;
        }
      }
      try {
        const headers = { [sampleRateHeader]: `${fingerprintRate}` };
        await client.stream(identifyPath, { headers, body: sound(), signal, onLine });
      } catch (error) {
        throw failure ?? error;
      } finally {
        stop.abort(new Error("The search has ended"));
        bar.end();
      }
      if (failure) throw failure;
      const reply = answerOf(last);
      if (json) printJson(io, reply);
      else showMatches(io, reply);
      return 0;
    });
  },
};

function answerOf(last: IdentifyLine | null): IdentifyReply {
  if (last && "answer" in last) return last.answer;
  throw new ApiError(last && "error" in last ? last.error : "The daemon's answer broke off");
}
