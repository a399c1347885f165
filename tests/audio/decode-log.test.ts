import { describe, expect, test } from "bun:test";
import { makeDecodeLogReader } from "../../daemon/audio/decode-log.ts";

/** Reads a log that comes in pieces of this many characters. */
function read(text: string, piece = 17) {
  const reader = makeDecodeLogReader();
  for (let at = 0; at < text.length; at += piece) reader.take(text.slice(at, at + piece));
  return reader.log;
}

const summary = (loudness: string, range: string) => `[Parsed_ebur128_1 @ 0x55] [info] Summary:

  Integrated loudness:
    I:         ${loudness} LUFS
    Threshold: -21.3 LUFS

  Loudness range:
    LRA:        ${range} LU
    Threshold: -31.3 LUFS
    LRA low:   -19.1 LUFS
    LRA high:   -6.9 LUFS
`;

describe("the decoder's log", () => {
  test("names codec, channels, rate and promised length", () => {
    const log = read(`[info] Input #0, mp3, from 'file:/dev/fd/4':
[info]   Duration: 01:00:00.04, start: 0.025057, bitrate: 192 kb/s
[info]   Stream #0:0: Audio: mp3, 44100 Hz, stereo, fltp, 192 kb/s
[info]   Stream #1:0: Audio: pcm_f32le, 16000 Hz, mono, flt, 512 kb/s
`);
    expect(log).toMatchObject({ codec: "mp3", channels: 2, sampleRateHz: 44_100, promisedSec: 3600.04 });
  });

  test.each([
    ["Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, 5.1(side), fltp, 448 kb/s (default)", 6],
    ["Audio: pcm_s16le ([1][0][0][0] / 0x0001), 8000 Hz, mono, s16, 128 kb/s", 1],
    ["Audio: pcm_s16le ([1][0][0][0] / 0x0001), 8000 Hz, 1 channels, s16, 128 kb/s", 1],
    ["Audio: flac, 192000 Hz, 7.1, s32 (24 bit)", 8],
    ["Audio: opus, 48000 Hz, 3 channels (FL+FR+LFE), fltp", 3],
  ])("%s", (line, channels) => {
    expect(read(`[info]   Stream #0:1[0x2](und): ${line}\n`).channels).toBe(channels);
  });

  test("a length that was only guessed is no promise", () => {
    const log = read(`[mp3 @ 0x5] [warning] Estimating duration from bitrate, this may be inaccurate
[info]   Duration: 00:10:00.00, start: 0.000000, bitrate: 64 kb/s
`);
    expect(log.promisedSec).toBeNull();
  });

  test("the last loudness summary counts; what means nothing is null", () => {
    expect(read(summary("-70.0", "0.0") + summary("-11.0", "12.2"))).toMatchObject({
      loudnessLufs: -11,
      loudnessRangeLu: 12.2,
    });
    expect(read(summary("-70.0", "0.0")).loudnessLufs).toBeNull();
    expect(read(summary("nan", "nan")).loudnessLufs).toBeNull();
    expect(read(summary("-inf", "0.0")).loudnessLufs).toBeNull();
  });

  test("damaged frames are counted, the last complaints kept, and a flood does not grow", () => {
    const log = read(
      `${"[mp3float @ 0x5] [error] Header missing\n[warning] Error while decoding stream #0:0: Invalid data found when processing input\n".repeat(5000)}[error] last words\n`,
      4096,
    );
    expect(log.corruptFrames).toBe(5000);
    expect(log.complaints.length).toBeLessThanOrEqual(6);
    expect(log.complaints.at(-1)).toBe("last words");
  });

  test("a line without an end is not kept in full", () => {
    const reader = makeDecodeLogReader();
    for (let n = 0; n < 100; n++) reader.take("x".repeat(100_000));
    reader.take("\n[error] after it\n");
    expect(reader.log.complaints).toEqual(["after it"]);
  });
});
