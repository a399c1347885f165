import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findDecoder } from "../../daemon/audio/decoder-program.ts";
import { inspectSound } from "../../daemon/commands/inspect-sound.ts";
import { keyStage } from "../../daemon/stages/key.ts";
import { loudnessStage } from "../../daemon/stages/loudness.ts";
import { rhythmStage } from "../../daemon/stages/rhythm.ts";
import { makeWorkerPool } from "../../daemon/workers/pool.ts";
import { ffmpeg, floatWav, hasFfmpeg, song, tone } from "../support/sounds.ts";
import { tempFolder } from "../support/world.ts";

/** Every kind of broken or odd sound gives a result with its coverage, or an error with the cause; nothing hangs. */

const pool = makeWorkerPool({ size: 2 });
afterAll(() => pool.close());
const packaged = findDecoder("");
const decoders = [
  ...(hasFfmpeg ? [["ffmpeg on PATH", findDecoder()] as const] : []),
  ["the packaged decoder", packaged] as const,
];
const stages = [loudnessStage, rhythmStage, keyStage];

async function listen(path: string, decoder = findDecoder()) {
  const { analysis, errors } = await inspectSound(
    path,
    stages,
    { decoder: () => decoder, pool },
    AbortSignal.timeout(60_000),
  );
  const numbers = JSON.stringify(analysis ?? {}).match(/null|NaN|Infinity/g) ?? [];
  expect(numbers.filter((word) => word !== "null")).toEqual([]);
  return { analysis, errors: errors.map(({ stage, message }) => `${stage}: ${message}`) };
}

function plant(name: string, content: Buffer): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, content);
  return path;
}
const whole = song(24);
/** The song in a format that ffmpeg makes. */
function encode(name: string, ...args: string[]): string {
  const source = plant("source.wav", floatWav(whole));
  const path = join(tempFolder(), name);
  ffmpeg("-i", source, ...args, path);
  return path;
}
const notes = (found: Awaited<ReturnType<typeof listen>>) => found.analysis?.notes?.map((note) => note.kind) ?? [];

