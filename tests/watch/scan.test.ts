import { describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { ProposalItem, Stats } from "../../daemon/contract/api.ts";
import { fromBytes, joinRaw } from "../../daemon/contract/raw-path.ts";
import type { ScanBatch } from "../../daemon/db/scan-batches.ts";
import { lastScan } from "../../daemon/db/scan-batches.ts";
import { classify } from "../../daemon/watch/kinds.ts";
import { makeScanner } from "../../daemon/watch/scanner.ts";
import { makeSettle } from "../../daemon/watch/settle.ts";
import { walk } from "../../daemon/watch/walk.ts";
import { makeWalker, type Walker } from "../../daemon/watch/walker.ts";
import type { Page } from "../support/page.ts";
import { makeWorld, plant, tempFolder, type World, wav } from "../support/world.ts";
import { files } from "./support.ts";

const last = (world: World) => lastScan(world.daemon.deps.db) as ScanBatch;

describe("names", () => {
  const table: [string, string][] = [
    ["a.mp3", "music"],
    ["A.FLAC", "music"],
    ["a.opus", "music"],
    ["a.mkv", "video"],
    ["a.WMV", "video"],
    ["a.cue", "companion"],
    ["cover.JPG", "companion"],
    ["a.mp3.part", "partial download"],
    ["a.mp3.crdownload", "partial download"],
    ["a.!qB", "partial download"],
    ["a.part.mp3", "partial download"],
    [".hidden.mp3", "hidden"],
    [".DS_Store", "hidden"],
    ["Thumbs.db", "system"],
    ["desktop.ini", "system"],
    ["a.exe", "other type"],
    ["mp3", "other type"],
    ["a.doc", "other type"],
  ];
  for (const [name, kind] of table) test(`${name} is ${kind}`, () => expect(classify(name)).toBe(kind as never));
});

describe("a scan", () => {
  test("takes media and companions, and counts what it leaves alone with the reason", async () => {
    const world = await makeWorld({
      "a/song.wav": wav(1),
      "a/song.cue": "x",
      "b/.git/x.wav": "x",
      "b/get.mp3.part": "x",
      "b/note.exe": "x",
      "b/.hid.mp3": "x",
      "@eaDir/x.wav": "x",
      "b/dl.wav": "x",
      "b/dl.wav.aria2": "x",
    });
    symlinkSync(world.library, join(world.library, "a", "loop"));
    symlinkSync(join(world.library, "a", "song.wav"), join(world.library, "a", "alias.wav"));
    const server = createServer().listen(join(world.library, "b", "socket.wav"));
    await world.settle();
    server.close();
    expect(last(world).status).toBe("completed");
    expect(last(world).files).toMatchObject({
      new: 2,
      folders: 3,
      skipped: {
        hidden: 2,
        system: 1,
        "partial download": 3,
        "other type": 1,
        "symbolic link": 2,
        "not a regular file": 1,
      },
    });
  });

  test("names in any bytes are found, kept and opened: NFD, invalid UTF-8, newlines, quotes, emoji, 255 bytes, dashes", async () => {
    const world = await makeWorld({});
    const odd = [
      "-rf.wav",
      "'quoted\" $(x).wav",
      "line\nbreak.wav",
      "🎧 mix.wav",
      "Bjo\u0308rk.wav",
      "%_wild.wav",
      `${"x".repeat(251)}.wav`,
    ];
    odd.forEach((name, n) => void writeFileSync(join(world.library, name), wav(1, { seed: n })));
    const bytes = Buffer.concat([
      Buffer.from(`${world.library}/`),
      Buffer.from([0x56, 0xe4, 0x74, 0x68]),
      Buffer.from(".wav"),
    ]);
    writeFileSync(bytes, wav(1, { seed: 99 }));
    await world.settle();
    const found = await files(world);
    expect(found).toHaveLength(8);
    expect(found.every((file) => file.sha256 !== null)).toBe(true);
    expect(found.map((file) => file.name)).toContain("Björk.wav");
    expect(found.map((file) => file.name)).toContain("V\ufffdth.wav");
    await world.settle();
    expect(last(world).files).toMatchObject({ new: 0, changed: 0, moved: 0, missing: 0 });
  });

  test("a moved or renamed file keeps its row; a changed one is redone; a vanished one is missing and comes back", async () => {
    const world = await makeWorld({
      "in/one.wav": wav(1, { seed: 1 }),
      "in/two.wav": wav(1, { seed: 2 }),
      "in/three.wav": wav(1, { seed: 3 }),
    });
    await world.settle();
    const before = new Map((await files(world)).map((file) => [file.name, file]));
    mkdirSync(join(world.library, "out"));
    renameSync(join(world.library, "in/one.wav"), join(world.library, "out/first.wav"));
    writeFileSync(join(world.library, "in/two.wav"), wav(2, { seed: 9 }));
    unlinkSync(join(world.library, "in/three.wav"));
    await world.settle();
    expect(last(world).files).toMatchObject({ new: 0, moved: 1, changed: 1, missing: 1 });
    const after = new Map((await files(world)).map((file) => [file.name, file]));
    expect(after.get("first.wav")?.id).toBe(before.get("one.wav")?.id as number);
    expect(after.get("two.wav")?.id).toBe(before.get("two.wav")?.id as number);
    expect(after.get("two.wav")?.sha256).not.toBe(before.get("two.wav")?.sha256 as string);
    expect(after.get("three.wav")?.missing).toBe(true);
    writeFileSync(join(world.library, "in/three.wav"), wav(1, { seed: 3 }));
    await world.settle();
    expect(last(world).files.returned + last(world).files.changed).toBeGreaterThan(0);
    expect((await files(world, "&missing=true")).length).toBe(0);
  });

  test("a whole folder that is renamed keeps all its rows", async () => {
    const world = await makeWorld({
      "album/1.wav": wav(1, { seed: 1 }),
      "album/cd2/2.wav": wav(1, { seed: 2 }),
      "album/cover.jpg": "x",
    });
    await world.settle();
    const before = (await files(world)).map((file) => file.id).sort();
    renameSync(join(world.library, "album"), join(world.library, "renamed"));
    await world.settle();
    expect(last(world).files).toMatchObject({ new: 0, moved: 3, missing: 0 });
    expect((await files(world)).map((file) => file.id).sort()).toEqual(before);
  });

  test("a file that came back on another inode is known by its hash", async () => {
    const world = await makeWorld({ "a/song.wav": wav(1, { seed: 1 }) });
    await world.settle();
    const [before] = await files(world);
    unlinkSync(join(world.library, "a/song.wav"));
    await world.settle();
    plant(world.library, { "b/keep.txt": "x", "b/other name.wav": wav(1, { seed: 1 }) });
    utimesSync(join(world.library, "b/other name.wav"), 1000, 1000);
    await world.settle();
    const found = await files(world);
    expect(found.map((file) => [file.id, file.name, file.missing])).toEqual([
      [before?.id as number, "other name.wav", false],
    ]);
  });

  test("an approval falls when the content changes, and the trail says so", async () => {
    const world = await makeWorld({ "Lowtide - Ebb.wav": wav(1, { seed: 1 }) });
    await world.settle();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    writeFileSync(join(world.library, "Lowtide - Ebb.wav"), wav(2, { seed: 2 }));
    await world.settle();
    const proposals = await world.call<Page<ProposalItem>>("GET", "/proposals/");
    expect(proposals.items.map((item) => item.status)).toEqual(["pending"]);
    expect((await world.call<Page<{ action: string }>>("GET", "/audit/?action=content+changed")).total).toBe(1);
  });

  test("touching a file without changing it redoes nothing but its hash", async () => {
    const world = await makeWorld({ "Lowtide - Ebb.wav": wav(1) });
    await world.settle();
    await world.call("PATCH", "/proposals/bulk", { action: "approve", all: true });
    utimesSync(join(world.library, "Lowtide - Ebb.wav"), 5000, 5000);
    await world.settle();
    expect((await world.call<Page<ProposalItem>>("GET", "/proposals/?status=approved")).total).toBe(1);
  });

  test("a vanished or emptied library stops the scan with an error and touches no row", async () => {
    const world = await makeWorld({ "a/song.wav": wav(1) });
    await world.settle();
    renameSync(world.library, `${world.library}.away`);
    await world.settle();
    expect(last(world)).toMatchObject({ status: "failed" });
    expect(last(world).error).toContain("Is the disk mounted?");
    mkdirSync(world.library);
    await world.settle();
    expect(last(world).error).toContain("is empty, but 1 files are known");
    expect((await files(world)).map((file) => file.missing)).toEqual([false]);
    rmSync(world.library, { recursive: true });
    renameSync(`${world.library}.away`, world.library);
    await world.settle();
    expect(last(world)).toMatchObject({ status: "completed", files: { missing: 0, new: 0 } });
  });

  test("an unreadable folder is counted, and its files stay as they were", async () => {
    const world = await makeWorld({ "a/song.wav": wav(1), "a/deep/more.wav": wav(1), "b/other.wav": wav(1) });
    await world.settle();
    unlinkSync(join(world.library, "b/other.wav"));
    const { deps } = world.daemon;
    // Root can read everything, so the walker itself reports the folder as it does for other users.
    const walker: Walker = {
      async *walk(root) {
        for (const listing of walk(root)) {
          if (listing.path === join(world.library, "a/deep")) continue;
          const dark = listing.path === join(world.library, "a");
          yield [
            dark
              ? { ...listing, entries: [], folders: [], error: "EACCES", skipped: { "unreadable folder": 1 } }
              : listing,
          ];
        }
      },
      close() {},
    };
    const settle = makeSettle({ settleMs: 0, onStill() {} });
    const scanner = makeScanner({ ...deps, settle, root: world.library, walker, onChange() {} });
    await scanner.scan("test").done;
    expect(last(world)).toMatchObject({
      status: "completed",
      files: { skipped: { "unreadable folder": 1 }, missing: 1 },
    });
    expect((await files(world)).filter((file) => file.missing).map((file) => file.name)).toEqual(["other.wav"]);
  });

  test("a file system that does not answer ends the scan with an error", async () => {
    const walker = makeWalker(1);
    const listings = walker.walk("/", { recursive: true }, new AbortController().signal);
    expect(listings.next()).rejects.toThrow("The file system has not answered for 0.001 s");
  });

  test("an empty, a truncated and a mislabelled file say what is wrong, and the rest goes on", async () => {
    const world = await makeWorld({
      "empty.mp3": "",
      "text.mp3": "this is no music at all ".repeat(50),
      "cut.flac": Buffer.from("fLaC\0\0"),
      "good.wav": wav(1),
      "Lowtide - Ebb.mp3": wav(2),
    });
    await world.settle();
    const stats = await world.call<Stats>("GET", "/pipeline/stats");
    expect(stats.stages.find((stage) => stage.name === "hash")).toMatchObject({ done: 4, failed: 1 });
    const detail = async (name: string) => {
      const file = (await files(world)).find((other) => other.name === name);
      return world.call<{ runs: { stage: string; error: string | null }[]; state: string; proposal: unknown }>(
        "GET",
        `/api/v1/files/${file?.id}`,
      );
    };
    expect((await detail("empty.mp3")).runs.map((run) => run.error)).toEqual([
      "The file is empty (0 bytes): copy it again from its source, or delete it",
    ]);
    expect((await detail("empty.mp3")).state).toBe("FAILED");
    expect((await detail("text.mp3")).runs.find((run) => run.stage === "tags")?.error).toBeTruthy();
    // A wrong extension costs nothing: tags are read by content, and the name still gets its proposal.
    expect((await detail("Lowtide - Ebb.mp3")).proposal).toBeTruthy();
  });

  test("only one scan of a folder at a time, and progress is true while it runs", async () => {
    const world = await makeWorld(
      Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`folder ${n % 40}/${n}.wav`, "x"])),
    );
    const [first, second] = await Promise.all([
      world.call<{ batchId: number }>("POST", "/api/v1/scan", {}),
      world.call<{ batchId: number }>("POST", "/api/v1/scan", {}),
    ]);
    expect(first.batchId).toBe(second.batchId);
    await world.daemon.deps.scanner.idle();
    expect(await world.call<ScanBatch>("GET", `/api/v1/scan/${first.batchId}`)).toMatchObject({
      status: "completed",
      files: { seen: 400, new: 400, folders: 41 },
    });
    const outside = await world.request("POST", "/api/v1/scan", { body: { path: "/etc" } });
    expect(outside.status).toBe(400);
  });
});

describe("walking", () => {
  test("byte names come as bytes, the rest as text", () => {
    const root = tempFolder();
    const bytes = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x2e, 0x6d, 0x70, 0x33])]);
    writeFileSync(bytes, "x");
    writeFileSync(join(root, "plain.mp3"), "x");
    const [listing] = [...walk(root)];
    const names = (listing?.entries ?? []).map((entry) => entry.name);
    expect(names.map((name) => typeof name).sort()).toEqual(["object", "string"]);
    for (const name of names) expect(statSync(joinRaw(root, name) as string).size).toBe(1);
    expect(fromBytes(Buffer.from("ü"))).toBe("ü");
  });
});
