import { afterEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findDecoder } from "../../daemon/audio/decoder-program.ts";
import type { Fingerprint } from "../../daemon/contract/fingerprint.ts";
import { fingerprintRate } from "../../daemon/contract/sidecar.ts";
import { silentLog } from "../../daemon/log.ts";
import { makeDecodeGroup } from "../../daemon/pipeline/decode-group.ts";
import { BlockedError, PermanentError, type StageTools } from "../../daemon/pipeline/stage.ts";
import { makeFingerprintStage } from "../../daemon/stages/fingerprint.ts";
import { makeIdentifyStage } from "../../daemon/stages/identify.ts";
import { loudnessStage } from "../../daemon/stages/loudness.ts";
import { makeWorkerPool } from "../../daemon/workers/pool.ts";
import { floatWav, song } from "../support/sounds.ts";
import { tempFolder, until } from "../support/world.ts";
import { enginesOf, type FakeSidecar, type Mood, match, startFakeSidecar } from "./fake-sidecar.ts";

const never = new AbortController().signal;
const pool = makeWorkerPool({ size: 1 });
const sound = { decoder: () => findDecoder(), pool };
const fakes: FakeSidecar[] = [];
const start = (engine: "audfprint" | "panako", mood: Mood = {}) => {
  const fake = startFakeSidecar(engine, mood);
  fakes.push(fake);
  return fake;
};
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.stop();
});

const quiet: StageTools = { log: silentLog, progress() {} };
const fileId = 42;

function plant(seconds: number): string {
  const path = join(tempFolder(), "song.wav");
  writeFileSync(path, floatWav(song(seconds)));
  return path;
}

/** Listens with both engines' stages and loudness; what each gave, or its error. */
async function listen(
  path: string,
  engines: ReturnType<typeof enginesOf>,
  more: { signal?: AbortSignal; tools?: StageTools } = {},
) {
  const group = makeDecodeGroup(sound, path, fileId);
  const { signal = never, tools = quiet } = more;
  const stages = [makeFingerprintStage("panako", engines), makeFingerprintStage("audfprint", engines)] as const;
  const [panako, audfprint, loudness] = [
    group.join(stages[0], tools, signal),
    group.join(stages[1], tools, never),
    group.join(loudnessStage, tools, never),
  ].map((run) => (run as Promise<unknown>).catch((error: Error) => error));
  group.start();
  return { panako: await panako, audfprint: await audfprint, loudness: await loudness };
}

