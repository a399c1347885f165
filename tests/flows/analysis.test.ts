import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findDecoder } from "../../daemon/audio/decoder-program.ts";
import { inspectSound } from "../../daemon/commands/inspect-sound.ts";
import type { Analysis } from "../../daemon/contract/analysis.ts";
import type { FileDetail } from "../../daemon/contract/api.ts";
import { keyStage } from "../../daemon/stages/key.ts";
import { loudnessStage } from "../../daemon/stages/loudness.ts";
import { rhythmStage } from "../../daemon/stages/rhythm.ts";
import { makeWorkerPool } from "../../daemon/workers/pool.ts";
import { floatWav, song } from "../support/sounds.ts";
import { makeWorld, stopWorld, tempFolder, until, type World } from "../support/world.ts";

const sound = (seconds: number, bpm = 124) => floatWav(song(seconds, bpm));
const models = join(import.meta.dir, "../../../shared/models");
const never = new AbortController().signal;

async function fileOf(world: World, name: string): Promise<FileDetail> {
  const { items } = await world.call<{ items: { id: number; name: string }[] }>("GET", "/api/v1/files?page_size=200");
  const id = items.find((item) => item.name === name)?.id;
  return world.call<FileDetail>("GET", `/api/v1/files/${id}`);
}
const statuses = (file: FileDetail) => Object.fromEntries(file.runs.map((run) => [run.stage, run.status]));

