import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { frameRate } from "../../sidecars/lib/parameters.ts";
import { type Recording, referenceCodes } from "../../sidecars/lib/store/build.ts";
import { StoreError } from "../../sidecars/lib/store/files.ts";
import { centsStep, type TrackRecord } from "../../sidecars/lib/store/layout.ts";
import { writePeaks } from "../../sidecars/lib/store/peak-bytes.ts";
import { openSegmentWriter } from "../../sidecars/lib/store/segment-write.ts";
import { sortedPlaces } from "../../sidecars/lib/store/sort.ts";
import type { Store } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { tempFolder } from "../support/world.ts";
import { close, closeStores, drain, opened, recording } from "./store-support.ts";
import { makeRandom, randomPeaks } from "./support.ts";

afterEach(closeStores);

test("keys are sorted as a comparison would", () => {
  const random = makeRandom(2);
  const keys = Float64Array.from({ length: 5000 }, () => Math.floor(random() ** 4 * 2 ** 40));
  const sorted = Array.from(sortedPlaces(keys), (place) => keys[place]);
  expect(sorted).toEqual([...keys].sort((a, b) => a - b));
});

/** What is alive in a store, as it can be looked up: key, id, frame and pitch of each posting, in order. */
function postingsOf(store: Store): string[] {
  const rows: string[] = [];
  const { segments, release } = store.acquire();
  for (const { segment, dead } of segments)
    for (let index = 0; index < segment.blocks; index++) {
      const { count, keys, track, frame, cents } = segment.readBlock(index);
      for (let at = 0; at < count; at++)
        if (!dead.has(track(at)))
          rows.push(`${keys[at]} ${segment.tracks[track(at)]?.id} ${frame(at)} ${Math.floor(cents(at) / centsStep)}`);
    }
  release();
  return rows.sort();
}
const expectedPostings = (recordings: Iterable<Recording>) =>
  [...recordings]
    .flatMap((one) => {
      const { key, frame, cents } = referenceCodes(panako, one);
      return [...key].map((value, at) => {
        const pitch = Math.floor((cents[at] as number) / centsStep);
        return `${value} ${one.id} ${Math.round(frame[at] as number)} ${pitch}`;
      });
    })
    .sort();

describe("random operations agree with a plain map", () => {
  test.each([1, 2, 3, 4, 5, 6])("seed %i", (seed) => {
    const folder = tempFolder();
    const random = makeRandom(seed * 1000);
    const model = new Map<number, Recording>();
    let store = opened(folder);
    const check = () => {
      expect(store.ids()).toEqual([...model.keys()].sort((a, b) => a - b));
      const totals = { tracks: 0, seconds: 0, hashes: 0 };
      for (const [id, { durationSec, peaks }] of model) {
        const track = store.get(id);
        expect(track).toMatchObject({ id, durationSec, peakCount: peaks.frame.length });
        expect(Buffer.compare(store.peaks(id) as Uint8Array, writePeaks(peaks))).toBe(0);
        totals.tracks++;
        totals.seconds += durationSec;
        totals.hashes += track?.hashes ?? 0;
      }
      expect(store.totals()).toMatchObject(totals);
      store.checkFiles();
      // Nothing is in the folder but what the manifest names.
      expect(readdirSync(folder).length).toBe(2 + store.totals().segments);
    };
    for (let turn = 0; turn < 60; turn++) {
      const choice = random();
      const id = Math.floor(random() * 25);
      if (choice < 0.4) {
        const added = recording(id, Math.floor(random() * 1e6));
        const [hashes] = store.add([added]);
        expect(hashes).toBe(referenceCodes(panako, added).key.length);
        model.set(id, added);
      } else if (choice < 0.5) {
        const several = [recording(id, turn), recording(id + 30, turn + 1), recording(id + 60, turn + 2)];
        store.add(several);
        for (const one of several) model.set(one.id, one);
      } else if (choice < 0.55) {
        // One with nothing to be found by takes the place of another, beside one that has.
        const several = [{ id, durationSec: 5, peaks: randomPeaks(random, 0) }, recording(id + 30, turn)];
        expect(store.add(several)[0]).toBe(0);
        model.delete(id);
        model.set(id + 30, recording(id + 30, turn));
      } else if (choice < 0.7) expect(store.remove([id])).toBe(model.delete(id) ? 1 : 0);
      else if (choice < 0.8) drain(store.maintain());
      else if (choice < 0.85) drain(store.maintain(true));
      else if (choice < 0.95) {
        // A merge that is given up half-way changes nothing.
        const steps = store.maintain(true);
        for (let step = Math.floor(random() * 4); step >= 0; step--) steps.next();
        steps.return(undefined);
      } else {
        close(store);
        store = opened(folder);
      }
      check();
    }
    expect(postingsOf(store)).toEqual(expectedPostings(model.values()));
    drain(store.verify());
    drain(store.maintain(true));
    expect(store.totals().segments).toBeLessThanOrEqual(1);
    check();
    expect(postingsOf(store)).toEqual(expectedPostings(model.values()));
  });
});