for (const [name, decoder] of decoders) {
  describe(name, () => {
    test("a proper song: tempo, key, loudness, full coverage", async () => {
      const { analysis, errors } = await listen(plant("song.wav", floatWav(whole)), decoder);
      expect(errors).toEqual([]);
      expect(analysis).toMatchObject({ coverage: 1, durationSec: 24, key: "A", scale: "minor", camelot: "8A" });
      expect(analysis?.bpm ?? 0).toBeWithin(122, 126);
      expect(analysis?.loudnessLufs ?? 0).toBeWithin(-30, -3);
      expect(analysis?.windows?.length).toBe(1);
    });

    test("silence: no tempo, no key, no loudness, and it says so", async () => {
      const found = await listen(plant("silence.wav", floatWav(new Float32Array(44_100 * 8))), decoder);
      expect(found.errors).toEqual([]);
      expect(found.analysis).toMatchObject({ bpm: null, key: null, loudnessLufs: null, truePeakDb: null, coverage: 1 });
      expect(Object.keys(found.analysis?.reasons ?? {}).sort()).toEqual(["bpm", "key", "loudness"]);
      expect(notes(found)).toEqual(["silence"]);
    });

    test("a constant offset is noted and has neither tempo nor key", async () => {
      const found = await listen(plant("dc.wav", floatWav(tone(8, () => 0.2))), decoder);
      expect(found.analysis).toMatchObject({ bpm: null, key: null });
      expect(notes(found)).toContain("dc");
    });

    test.each([1 / 44_100, 0.2, 1, 4.9])("%p s of sound", async (seconds) => {
      const { analysis, errors } = await listen(plant("short.wav", floatWav(song(seconds))), decoder);
      expect(errors).toEqual([]);
      expect(analysis?.durationSec).toBeCloseTo(seconds, 3);
      expect(analysis?.bpm).toBeNull();
      expect(analysis?.reasons?.bpm).toBeString();
    });

    test.each([8000, 192_000])("%p Hz", async (rateHz) => {
      const { analysis, errors } = await listen(plant("rate.wav", floatWav(song(12, 124, rateHz), rateHz)), decoder);
      expect(errors).toEqual([]);
      expect(analysis?.durationSec).toBeCloseTo(12, 2);
      expect(analysis?.bpm ?? 0).toBeWithin(122, 126);
    });

    test.each([1, 100])("a header that claims %p Hz", async (rateHz) => {
      const { analysis, errors } = await listen(plant("slow.wav", floatWav(song(2), rateHz)), decoder);
      expect(analysis).toBeNull();
      expect(errors[0]).toContain(`claims ${rateHz} samples a second`);
    });

    test("eight channels are mixed into one without clipping", async () => {
      const mono = song(8);
      const many = new Float32Array(mono.length * 8);
      for (let index = 0; index < many.length; index++) many[index] = (mono[index >> 3] as number) * 0.9;
      const found = await listen(plant("many.wav", floatWav(many, 44_100, 8)), decoder);
      expect(found.errors).toEqual([]);
      expect(notes(found)).not.toContain("clipping");
      expect(found.analysis?.key).toBe("A");
    });

    test("numbers that are none, and endless ones, become silence and are noted", async () => {
      const samples = song(12);
      for (let index = 1000; index < samples.length; index += 5000)
        samples[index] = [Number.NaN, Number.POSITIVE_INFINITY, 1e30][index % 3] as number;
      const found = await listen(plant("float.wav", floatWav(samples)), decoder);
      expect(found.errors).toEqual([]);
      expect(found.analysis?.durationSec).toBeCloseTo(12, 2);
      expect(notes(found)).toContain("not-finite");
      // One such value spoils the measuring filter: no loudness is better than a wrong one.
      expect(found.analysis?.loudnessLufs).toBeNull();
      expect(found.analysis?.reasons?.loudness).toContain("not numbers");
    });

    test("the wrong extension does not matter", async () => {
      const { analysis } = await listen(plant("song.mp3", floatWav(song(8))), decoder);
      expect(analysis?.bpm ?? 0).toBeWithin(122, 126);
    });

    test.each([
      ["an empty file", Buffer.alloc(0)],
      ["a web page", Buffer.from("<!doctype html><p>404 not found</p>".repeat(50))],
      ["noise", Buffer.from(Uint8Array.from({ length: 20_000 }, (_, index) => (index * 7919 * (index % 97)) & 255))],
      ["zeros", Buffer.alloc(50_000)],
      ["a header without sound", floatWav(new Float32Array(0))],
    ])("%s is an error with its cause, for every stage", async (_, content) => {
      const { analysis, errors } = await listen(plant("what.mp3", content), decoder);
      expect(analysis).toBeNull();
      expect(errors.length).toBe(3);
      for (const error of errors) expect(error).toMatch(/(cannot be decoded: .{5}|no audio in it|No audio could be)/i);
    });

    test("a file cut off in the middle keeps its first half, and says that the rest is missing", async () => {
      const path = plant("cut.wav", floatWav(whole));
      truncateSync(path, 2_116_844);
      const { analysis } = await listen(path, decoder);
      expect(analysis?.durationSec).toBeCloseTo(12, 1);
      expect(analysis?.bpm ?? 0).toBeWithin(122, 126);
    });
  });
}

