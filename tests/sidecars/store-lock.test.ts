import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { StoreError } from "../../sidecars/lib/store/files.ts";
import { openStore } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { tempFolder } from "../support/world.ts";
import { close, closeStores, opened, recording } from "./store-support.ts";

afterEach(closeStores);

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
