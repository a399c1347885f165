import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Rate, startDecoding } from "../../daemon/audio/decode.ts";
import { findDecoder } from "../../daemon/audio/decoder-program.ts";
import { floatWav, hasFfmpeg } from "../support/sounds.ts";
import { tempFolder } from "../support/world.ts";

/** The resampling filter of the decoder, measured: flat where it must pass, silent where it must stop. */

const segmentSec = 0.5;
const size = 0.5;
const decoders = [
  ...(hasFfmpeg ? [["ffmpeg on PATH", findDecoder()] as const] : []),
  ["the packaged decoder", findDecoder("")] as const,
];

/** Half a second of each tone, at `sourceHz`, through the decoder, at `rate`: what the middle of each has become, dB. */
async function levels(tones: readonly number[], sourceHz: number, rate: Rate, decoder: ReturnType<typeof findDecoder>) {
  if (!decoder) throw new Error("no decoder");
  const perTone = segmentSec * sourceHz;
  const sound = Float32Array.from({ length: tones.length * perTone }, (_, at) => {
    const within = at % perTone;
    // Rounded ends, so that a tone does not splash over its neighbours.
    const edge = Math.min(1, within / (0.05 * sourceHz), (perTone - within) / (0.05 * sourceHz));
    return (
      size *
      Math.sin((2 * Math.PI * (tones[Math.floor(at / perTone)] ?? 0) * at) / sourceHz) *
      (0.5 - 0.5 * Math.cos(Math.PI * edge))
    );
  });
  const path = join(tempFolder(), "tones.wav");
  writeFileSync(path, floatWav(sound, sourceHz));
  const decoding = startDecoding(decoder, path, [44_100, rate], AbortSignal.timeout(30_000));
  const blocks: number[] = [];
  const read = async (which: Rate, keep: boolean) => {
    for await (const block of decoding.blocks(which)) if (keep) for (const sample of block) blocks.push(sample);
  };
  await Promise.all(rate === 44_100 ? [read(rate, true)] : [read(44_100, false), read(rate, true)]);
  const perOutput = segmentSec * rate;
  return tones.map((_, index) => {
    const middle = blocks.slice(Math.round((index + 0.3) * perOutput), Math.round((index + 0.7) * perOutput));
    const power = middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length;
    return 20 * Math.log10(Math.sqrt(2 * power) / size + 1e-12);
  });
}

describe.each(decoders)("resampling by %s", (_, decoder) => {
  test("44.1 kHz to 16 kHz: flat within 0.05 dB up to 7 kHz, 90 dB down from 8.7 kHz on", async () => {
    for (const level of await levels([50, 100, 440, 1000, 3000, 5000, 6000, 7000], 44_100, 16_000, decoder))
      expect(level).toBeWithin(-0.05, 0.05);
    for (const level of await levels(
      [8700, 9000, 10_000, 12_000, 15_000, 16_000, 19_000, 21_000],
      44_100,
      16_000,
      decoder,
    ))
      expect(level).toBeLessThan(-90);
  }, 15_000);

  test("48 kHz to 44.1 kHz: flat within 0.1 dB up to 20 kHz, 90 dB down from 23.5 kHz on", async () => {
    const found = await levels([50, 1000, 10_000, 18_000, 20_000, 23_500], 48_000, 44_100, decoder);
    for (const level of found.slice(0, 5)) expect(level).toBeWithin(-0.1, 0.1);
    expect(found[5]).toBeLessThan(-90);
  }, 15_000);

  test("44.1 kHz stays as it is, sample by sample", async () => {
    for (const level of await levels([100, 1000, 10_000, 21_000], 44_100, 44_100, decoder))
      expect(level).toBeWithin(-0.001, 0.001);
  }, 15_000);
});