describe.skipIf(!hasFfmpeg)("files that ffmpeg makes", () => {
  const halve = (path: string) => {
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    return path;
  };

  for (const [name, decoder] of decoders) {
    test.each([
      ["mp3", ["-b:a", "128k"]],
      ["m4a", ["-c:a", "aac", "-movflags", "+faststart"]],
      ["flac", []],
    ])(`${name}: half of a download (%s) is analysed, with its coverage`, async (ending, args) => {
      const found = await listen(halve(encode(`half.${ending}`, ...args)), decoder);
      expect(found.errors).toEqual([]);
      expect(found.analysis?.coverage ?? 1).toBeWithin(0.3, 0.75);
      expect(notes(found)).toContain("short");
    });

    test(`${name}: an m4a whose index never arrived`, async () => {
      const { analysis, errors } = await listen(halve(encode("half.m4a", "-c:a", "aac")), decoder);
      expect(analysis).toBeNull();
      expect(errors[0]).toContain("moov atom not found");
    });

    test(`${name}: a video without sound`, async () => {
      const path = join(tempFolder(), "mute.mp4");
      ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=2", "-pix_fmt", "yuv420p", path);
      const { analysis, errors } = await listen(path, decoder);
      expect(analysis).toBeNull();
      expect(errors).toContain("rhythm: There is no audio in it");
    });

    test(`${name}: an encrypted file`, async () => {
      const path = encode(
        "locked.mp4",
        "-c:a",
        "aac",
        "-encryption_scheme",
        "cenc-aes-ctr",
        "-encryption_key",
        "76a6c65c5ea762046bd749a2e632ccbb",
        "-encryption_kid",
        "a7e61c373e219033c21091fa607bf3b8",
      );
      const { analysis, errors } = await listen(path, decoder);
      expect(analysis).toBeNull();
      expect(errors[0]).toMatch(/encrypted|No audio could be decoded|Hardly anything/);
    });

    test(`${name}: holes in an mp3 are left out and counted`, async () => {
      const path = encode("holes.mp3", "-b:a", "128k");
      const bytes = readFileSync(path);
      for (let at = 20_000; at < bytes.length; at += 40_000) bytes.fill(0, at, at + 700);
      writeFileSync(path, bytes);
      const found = await listen(path, decoder);
      expect(found.analysis?.corruptFrames ?? 0).toBeGreaterThan(0);
      expect(found.analysis?.bpm ?? 0).toBeWithin(122, 126);
      expect(notes(found)).toContain("corrupt");
    });

    // mvhd, tkhd and mdhd hold the length; every one of them lies.
    test.each([0, 10])(`${name}: a container that claims %p times its length`, async (times) => {
      const path = encode("lie.m4a", "-c:a", "aac");
      const bytes = readFileSync(path);
      for (const [box, offset] of [
        ["mvhd", 20],
        ["tkhd", 24],
        ["mdhd", 20],
      ] as const) {
        const at = bytes.indexOf(box) + offset;
        bytes.writeUInt32BE(bytes.readUInt32BE(at) * times, at);
      }
      writeFileSync(path, bytes);
      const { analysis, errors } = await listen(path, decoder);
      expect(errors).toEqual([]);
      expect(analysis?.durationSec).toBeCloseTo(24, 0);
      expect(analysis?.coverage).toBeCloseTo(times === 10 ? 0.1 : 1, 1);
    });
  }

  test.each([
    "mp3",
    "m4a",
    "ogg",
    "flac",
    "wav",
    "aiff",
    "wma",
    "aac",
    "opus",
    "mp4",
    "mkv",
    "avi",
    "webm",
    "mov",
    "wmv",
    "flv",
  ])(
    "%s: both decoders hear the same",
    async (ending) => {
      const path = encode(`song.${ending}`, "-t", "10");
      const [one, other] = await Promise.all(decoders.map(([, decoder]) => listen(path, decoder)));
      expect(one?.errors).toEqual([]);
      expect(one?.analysis?.bpm ?? 0).toBeWithin(122, 126);
      expect(one?.analysis?.key).toBe("A");
      // The last digits of a float differ between machine code and WebAssembly.
      expect(other?.analysis?.replayGainPeak).toBeCloseTo(one?.analysis?.replayGainPeak ?? 0, 4);
      const rest = (found: typeof one) => ({ ...found?.analysis, replayGainPeak: 0 });
      expect(rest(other)).toEqual(rest(one));
    },
    20_000,
  );
});