describe("a fingerprint's stage", () => {
  test("streams the file to its engine, in the decode of all others, and tells how far it is", async () => {
    const engines = enginesOf(start("panako"), start("audfprint"));
    const shares: number[] = [];
    const tools = { ...quiet, progress: (share?: number) => share !== undefined && shares.push(share) };
    const { panako, audfprint, loudness } = await listen(plant(6), engines, { tools });
    expect(panako).toEqual({
      engine: "panako",
      outcome: "stored",
      hashes: 6,
      durationSec: expect.closeTo(6, 2),
      set: false,
      parameters: "p1",
    });
    expect((audfprint as Fingerprint).engine).toBe("audfprint");
    expect(loudness).toHaveProperty("loudnessLufs");
    expect(fakes.map((fake) => [...fake.tracks.keys()])).toEqual([[fileId], [fileId]]);
    expect(fakes[0]?.bytes).toBe(6 * 4 * fingerprintRate);
    expect(Math.max(...shares)).toBe(1);
  });

  test("silence is an outcome, and leaves nothing of a former content", async () => {
    const fake = start("panako", { silent: true });
    fake.tracks.set(fileId, { hashes: 1, durationSec: 1 });
    const { panako } = await listen(plant(2), enginesOf(fake, start("audfprint")));
    expect(panako).toMatchObject({ outcome: "silent" });
    expect(fake.tracks.size).toBe(0);
  });

  test("an engine that took less than was sent is not believed, and has to delete it", async () => {
    const fake = start("panako", { loseSec: 0.8 });
    const { panako, audfprint } = await listen(plant(3), enginesOf(fake, start("audfprint")));
    expect(panako).toMatchObject({ message: "panako took 2.2 s of 3.0 s: nothing is kept of it" });
    expect([fake.tracks.size, fake.asked.at(-1)]).toEqual([0, `DELETE /tracks/${fileId}`]);
    expect(audfprint).toMatchObject({ outcome: "stored" });
  });

  test("a refused sound fails for good, a full disk may pass; the other engine goes on", async () => {
    const fake = start("panako", { refuse: { status: 400, title: "Longer than a day" } });
    const engines = enginesOf(fake, start("audfprint"));
    const refused = await listen(plant(2), engines);
    expect(refused.panako).toBeInstanceOf(PermanentError);
    fake.mood.refuse = { status: 507, title: "The disk is full" };
    const full = await listen(plant(2), engines);
    expect(full.panako).not.toBeInstanceOf(PermanentError);
    expect((full.panako as Error).message).toContain("The disk is full");
    expect(full.audfprint).toMatchObject({ outcome: "stored" });
  });

  test("an engine that goes away meanwhile costs no attempt", async () => {
    const fake = start("panako", { slowMs: 20 });
    const engines = enginesOf(fake, start("audfprint"));
    const run = listen(plant(60), engines);
    await until("the sound to come", () => fake.bytes > 0);
    engines.away.panako = "panako: It was killed (SIGKILL)";
    await fake.stop();
    const { panako, audfprint } = await run;
    expect(panako).toBeInstanceOf(BlockedError);
    expect(audfprint).toMatchObject({ outcome: "stored" });
  }, 20_000);

  test("what is cancelled, or cannot be decoded to its end, stores nothing", async () => {
    const fake = start("panako", { slowMs: 20 });
    const control = new AbortController();
    const engines = enginesOf(fake, start("audfprint"));
    const run = listen(plant(60), engines, { signal: control.signal });
    await until("the sound to come", () => fake.bytes > 0);
    control.abort(new Error("cancelled"));
    expect((await run).panako).toMatchObject({ message: "cancelled" });
    await until("the body to be cut", () => fake.cut === 1);
    const crashing = { path: "/bin/sh", args: ["-c", crash, "decoder"] };
    const group = makeDecodeGroup({ decoder: () => crashing, pool }, "/dev/null", fileId);
    const failed = group.join(makeFingerprintStage("panako", engines), quiet, never);
    group.start();
    expect(failed).rejects.toThrow("crashed");
    await failed.catch(() => {});
    await until("the second to be cut", () => fake.cut === 2);
    expect(fake.tracks.size).toBe(0);
  }, 20_000);
});

/** A decoder that gives some sound and then crashes. */
const crash =
  "echo '[info]   Stream #0:0: Audio: mp3, 44100 Hz, mono, fltp' >&2; head -c 400000 /dev/zero; head -c 400000 /dev/zero >&5; exit 70";

describe("the stage that identifies", () => {
  const input = { fileId, stored: ["audfprint", "panako"] as ("audfprint" | "panako")[], silent: [] };

  function world() {
    const panako = start("panako", { matches: [match(7, { score: 30 }), match(fileId)] });
    const audfprint = start("audfprint", { matches: [match(7, { score: 25 })] });
    for (const fake of [panako, audfprint]) fake.tracks.set(fileId, { hashes: 1, durationSec: 60 });
    const engines = enginesOf(panako, audfprint);
    return { panako, audfprint, engines, stage: makeIdentifyStage(engines) };
  }

  test("asks both engines and puts together what they say, without the file itself", async () => {
    const { stage } = world();
    expect(await stage.run(input, quiet, never)).toMatchObject({
      engines: ["audfprint", "panako"],
      matches: [{ otherId: 7, engines: ["panako", "audfprint"], queryStartSec: 10 }],
    });
  });

  test("one engine is enough; with none it waits", async () => {
    const { stage, engines } = world();
    engines.away.audfprint = "audfprint: away";
    expect(stage.blockedBy?.()).toBeNull();
    expect(await stage.run(input, quiet, never)).toMatchObject({ engines: ["panako"] });
    engines.away.panako = "panako: away";
    expect(stage.blockedBy?.()).toContain("away");
    expect(stage.run(input, quiet, never)).rejects.toBeInstanceOf(BlockedError);
  });

  test("an engine that does not hold the file any more is not asked in vain", async () => {
    const { stage, panako, audfprint } = world();
    panako.tracks.clear();
    expect(await stage.run(input, quiet, never)).toMatchObject({ engines: ["audfprint"] });
    audfprint.tracks.clear();
    expect(await stage.run(input, quiet, never)).toHaveProperty("skipped");
    for (const [silent, word] of [
      [["panako"], "Silent"],
      [[], "no fingerprint"],
    ] as const)
      expect(await stage.run({ fileId, stored: [], silent: [...silent] }, quiet, never)).toEqual({
        skipped: expect.stringContaining(word),
      });
  });
});
