import { afterEach, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { audfprint } from "../../sidecars/audfprint/engine.ts";
import { frameRate } from "../../sidecars/lib/parameters.ts";
import { type Recording, referenceCodes } from "../../sidecars/lib/store/build.ts";
import { StoreError } from "../../sidecars/lib/store/files.ts";
import { openSegmentWriter } from "../../sidecars/lib/store/segment-write.ts";
import { sortedPlaces } from "../../sidecars/lib/store/sort.ts";
import { openStore, type Store } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { tempFolder } from "../support/world.ts";
import { makeRandom, randomPeaks } from "./support.ts";

const open: Store[] = [];
afterEach(() => {
  for (const store of open.splice(0)) store.close();
});

function opened(folder: string, engine = panako): Store {
  const store = openStore(folder, engine);
  open.push(store);
  return store;
}
function close(store: Store): void {
  open.splice(open.indexOf(store), 1);
  store.close();
}
const recording = (id: number, seed: number, durationSec = 6 + (seed % 20)): Recording => ({
  id,
  durationSec,
  peaks: randomPeaks(makeRandom(seed), durationSec),
});
const drain = (steps: Generator<unknown, unknown>) => {
  while (!steps.next().done);
};

test("keys are sorted as a comparison would", () => {
  const random = makeRandom(2);
  const keys = Float64Array.from({ length: 5000 }, () => Math.floor(random() ** 4 * 2 ** 40));
  const sorted = Array.from(sortedPlaces(keys), (place) => keys[place]);
  expect(sorted).toEqual([...keys].sort((a, b) => a - b));
});

describe("random operations agree with a plain map", () => {
  test.each([1, 2, 3, 4])("seed %i", (seed) => {
    const folder = tempFolder();
    const random = makeRandom(seed * 1000);
    const model = new Map<number, Recording>();
    let store = opened(folder);
    const check = () => {
      expect(store.ids()).toEqual([...model.keys()].sort((a, b) => a - b));
      const totals = store.totals();
      expect(totals.tracks).toBe(model.size);
      let hashes = 0;
      for (const [id, { durationSec, peaks }] of model) {
        const track = store.get(id);
        expect(track?.durationSec).toBe(durationSec);
        expect(track?.peakCount).toBe(peaks.frame.length);
        hashes += track?.hashes ?? 0;
      }
      expect(totals.hashes).toBe(hashes);
      store.checkFiles();
    };
    for (let turn = 0; turn < 60; turn++) {
      const choice = random();
      const id = Math.floor(random() * 25);
      if (choice < 0.45) {
        const added = recording(id, Math.floor(random() * 1e6));
        const [hashes] = store.add([added]);
        expect(hashes).toBe(referenceCodes(panako, added).key.length);
        model.set(id, added);
      } else if (choice < 0.55) {
        const several = [recording(id, turn), recording(id + 30, turn + 1), recording(id + 60, turn + 2)];
        store.add(several);
        for (const one of several) model.set(one.id, one);
      } else if (choice < 0.75) expect(store.remove([id])).toBe(model.delete(id) ? 1 : 0);
      else if (choice < 0.85) drain(store.maintain());
      else if (choice < 0.9) drain(store.maintain(true));
      else if (choice < 0.95) {
        // A merge that is given up half-way changes nothing.
        const steps = store.maintain(true);
        steps.next();
        steps.return(undefined);
      } else {
        close(store);
        store = opened(folder);
      }
      check();
    }
    drain(store.verify());
    drain(store.maintain(true));
    expect(store.totals().segments).toBeLessThanOrEqual(1);
    check();
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

test("what is deleted while a merge is under way stays deleted", () => {
  const store = opened(tempFolder());
  store.add(Array.from({ length: 40 }, (_, id) => recording(id, id, 120)));
  store.add([recording(100, 100)]);
  const steps = store.maintain(true);
  steps.next();
  // The second loses a whole segment that is being merged.
  store.remove([3, 100]);
  store.add([recording(5, 999, 30)]);
  drain(steps);
  expect(store.get(3)).toBeNull();
  expect(store.get(100)).toBeNull();
  expect(store.get(5)?.durationSec).toBe(30);
  expect(store.totals().tracks).toBe(39);
});

describe("damage is refused, and nothing is made anew in its place", () => {
  /** A store of two segments, closed. */
  function planted(): string {
    const folder = tempFolder();
    const store = openStore(folder, panako);
    store.add([recording(1, 1), recording(2, 2)]);
    store.add([recording(3, 3)]);
    store.close();
    return folder;
  }
  const refused = (folder: string) => {
    const before = readdirSync(folder).sort();
    expect(() => openStore(folder, panako)).toThrow(StoreError);
    expect(readdirSync(folder).sort()).toEqual(before);
  };

  test("every bit of every file counts", () => {
    const folder = planted();
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const whole = readFileSync(path);
      const random = makeRandom(whole.length);
      for (let turn = 0; turn < 60; turn++) {
        const flipped = Buffer.from(whole);
        const at = Math.floor(random() * whole.length);
        flipped[at] = (flipped[at] as number) ^ (1 << Math.floor(random() * 8));
        writeFileSync(path, flipped);
        expect(() => openStore(folder, panako).close(), `${name} byte ${at}`).toThrow(StoreError);
      }
      writeFileSync(path, whole);
    }
    openStore(folder, panako).close();
  });

  test.each([0, 1, 31, 200, -1])("a segment cut to %i bytes", (length) => {
    const folder = planted();
    const path = join(folder, readdirSync(folder).find((name) => name.endsWith(".seg")) as string);
    truncateSync(path, length < 0 ? readFileSync(path).length + length : length);
    refused(folder);
  });

  test.each([
    ["an empty manifest", (folder: string) => writeFileSync(join(folder, "manifest"), "")],
    ["no manifest", (folder: string) => rmSync(join(folder, "manifest"))],
    ["a segment too few", (folder: string) => rmSync(join(folder, "0000000001.seg"))],
    [
      "a newer format",
      (folder: string) => {
        const text = JSON.stringify({ format: 2 });
        writeFileSync(join(folder, "manifest"), `${text}\n${crc32(text).toString(16).padStart(8, "0")}\n`);
      },
    ],
    [
      "one segment in place of another",
      (folder: string) => copyFileSync(join(folder, "0000000001.seg"), join(folder, "0000000002.seg")),
    ],
  ])("%s", (_name, damage) => {
    const folder = planted();
    damage(folder);
    refused(folder);
  });

  test("the store of another engine", () => {
    const folder = planted();
    expect(() => openStore(folder, audfprint)).toThrow(/belongs to the engine panako/);
  });
  test("other parameters", () => {
    const folder = planted();
    expect(() => openStore(folder, { ...panako, version: 99 })).toThrow(/other parameters/);
  });
  test("a file that loses its content while the store is open is noticed", () => {
    const folder = tempFolder();
    const store = opened(folder);
    store.add([recording(1, 1)]);
    writeFileSync(join(folder, "0000000001.seg"), "");
    expect(() => store.checkFiles()).toThrow(StoreError);
  });
});

test("leftovers of a crash are swept away", () => {
  const folder = tempFolder();
  const store = openStore(folder, panako);
  store.add([recording(1, 1)]);
  store.close();
  writeFileSync(join(folder, "0000000002.seg.tmp"), "half");
  writeFileSync(join(folder, "0000000002.seg"), "never acknowledged");
  expect(opened(folder).ids()).toEqual([1]);
  expect(readdirSync(folder).sort()).toEqual(["0000000001.seg", "lock", "manifest"]);
});

describe("one writer at a time", () => {
  test("a second one is refused", () => {
    const folder = tempFolder();
    opened(folder);
    expect(() => openStore(folder, panako)).toThrow(/Another process works with the store/);
  });
  test("the lock of a process that is gone is nobody's", () => {
    const folder = tempFolder();
    mkdirSync(folder, { recursive: true });
    const { pid } = Bun.spawnSync(["true"]);
    writeFileSync(join(folder, "lock"), `${pid}\n12345\n${hostname()}\n`);
    expect(opened(folder).ids()).toEqual([]);
  });
});

test("what does not fit is refused on writing, never cut off", () => {
  const writer = (largestFrame = 100) =>
    openSegmentWriter(join(tempFolder(), "x.seg"), { parameters: "0".repeat(16), tracks: 2, largestFrame });
  expect(() => writer(2 ** 24)).toThrow(/out of range/);
  expect(() => writer().add(2 ** 40, 0, 0, 0)).toThrow(/key .* out of range/);
  expect(() => writer().add(1, 2, 0, 0)).toThrow(/track .* out of range/);
  expect(() => writer().add(1, 0, 128, 0)).toThrow(/frame .* out of range/);
  expect(() => writer().add(1, 0, 0, 1024)).toThrow(/pitch .* out of range/);
  const backwards = writer();
  backwards.add(5, 0, 0, 0);
  expect(() => backwards.add(4, 0, 0, 0)).toThrow(/order/);
});

test("a day of sound keeps its places: nothing wraps around", () => {
  const store = opened(tempFolder());
  const peaks = randomPeaks(makeRandom(7), 60);
  const late = { ...peaks, frame: peaks.frame.map((frame) => frame + (24 * 3600 - 70) * frameRate) };
  store.add([{ id: 2 ** 24 - 1, durationSec: 24 * 3600, peaks: late }]);
  const { segments, release } = store.acquire();
  const block = segments[0]?.segment.readBlock(0);
  release();
  expect(block?.frame(0)).toBeGreaterThan((24 * 3600 - 71) * frameRate);
  expect(() => store.add([{ id: 2 ** 24, durationSec: 60, peaks }])).toThrow(/id .* out of range/);
  expect(store.ids()).toEqual([2 ** 24 - 1]);
});

test("a recording of equal peaks does not flood the index", () => {
  const store = opened(tempFolder());
  const frames = Float64Array.from({ length: 6000 }, (_, at) => at * 8);
  const peaks = { frame: frames, cents: frames.map(() => 1000), strength: frames.map(() => 10) };
  const tone = { frame: frames, cents: Float32Array.from(peaks.cents), strength: Float32Array.from(peaks.strength) };
  const [hashes] = store.add([{ id: 1, durationSec: 560, peaks: tone }]);
  expect(hashes).toBeLessThan(500);
});
