import { afterEach, describe, expect, test } from "bun:test";
import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { audfprint } from "../../sidecars/audfprint/engine.ts";
import { frameRate } from "../../sidecars/lib/parameters.ts";
import { type Recording, referenceCodes } from "../../sidecars/lib/store/build.ts";
import { StoreError } from "../../sidecars/lib/store/files.ts";
import { centsStep, type TrackRecord } from "../../sidecars/lib/store/layout.ts";
import { writePeaks } from "../../sidecars/lib/store/peak-bytes.ts";
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
  const contents = (folder: string) =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString("base64")]));
  /** Refused with a message that names the file or folder, with every file left as it is. */
  const refused = (folder: string, what: string | RegExp = folder) => {
    // What a crash has left is not cleared away either before all else is known to be well.
    for (const name of ["0000000090.seg", "0000000091.seg.tmp"]) writeFileSync(join(folder, name), "left");
    const before = contents(folder);
    let error: Error | null = null;
    try {
      openStore(folder, panako).close();
    } catch (thrown) {
      error = thrown as Error;
    }
    expect(error).toBeInstanceOf(StoreError);
    expect(error?.message).toMatch(what);
    expect(contents(folder)).toEqual(before);
  };

  test("every bit of every file counts", () => {
    const folder = planted();
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const whole = readFileSync(path);
      const random = makeRandom(whole.length);
      const ends = [...Array(Math.min(96, whole.length)).keys()].flatMap((at) => [at, whole.length - 1 - at]);
      for (const at of [...ends, ...Array.from({ length: 100 }, () => Math.floor(random() * whole.length))]) {
        const flipped = Buffer.from(whole);
        flipped[at] = (flipped[at] as number) ^ (1 << Math.floor(random() * 8));
        writeFileSync(path, flipped);
        expect(() => openStore(folder, panako).close(), `${name} byte ${at}`).toThrow(StoreError);
        expect(readFileSync(path).equals(flipped)).toBe(true);
      }
      writeFileSync(path, whole);
    }
    expect(opened(folder).ids()).toEqual([1, 2, 3]);
  });

  const lengths = [0, 1, 31, 127, 128, 200, -1, -96, -97, -200];
  test.each(
    ["manifest", "0000000001.seg", "0000000002.seg"].flatMap((name) =>
      lengths.map((length) => [name, length] as const),
    ),
  )("%s cut to %i bytes", (name, length) => {
    const folder = planted();
    const path = join(folder, name);
    const { length: whole } = readFileSync(path);
    truncateSync(path, Math.max(0, Math.min(whole - 1, length < 0 ? whole + length : length)));
    refused(folder, name);
  });

  test.each(["manifest", "0000000001.seg", "0000000002.seg"])(
    "%s of zeroes, of noise, longer, or another file",
    (name) => {
      const random = makeRandom(4);
      for (const change of [
        (whole: Buffer) => Buffer.alloc(whole.length),
        (whole: Buffer) => Buffer.from(whole.map(() => random() * 256)),
        (whole: Buffer) => Buffer.concat([whole, Buffer.from("x")]),
        (whole: Buffer) => Buffer.concat([whole, whole]),
        () => Buffer.from("Dear diary, …\n"),
        () => Buffer.from('\n00000000\n{"segments":[]}'),
        () => Buffer.from("\n00000000\n"),
      ]) {
        const folder = planted();
        const path = join(folder, name);
        writeFileSync(path, change(readFileSync(path)));
        refused(folder, name);
      }
    },
  );

  test.each([
    ["an empty manifest", (folder: string) => writeFileSync(join(folder, "manifest"), "")],
    ["no manifest", (folder: string) => rmSync(join(folder, "manifest"))],
    [
      "a manifest of another shape",
      (folder: string) => {
        const text = JSON.stringify({ format: 1, engine: "panako", segments: "none" });
        writeFileSync(join(folder, "manifest"), `${text}\n${crc32(text).toString(16).padStart(8, "0")}\n`);
      },
    ],
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
    refused(folder, /phaze-test-|0000000002\.seg/);
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
    expect(() => drain(store.verify())).toThrow(/0000000001\.seg/);
  });
  test.each(["manifest", "0000000001.seg", "."])("%s that is gone while the store is open is noticed", (name) => {
    const folder = join(tempFolder(), "store");
    const store = opened(folder);
    store.add([recording(1, 1)]);
    rmSync(join(folder, name), { recursive: true });
    expect(() => store.checkFiles()).toThrow(StoreError);
  });
});

test("files of others in the folder are left alone", () => {
  const folder = tempFolder();
  const others = ["notes.txt", "photo.tmp", "mine.seg", "lost+found"];
  for (const name of others) writeFileSync(join(folder, name), "mine");
  const store = opened(folder);
  store.add([recording(1, 1)]);
  close(store);
  expect(opened(folder).ids()).toEqual([1]);
  for (const name of others) expect(readFileSync(join(folder, name), "utf8")).toBe("mine");
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
  test("nor is one of another process", () => {
    const folder = tempFolder();
    const lock = `${process.ppid}\n\n${hostname()}\n`;
    writeFileSync(join(folder, "lock"), lock);
    expect(() => openStore(folder, panako)).toThrow(/Another process works with the store/);
    expect(readFileSync(join(folder, "lock"), "utf8")).toBe(lock);
    expect(readdirSync(folder)).toEqual(["lock"]);
  });
  const { pid } = Bun.spawnSync(["true"]);
  test.each([
    ["of a process that is gone", `${pid}\n12345\n${hostname()}\n`, 0],
    ["of a process whose number another one has now", `${process.ppid}\n1\n${hostname()}\n`, 0],
    ["of another machine, not renewed for two minutes", "1\n1\nelsewhere\n", 120],
    ["that was never filled, two minutes old", "", 120],
  ])("a lock is nobody's: %s", (_name, content, ageSec) => {
    const folder = tempFolder();
    const path = join(folder, "lock");
    writeFileSync(path, content);
    const made = new Date(Date.now() - ageSec * 1000);
    utimesSync(path, made, made);
    const store = opened(folder);
    store.add([recording(1, 1)]);
    expect(readdirSync(folder).sort()).toEqual(["0000000001.seg", "lock", "manifest"]);
    close(store);
    expect(readdirSync(folder).sort()).toEqual(["0000000001.seg", "manifest"]);
  });
  test.each([
    ["of another machine, just renewed", "1\n1\nelsewhere\n"],
    ["that is being made", ""],
  ])("a lock holds: %s", (_name, content) => {
    const folder = tempFolder();
    writeFileSync(join(folder, "lock"), content);
    expect(() => openStore(folder, panako)).toThrow(/Another process works with the store/);
  });
  test("who has lost the lock writes no more, and leaves it to the other", () => {
    const folder = tempFolder();
    const store = opened(folder);
    store.add([recording(1, 1)]);
    writeFileSync(join(folder, "lock"), "1\n1\nelsewhere\n");
    expect(() => store.add([recording(2, 2)])).toThrow(/another process has taken its lock/);
    expect(() => store.remove([1])).toThrow(StoreError);
    close(store);
    expect(readFileSync(join(folder, "lock"), "utf8")).toBe("1\n1\nelsewhere\n");
    expect(readdirSync(folder).sort()).toEqual(["0000000001.seg", "lock", "manifest"]);
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
