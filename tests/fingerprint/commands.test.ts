import { afterEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDecoding } from "../../daemon/audio/decode.ts";
import { findDecoder } from "../../daemon/audio/decoder-program.ts";
import { runCli } from "../../daemon/cli.ts";
import { fingerprintRate } from "../../daemon/contract/sidecar.ts";
import { floatWav, song } from "../support/sounds.ts";
import { plant, tempFolder, testEnv } from "../support/world.ts";
import { match, startFakeSidecar } from "./fake-sidecar.ts";

const fakes = [startFakeSidecar("audfprint"), startFakeSidecar("panako")] as const;
afterEach(() => {
  for (const fake of fakes) fake.tracks.clear();
});

function makeRunner() {
  const folder = tempFolder();
  plant(join(folder, "library"), { "a.wav": floatWav(song(4)) });
  const env = {
    ...testEnv(folder),
    SCAN_PATH: join(folder, "library"),
    AUDFPRINT_URL: fakes[0].url,
    PANAKO_URL: fakes[1].url,
  };
  const run = async (...args: string[]) => {
    const said = { out: "", err: "" };
    const io = {
      out(text: string) {
        said.out += text;
      },
      err(text: string) {
        said.err += text;
      },
    };
    const { signal } = new AbortController();
    const code = await runCli(args, { ...io, isTerminal: false, env, cwd: folder, signal });
    return { code, ...said };
  };
  return { folder, run };
}

describe("the command line", () => {
  test("identify shows a timeline with paths; JSON holds the ranges", async () => {
    const { folder, run } = makeRunner();
    expect((await run("scan", "--wait")).code).toBe(0);
    writeFileSync(join(folder, "set.wav"), floatWav(song(30)));
    fakes[1].mood.matches = [match(1, { score: 30, queryStartSec: 3700, queryEndSec: 3790, tempoRatio: 1.031 })];
    const before = fakes[1].bytes;
    const shown = await run("identify", "set.wav");
    expect([shown.code, shown.err]).toEqual([0, ""]);
    expect(shown.out).toMatch(/1:01:40–1:03:10 +\+3\.1 % +9\d % +.*library\/a\.wav/);
    expect(fakes[1].bytes - before).toBe(30 * 4 * fingerprintRate);
    const { matches } = JSON.parse((await run("identify", "set.wav", "--json")).out);
    expect(matches).toMatchObject([{ fileId: 1, engine: "panako", queryStartSec: 3700, tempoRatio: 1.031 }]);
    fakes[1].mood.matches = [];
    expect((await run("identify", "set.wav")).out).toContain("Nothing in the library");
    writeFileSync(join(folder, "page.mp3"), "<!doctype html>");
    const broken = await run("identify", "page.mp3");
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining("cannot be decoded")]);
    expect((await run("identify", "nowhere.wav")).code).toBe(2);
  }, 60_000);

  test("fingerprint queues them anew, and shows how far they are", async () => {
    const { run } = makeRunner();
    await run("scan", "--wait");
    const table = await run("fingerprint", "--progress");
    expect(table.out).toMatch(/panako +0 +0 +1 +0 +0 +1 .*healthy/);
    const { engines } = JSON.parse((await run("fingerprint", "--progress", "--engine", "panako", "--json")).out);
    expect(engines).toMatchObject([{ engine: "panako", done: 1, tracks: 1, healthy: true }]);
    expect((await run("fingerprint", "--engine", "panako", "1")).out).toBe("1 steps queued\n");
    expect((await run("fingerprint", "--engine", "olaf")).code).toBe(2);
  }, 60_000);
});

describe("sound at the engines' rate", () => {
  test.each([
    ["ffmpeg on PATH", findDecoder()],
    ["the packaged decoder", findDecoder("")],
  ])(
    "%s gives all of it, beside the other rates",
    async (_, decoder) => {
      if (!decoder) throw new Error("There is no such decoder");
      const path = join(tempFolder(), "song.wav");
      writeFileSync(path, floatWav(song(5)));
      const decoding = startDecoding(decoder, path, [44_100, 16_000, fingerprintRate], new AbortController().signal);
      const lengths = await Promise.all(
        ([44_100, 16_000, fingerprintRate] as const).map(async (rate) => {
          let samples = 0;
          for await (const block of decoding.blocks(rate)) samples += block.length;
          return samples / rate;
        }),
      );
      expect(lengths.map((sec) => Math.round(sec * 1000))).toEqual([5000, 5000, 5000]);
      expect((await decoding.report()).durationSec).toBe(5);
    },
    20_000,
  );
});
