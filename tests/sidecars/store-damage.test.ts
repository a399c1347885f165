import { afterEach, describe, expect, test } from "bun:test";
import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { audfprint } from "../../sidecars/audfprint/engine.ts";
import { StoreError } from "../../sidecars/lib/store/files.ts";
import { openStore } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { tempFolder } from "../support/world.ts";
import { close, closeStores, drain, opened, recording } from "./store-support.ts";
import { makeRandom } from "./support.ts";

afterEach(closeStores);

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
