import { describe, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FileMatches, FingerprintProgress } from "../../daemon/contract/fingerprint-api.ts";
import { tune } from "../sidecars/support.ts";
import { ffmpeg, floatWav, hasFfmpeg } from "../support/sounds.ts";
import { makeWorld, plant, stopWorld, tempFolder, until, type World } from "../support/world.ts";

const rate = 11_025;
const wave = (samples: Float32Array) => floatWav(samples, rate);

async function ids(world: World): Promise<Map<string, number>> {
  const { items } = await world.call<{ items: { id: number; name: string }[] }>("GET", "/api/v1/files?page_size=200");
  return new Map(items.map(({ id, name }) => [name, id]));
}
const matchesOf = async (world: World, name: string) => {
  const known = await ids(world);
  const { matches } = await world.call<FileMatches>("GET", `/api/v1/files/${known.get(name)}/matches`);
  return matches
    .map((match) => ({ ...match, name: match.path.split("/").at(-1) as string }))
    .sort((a, b) => a.startSec - b.startSec);
};
const progress = async (world: World) =>
  (await world.call<FingerprintProgress>("GET", "/api/v1/fingerprint/progress")).engines;
/** What a test that waits in vain shows. */
const state = (world: World) => async () => ({
  engines: await progress(world),
  pipeline: await world.call("GET", "/pipeline/stats"),
  set: await matchesOf(world, "set.wav").catch(String),
});
const patienceMs = 120_000;

/** Three songs one after the other, each fading into the next over 5 s, the second slower by 4 % on a turntable. */
function mix(): Float32Array {
  const parts = [tune(201, 70), tune(202, 70, Math.round(rate * 1.04)).slice(0, rate * 70), tune(203, 70)];
  const fade = 5 * rate;
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length - fade, fade));
  let at = 0;
  for (const part of parts) {
    for (let place = 0; place < part.length; place++) {
      const gain = Math.min(1, place / fade, (part.length - place) / fade);
      whole[at + place] = (whole[at + place] as number) + gain * (part[place] as number);
    }
    at += part.length - fade;
  }
  return whole;
}

describe.skipIf(!hasFfmpeg)("copies and a mixed set enter the library", () => {
  test(
    "duplicates and a timeline come out; a lost store is noticed and made anew",
    async () => {
      const folder = tempFolder();
      const songs = Object.fromEntries([201, 202, 203, 204].map((seed) => [`${seed}.wav`, wave(tune(seed, 70))]));
      const world = await makeWorld(songs, { folder, listen: true });
      await world.settle();
      const allDone = async () => (await progress(world)).every(({ done }) => done === 4);
      await until("all fingerprints", allDone, patienceMs, state(world));

      const copy = join(folder, "copy.mp3");
      ffmpeg("-i", join(world.library, "204.wav"), "-ss", "1.5", "-b:a", "64k", copy);
      plant(world.library, { "copy.mp3": Buffer.from(await Bun.file(copy).arrayBuffer()), "set.wav": wave(mix()) });
      await world.settle();
      const timelineIsThere = async () => (await matchesOf(world, "set.wav")).length === 3;
      await until("the timeline", timelineIsThere, patienceMs, state(world));

      const [duplicate, ...others] = await matchesOf(world, "204.wav");
      expect(others).toEqual([]);
      expect(duplicate?.name).toBe("copy.mp3");
      expect(duplicate?.engines.toSorted()).toEqual(["audfprint", "panako"]);
      expect(duplicate?.probability).toBeGreaterThan(0.9);
      expect(Math.abs((duplicate?.startSec ?? 0) - 1.5 - (duplicate?.otherStartSec ?? 0))).toBeLessThan(0.5);

      const timeline = await matchesOf(world, "set.wav");
      expect(timeline.map(({ name }) => name)).toEqual(["201.wav", "202.wav", "203.wav"]);
      for (const [index, { startSec, endSec }] of timeline.entries()) {
        expect(Math.abs(startSec - index * 65)).toBeLessThan(5);
        expect(Math.abs(endSec - (index * 65 + 70))).toBeLessThan(6);
      }
      expect(Math.abs((timeline[1]?.tempoRatio ?? 0) - 0.9615)).toBeLessThan(0.005);
      expect(Math.abs((timeline[1]?.pitchRatio ?? 0) - 0.9615)).toBeLessThan(0.01);
      // Seen from a song, the set is one of the places where it is heard.
      expect((await matchesOf(world, "202.wav")).map(({ name }) => name)).toEqual(["set.wav"]);
      await stopWorld(world);

      // Somebody takes one engine's store away: its results were recorded, but success is what can be counted.
      const store = join(world.config.dataDir, "fingerprints", "panako");
      expect(readdirSync(store)).toContain("manifest");
      rmSync(store, { recursive: true });
      const again = await makeWorld({}, { folder, listen: true });
      const madeAnew = async () => (await progress(again)).every(({ tracks }) => tracks === 6);
      await until("the store made anew", madeAnew, patienceMs, state(again));
      await again.settle();
      expect((await progress(again)).every(({ healthy, pending }) => healthy && pending === 0)).toBe(true);
    },
    4 * patienceMs,
  );
});