/** Puts a program before the decoder that notes each start. */
function countedDecoder(folder: string): { path: string; starts: () => number } {
  const real = findDecoder();
  const log = join(folder, "starts");
  const path = join(folder, "decoder.sh");
  const words = [real?.path, ...(real?.args ?? [])].map((word) => `'${word}'`).join(" ");
  writeFileSync(path, `#!/bin/sh\necho start >> '${log}'\nexec ${words} "$@"\n`);
  chmodSync(path, 0o755);
  return { path, starts: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").length : 0) };
}

describe("the way of a file's sound", () => {
  test("a new file is analysed by itself, with one decode, and its proposal does not wait for that", async () => {
    const world = await makeWorld(
      { "Lowtide - Ebb.wav": sound(36), "broken.mp3": "no sound at all, only words" },
      { listen: true },
    );
    await world.settle();
    const file = await fileOf(world, "Lowtide - Ebb.wav");
    expect(file.analysis).toMatchObject({
      durationSec: 36,
      coverage: 1,
      key: "A",
      scale: "minor",
      camelot: "8A",
      byPerson: [],
    });
    expect(file.analysis?.bpm ?? 0).toBeWithin(122, 126);
    expect(statuses(file)).toMatchObject({
      loudness: "done",
      rhythm: "done",
      key: "done",
      mood: "pending",
      propose: "done",
    });
    const whole = await world.call<Analysis>("GET", `/api/v1/files/${file.id}/analysis`);
    expect(whole.windows?.map(({ startSec, endSec }) => [startSec, endSec])).toEqual([
      [0, 30],
      [30, 36],
    ]);
    const broken = await fileOf(world, "broken.mp3");
    expect(statuses(broken)).toMatchObject({ hash: "done", rhythm: "failed", loudness: "failed" });
    expect(broken.runs.find((run) => run.stage === "rhythm")?.error).toContain("cannot be decoded");
    expect(broken.runs.find((run) => run.stage === "rhythm")?.attempts).toBe(1);
    expect((await world.request("GET", `/api/v1/files/${broken.id}/analysis`)).status).toBe(404);
  }, 30_000);

  test("what waits for models says so, and costs nothing else", async () => {
    const world = await makeWorld({ "song.wav": sound(6) }, { listen: true });
    await world.settle();
    const stats = await world.call<{ stages: { name: string; waitingFor: string | null; pending: number }[] }>(
      "GET",
      "/pipeline/stats",
    );
    expect(stats.stages.find((stage) => stage.name === "mood")).toMatchObject({
      pending: 1,
      waitingFor: expect.stringContaining("phaze models download"),
    });
  }, 30_000);

  test("values set by hand win, survive a new analysis, and can be taken back", async () => {
    const world = await makeWorld({ "song.wav": sound(12) }, { listen: true });
    await world.settle();
    const { id, analysis: measured } = await fileOf(world, "song.wav");
    const patch = (body: unknown) => world.call<Analysis>("PATCH", `/api/v1/files/${id}/analysis`, body);
    expect(await patch({ bpm: 62, key: "F#", scale: "major" })).toMatchObject({
      bpm: 62,
      key: "F#",
      camelot: "2B",
      byPerson: ["bpm", "key", "scale"],
    });
    expect(await world.call<object>("POST", "/api/v1/analyze", { fileIds: [id], stages: ["rhythm", "key"] })).toEqual({
      queued: 2,
    });
    await world.daemon.idle();
    expect((await fileOf(world, "song.wav")).analysis).toMatchObject({
      bpm: 62,
      key: "F#",
      loudnessLufs: measured?.loudnessLufs,
    });
    expect(await patch({ bpm: null, key: null, scale: null })).toMatchObject({
      bpm: measured?.bpm,
      key: measured?.key,
      byPerson: [],
    });
    for (const half of [{ key: "A" }, { key: "C", scale: null }, { genre: "a\u0000b" }])
      expect(world.call("PATCH", `/api/v1/files/${id}/analysis`, half)).rejects.toThrow("400");
    expect(world.call("PATCH", `/api/v1/files/${id}/analysis`, { bpm: 100_000 })).rejects.toThrow("400");
    expect(world.call("PATCH", "/api/v1/files/99999/analysis", { bpm: 100 })).rejects.toThrow("404");
    const audit = await world.call<{ items: { action: string }[] }>("GET", "/audit/");
    expect(audit.items.filter((entry) => entry.action === "set analysis").length).toBe(2);
  }, 30_000);

  test("what was measured of another content is forgotten, what a person set is not", async () => {
    const world = await makeWorld({ "song.wav": sound(12) }, { listen: true });
    await world.settle();
    const { id } = await fileOf(world, "song.wav");
    await world.call("PATCH", `/api/v1/files/${id}/analysis`, { genre: "Dub" });
    writeFileSync(join(world.library, "song.wav"), "no sound any more");
    await world.settle();
    const file = await fileOf(world, "song.wav");
    expect(statuses(file)).toMatchObject({ hash: "done", loudness: "failed", rhythm: "failed" });
    expect(file.analysis).toEqual({ genre: "Dub", byPerson: ["genre"] });
  }, 30_000);

  test.skipIf(!existsSync(models))(
    "models that come one by one while Phaze runs are one set",
    async () => {
      const folder = tempFolder();
      const env = { MODELS_PATH: join(folder, "models"), WORKER_HEALTH_CHECK_INTERVAL: "1" };
      const world = await makeWorld({ "song.wav": sound(8) }, { folder, listen: true, env });
      await world.settle();
      for (const name of ["mood_happy-musicnn-msd-2", "mood_sad-musicnn-msd-2", "danceability-musicnn-msd-2"]) {
        mkdirSync(join(env.MODELS_PATH, name), { recursive: true });
        for (const file of ["model.json", "group1-shard1of1.bin"])
          writeFileSync(join(env.MODELS_PATH, name, file), readFileSync(join(models, name, file)));
        await Bun.sleep(500);
      }
      const file = await until("the mood", async () => {
        const now = await fileOf(world, "song.wav");
        return statuses(now).mood === "done" ? now : null;
      });
      expect(Object.keys(file.analysis?.mood ?? {}).sort()).toEqual(["happy", "sad"]);
      expect(file.analysis?.danceability).toBeNumber();
    },
    30_000,
  );

  test("a new version of one stage reruns that stage alone", async () => {
    const folder = tempFolder();
    const world = await makeWorld({ "song.wav": sound(8) }, { folder, listen: true });
    await world.settle();
    const before = await fileOf(world, "song.wav");
    world.daemon.deps.db.run("update stages set version = 0 where name = 'key'");
    world.daemon.deps.db.run("update runs set stage_version = 0 where stage = 'key'");
    await stopWorld(world);
    const again = await makeWorld({}, { folder, listen: true });
    await again.daemon.idle();
    const after = await fileOf(again, "song.wav");
    const changed = after.runs.filter((run, index) => run.finishedAt !== before.runs[index]?.finishedAt);
    expect(changed.map((run) => run.stage)).toEqual(["key"]);
    expect(after.analysis).toEqual(before.analysis);
  }, 30_000);

  test.skipIf(!existsSync(models))(
    "another set of models reruns mood alone; no models at all rerun nothing",
    async () => {
      const folder = tempFolder();
      const env = { MODELS_PATH: join(folder, "models") };
      const start = () => makeWorld({ "song.wav": sound(8) }, { folder, listen: true, env });
      const copy = (name: string) => {
        mkdirSync(join(env.MODELS_PATH, name), { recursive: true });
        for (const file of ["model.json", "group1-shard1of1.bin"])
          writeFileSync(join(env.MODELS_PATH, name, file), readFileSync(join(models, name, file)));
      };
      copy("mood_happy-musicnn-msd-2");
      const world = await start();
      await world.settle();
      const one = await fileOf(world, "song.wav");
      expect(Object.keys(one.analysis?.mood ?? {})).toEqual(["happy"]);
      expect(one.analysis?.reasons?.["msd-musicnn-1"]).toContain("phaze models download");
      await stopWorld(world);
      copy("mood_sad-musicnn-msd-2");
      const more = await start();
      await more.daemon.idle();
      const two = await fileOf(more, "song.wav");
      expect(Object.keys(two.analysis?.mood ?? {}).sort()).toEqual(["happy", "sad"]);
      const rerun = two.runs.filter((run, index) => run.finishedAt !== one.runs[index]?.finishedAt);
      expect(rerun.map((run) => run.stage)).toEqual(["mood"]);
    },
    60_000,
  );

  test("cancelling a stage stops its work, and the file can be analysed later", async () => {
    const world = await makeWorld({ "long.wav": sound(240) }, { listen: true });
    await world.daemon.deps.scanner.scan("test").done;
    await until("the analysis to begin", () =>
      world.daemon.deps.scheduler.running().some((job) => job.stage === "rhythm"),
    );
    await world.call("POST", "/pipeline/cancel", { stage: "rhythm" });
    await world.daemon.idle();
    const file = await fileOf(world, "long.wav");
    expect(statuses(file)).toMatchObject({ rhythm: "skipped", key: "done", loudness: "done" });
    expect(file.analysis?.bpm).toBeUndefined();
    await world.call("POST", "/api/v1/analyze", { fileIds: [file.id], onlyFailed: true });
    await world.daemon.idle();
    expect((await fileOf(world, "long.wav")).analysis?.bpm ?? 0).toBeWithin(122, 126);
  }, 60_000);
});

describe("one decode", () => {
  test("serves all stages of a file", async () => {
    const folder = tempFolder();
    const path = join(folder, "song.wav");
    writeFileSync(path, sound(8));
    const counted = countedDecoder(folder);
    const pool = makeWorkerPool({ size: 2 });
    const deps = { decoder: () => ({ path: counted.path, args: [] }), pool };
    const { errors } = await inspectSound(path, [loudnessStage, rhythmStage, keyStage], deps, never);
    await pool.close();
    expect(errors).toEqual([]);
    expect(counted.starts()).toBe(1);
  }, 20_000);

  test("gives the same numbers again, whatever the number of processes", async () => {
    const path = join(tempFolder(), "song.wav");
    writeFileSync(path, sound(70, 97));
    const found = [];
    for (const size of [1, 3]) {
      const pool = makeWorkerPool({ size });
      const { analysis } = await inspectSound(
        path,
        [loudnessStage, rhythmStage, keyStage],
        { decoder: () => findDecoder(), pool },
        never,
      );
      await pool.close();
      found.push(analysis);
    }
    expect(found[0]?.windows?.length).toBe(3);
    expect(found[1]).toEqual(found[0]);
  }, 30_000);
});
