import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Decoder, startDecoding } from "../../daemon/audio/decode.ts";
import { findDecoder } from "../../daemon/audio/decoder-program.ts";
import { silentLog } from "../../daemon/log.ts";
import { makeDecodeGroup } from "../../daemon/pipeline/decode-group.ts";
import type { PcmNeed, PcmStage, PcmWindow } from "../../daemon/pipeline/stage.ts";
import { makeWorkerPool } from "../../daemon/workers/pool.ts";
import { floatWav, song, tone } from "../support/sounds.ts";
import { tempFolder } from "../support/world.ts";

const pool = makeWorkerPool({ size: 2, script: join(import.meta.dir, "..", "workers", "fake-worker.ts") });
afterAll(() => pool.close());
const decoder = () => findDecoder();
const never = new AbortController().signal;
const quiet = { log: silentLog, progress() {} };

type Summary = { windows: PcmWindow[]; durationSec: number };

/** A stage that asks for a task of the fake worker, and gives all it got. */
function stage(name: string, task: string, more: Partial<PcmNeed> | null = {}): PcmStage<Summary> {
  return {
    name,
    version: 1,
    kinds: ["music"],
    needs: [],
    after: [],
    pool: "pcm",
    pcm: more && { rate: 44_100, windowSamples: 44_100, leadSamples: 0, task, ...more },
    output: z.any(),
    summarise: (windows, { durationSec }) => ({ windows: [...windows], durationSec }),
  };
}

function plantSound(samples: Float32Array): string {
  const path = join(tempFolder(), "sound.wav");
  writeFileSync(path, floatWav(samples));
  return path;
}

/** Listens with several stages at once; what each gave, or its error. */
async function listen(path: string, stages: PcmStage<Summary>[], sound = { decoder, pool }) {
  const group = makeDecodeGroup(sound, path);
  const runs = stages.map((each) =>
    group.join(each, quiet, never).then(
      (output) => output as Summary,
      (error: Error) => error.message,
    ),
  );
  group.start();
  return Promise.all(runs);
}

describe("stages that share one decode", () => {
  test("each gets every window of the file, in order, at its own rate and length", async () => {
    const path = plantSound(tone(5.5, () => 0.25));
    const [full, models, report] = await listen(path, [
      stage("sums", "sum"),
      stage("models", "sum", { rate: 16_000, windowSamples: 32_000, leadSamples: 100 }),
      stage("report", "", null),
    ]);
    if (typeof full !== "object" || typeof models !== "object") throw new Error(`${full} ${models}`);
    expect(full.windows.map(({ startSec, endSec }) => [startSec, endSec])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 5.5],
    ]);
    for (const { result } of full.windows.slice(0, 5)) expect(Number(result)).toBeCloseTo(44_100 / 4, 0);
    expect(models.windows.map(({ startSec }) => startSec)).toEqual([0, 2, 4]);
    expect(Number(models.windows[1]?.result)).toBeCloseTo(32_100 / 4, 0);
    expect(report).toEqual({ windows: [], durationSec: 5.5 });
  });

  test("a stage whose worker dies fails alone and says where", async () => {
    const path = plantSound(song(3));
    const [bad, good] = await listen(path, [stage("bad", "crash"), stage("good", "sum")]);
    expect(bad).toMatch(/The analysis process died .* \(at 0:0\d\)/);
    expect(typeof good === "object" && good.windows.length).toBe(3);
  });

  test("a stage that is cancelled leaves, the others go on; without any, the decoder ends", async () => {
    const path = plantSound(song(3));
    const group = makeDecodeGroup({ decoder, pool }, path);
    const control = new AbortController();
    const ends = Promise.allSettled([
      group.join(stage("gone", "wait"), quiet, control.signal),
      group.join(stage("stays", "sum"), quiet, never),
    ]);
    group.start();
    control.abort(new Error("cancelled"));
    const [gone, stays] = await ends;
    expect(gone.status === "rejected" && gone.reason.message).toBe("cancelled");
    expect(stays.status).toBe("fulfilled");
  });

  test("progress is told as a share of the length", async () => {
    const shares: number[] = [];
    const group = makeDecodeGroup({ decoder, pool }, plantSound(song(4)));
    const tools = { log: silentLog, progress: (share?: number) => share !== undefined && shares.push(share) };
    const run = group.join(stage("sums", "sum"), tools, never);
    group.start();
    await run;
    expect(shares.toSorted()).toEqual([0.25, 0.5, 0.75, 1]);
  });

  test("what holds no sound fails for good, with the cause; no decoder at all is said, too", async () => {
    const path = join(tempFolder(), "page.mp3");
    writeFileSync(path, "<!doctype html><p>404 not found");
    expect(await listen(path, [stage("sums", "sum")])).toEqual([expect.stringContaining("It cannot be decoded")]);
    expect(await listen(path, [stage("sums", "sum")], { decoder: () => null, pool })).toEqual([
      expect.stringContaining("install ffmpeg"),
    ]);
  });
});

describe("the decoder's process", () => {
  /** A decoder that is a shell script. */
  function script(lines: string): Decoder {
    const path = join(tempFolder(), "decoder.sh");
    writeFileSync(path, `#!/bin/sh\n${lines}\n`);
    chmodSync(path, 0o755);
    return { path, args: [] };
  }
  const info = "echo '[info]   Stream #0:0: Audio: mp3, 44100 Hz, mono, fltp' >&2";

  async function drain(blocks: AsyncIterable<Float32Array>): Promise<number> {
    let samples = 0;
    for await (const block of blocks) samples += block.length;
    return samples;
  }

  test("waits while nobody reads, and dies with its children when it is no longer wanted", async () => {
    const control = new AbortController();
    const decoding = startDecoding(script(`${info}\nsleep 600 & cat /dev/zero`), "/dev/null", [44_100], control.signal);
    const blocks = decoding.blocks(44_100)[Symbol.asyncIterator]();
    await blocks.next();
    const before = process.memoryUsage.rss();
    await Bun.sleep(300);
    expect(process.memoryUsage.rss() - before).toBeLessThan(30 * 1024 ** 2);
    control.abort(new Error("no longer wanted"));
    for (let next = await blocks.next(); !next.done; ) next = await blocks.next();
    expect(decoding.report()).rejects.toThrow("no longer wanted");
  });

  test.each([
    ["exit 1", "There is no audio"],
    ["echo '[mov,mp4 @ 0x5] [error] moov atom not found' >&2; exit 1", "moov atom not found"],
    [`${info}; exit 0`, "No audio could be decoded from it (mp3)"],
    ["kill -SEGV $$", "killed"],
    // What was decoded before is no whole file, and another attempt may succeed.
    [
      `${info}; head -c 40000 /dev/zero; echo '[error] file:/dev/fd/4: Input/output error' >&2`,
      "could not be read to its end",
    ],
    [`${info}; head -c 40000 /dev/zero; exit 70`, "crashed"],
    ["env | grep -q PATH=.*bun && echo '[error] It knows the environment' >&2; exit 1", "There is no audio"],
  ])("%s: %s", async (lines, message) => {
    const decoding = startDecoding(script(lines), "/dev/null", [44_100], never);
    await drain(decoding.blocks(44_100));
    expect(decoding.report()).rejects.toThrow(message);
  });

  test("a program that is not there is an error with its name", async () => {
    const decoding = startDecoding({ path: "/no/such/ffmpeg", args: [] }, "/dev/null", [44_100], never);
    await drain(decoding.blocks(44_100));
    expect(decoding.report()).rejects.toThrow("could not be started");
  });
});