describe("a merge", () => {
  /** A store of three segments that take several steps to merge, one recording being dead. */
  function filled(folder = tempFolder()) {
    const store = opened(folder);
    for (const from of [0, 20, 40])
      store.add(Array.from({ length: 20 }, (_, index) => recording(from + index, from + index, 90)));
    store.remove([7]);
    return { folder, store };
  }
  let steps = 0;
  for (const _ of filled().store.maintain(true)) steps++;

  test("leaves nothing behind wherever it is given up", () => {
    expect(steps).toBeGreaterThan(4);
    const { folder, store } = filled();
    const before = readdirSync(folder).sort();
    for (let at = 1; at <= steps; at++) {
      const merge = store.maintain(true);
      for (let step = 0; step < at; step++) merge.next();
      merge.return(undefined);
      expect(readdirSync(folder).sort()).toEqual(before);
    }
    drain(store.maintain(true));
    expect(store.totals()).toMatchObject({ tracks: 59, segments: 1 });
    drain(store.verify());
  });

  test("that is dropped without a word is swept away at the next opening", () => {
    const { folder, store } = filled();
    const before = readdirSync(folder).sort();
    for (const at of [1, steps]) {
      const merge = store.maintain(true);
      for (let step = 0; step < at; step++) merge.next();
    }
    expect(readdirSync(folder).length).toBeGreaterThan(before.length);
    close(store);
    expect(opened(folder).totals().tracks).toBe(59);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test.each([
    ["one after the other", false],
    ["in turns", true],
  ])("beside another one of the same segments takes nothing in twice: %s", (_name, inTurns) => {
    const { folder, store } = filled();
    const merges = [store.maintain(true), store.maintain(true)] as const;
    for (const merge of merges) merge.next();
    if (inTurns) for (let going = true; going; ) going = merges.map((merge) => !merge.next().done).some(Boolean);
    else for (const merge of merges) drain(merge);
    expect(store.totals()).toMatchObject({ tracks: 59, segments: 1 });
    expect(readdirSync(folder).length).toBe(3);
    close(store);
    const again = opened(folder);
    expect(again.ids().length).toBe(59);
    drain(again.verify());
  });

  test("does not disturb a verification that is under way, nor one who reads", () => {
    const { folder, store } = filled();
    const reading = store.acquire();
    const verification = store.verify();
    verification.next();
    drain(store.maintain(true));
    drain(verification);
    for (const { segment } of reading.segments) expect(segment.readBlock(0).count).toBeGreaterThan(0);
    reading.release();
    const [first] = reading.segments;
    expect(() => first?.segment.readPeaks(first.segment.tracks[0] as TrackRecord)).toThrow();
    expect(readdirSync(folder).length).toBe(3);
  });

  test("that ends after the store was closed changes nothing", () => {
    const { folder, store } = filled();
    const merge = store.maintain(true);
    merge.next();
    close(store);
    expect(() => drain(merge)).toThrow(/was closed/);
    expect(opened(folder).totals()).toMatchObject({ tracks: 59, segments: 3 });
  });
});

test("what cannot be stored leaves the store as it was, and the next one can", () => {
  const folder = tempFolder();
  const store = opened(folder);
  store.add([recording(1, 1)]);
  const before = readdirSync(folder).sort();
  const hash = store.get(1)?.hashes;
  for (const bad of [
    { ...recording(1, 2), durationSec: 1e6 },
    { ...recording(1, 2), durationSec: Number.NaN },
    { ...recording(1, 2), durationSec: 0.5 },
    recording(-1, 2),
    recording(2 ** 24, 2),
    recording(1.5, 2),
  ])
    expect(() => store.add([recording(9, 9), bad].slice(bad.id === 1 ? 1 : 0))).toThrow(StoreError);
  expect(() => store.add([recording(3, 3), recording(3, 4)])).toThrow(StoreError);
  const refuse = () => {
    throw new Error("not found again");
  };
  expect(() => store.add([recording(1, 5)], refuse)).toThrow("not found again");
  expect(readdirSync(folder).sort()).toEqual(before);
  expect(store.ids()).toEqual([1]);
  expect(store.get(1)?.hashes).toBe(hash as number);
  store.add([recording(2, 2)]);
  expect(store.ids()).toEqual([1, 2]);
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
