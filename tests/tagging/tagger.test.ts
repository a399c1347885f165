import { dlopen, FFIType, ptr } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { listAudit } from "../../daemon/db/audit.ts";
import { getFile } from "../../daemon/db/files.ts";
import { getMetadata } from "../../daemon/db/metadata.ts";
import { saveProposal, setProposalStatus } from "../../daemon/db/proposals.ts";
import { enqueue } from "../../daemon/db/runs.ts";
import { countTagWrites, getTagBatch, listTagWrites } from "../../daemon/db/tag-writes.ts";
import { openFileCalls } from "../../daemon/tagging/calls.ts";
import { makeTagger } from "../../daemon/tagging/tagger.ts";
import { id3v1Tag, mp3Frames } from "../support/audio-bytes.ts";
import { everything, found, hiddenIn, know, sha, tagDeps } from "./bench.ts";
import { baseFrames, privateFrames, tagOf, textFrame } from "./files.ts";
import { tempFolder } from "./folder.ts";

const mp3 = (more: Parameters<typeof tagOf>[1] = []) =>
  Buffer.concat([tagOf(3, [...baseFrames, ...privateFrames, ...more], { padding: 200 }), mp3Frames(80)]);

async function setUp(more: Parameters<typeof tagDeps>[1] = {}, bytes = mp3()) {
  const folder = tempFolder();
  const library = join(folder, "library");
  mkdirSync(library);
  const path = join(library, "Mara Voss - Ebb.mp3");
  writeFileSync(path, bytes);
  utimesSync(path, 1_500_000_000.125, 1_400_000_000.25);
  const deps = tagDeps(folder, { roots: [library], ...more });
  return { folder, library, path, deps, id: await know(deps.db, path), tagger: makeTagger(deps) };
}

type World = Awaited<ReturnType<typeof setUp>>;

async function run(world: World, ids: number[] | undefined = undefined, request = everything) {
  const started = await world.tagger.write(ids, request, "tester");
  await started.done;
  const batch = getTagBatch(world.deps.db, started.batch.id);
  return { batch, writes: listTagWrites(world.deps.db, started.batch.id, 100, 0).items };
}

async function undo(world: World, batchId: number) {
  const started = await world.tagger.undo(batchId, "tester");
  await started.done;
  const { items } = listTagWrites(world.deps.db, started.batch.id, 100, 0);
  return { batch: getTagBatch(world.deps.db, started.batch.id), writes: items };
}

describe("writing and taking back", () => {
  test("the row, the tags and the trail follow; the decision and the queue do not move; undo gives the very file", async () => {
    const world = await setUp();
    const { deps, path, id, library } = world;
    const before = { sha: sha(path), stat: lstatSync(path, { bigint: true }) };
    const draft = { kind: "track", fields: {}, filename: "Ebb.mp3", directory: "x", confidence: 1 } as const;
    saveProposal(
      deps.db,
      id,
      { ...draft, engine: "rules", evidence: {}, sureness: {}, alternatives: {}, notes: [] },
      "Mara Voss - Ebb.mp3",
      1,
    );
    setProposalStatus(deps.db, 1, "approved", 2);
    const { batch, writes } = await run(world);
    expect(batch).toMatchObject({ status: "done", files: 1, actor: "tester", error: null });
    expect(writes[0]?.changes).toEqual([
      { field: "bpm", old: null, new: "128", action: "fill" },
      { field: "key", old: null, new: "F#m", action: "fill" },
      { field: "mood", old: null, new: "happy, relaxed", action: "fill" },
      { field: "genre", old: null, new: "Deep House", action: "fill" },
    ]);
    const stat = lstatSync(path);
    const { size: sizeBytes, mtimeMs, ino: inode } = stat;
    expect(getFile(deps.db, id)).toMatchObject({ sha256: sha(path), sizeBytes, mtimeMs, inode });
    expect(stat.mode).toBe(Number(before.stat.mode));
    expect(stat.mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    expect(getMetadata(deps.db, id)).toMatchObject({ bpm: 128, key: "F#m", genre: "Deep House", title: "Ebb" });
    expect(deps.db.query("select status, version from proposals").get()).toEqual({ status: "approved", version: 2 });
    expect(deps.db.query("select count(*) as n from runs").get()).toEqual({ n: 0 });
    for (const { body } of privateFrames) expect(readFileSync(path).includes(body)).toBe(true);
    const back = await undo(world, batch?.id as number);
    expect(back.batch).toMatchObject({ kind: "undo", undoOf: batch?.id, status: "done" });
    expect(sha(path)).toBe(before.sha);
    expect(lstatSync(path, { bigint: true }).mtimeNs).toBe(before.stat.mtimeNs);
    expect(getFile(deps.db, id)).toMatchObject({ sha256: before.sha, mtimeMs: Number(before.stat.mtimeMs) });
    expect(getMetadata(deps.db, id)).toMatchObject({ bpm: null, genre: null });
    expect(countTagWrites(deps.db, batch?.id as number)).toEqual({ undone: 1 });
    const trail = listAudit(deps.db, { fileId: id }, 10, 0).items.map(
      ({ action, actor, detail }) => [action, actor, detail.tagBatch] as string[],
    );
    expect(trail).toEqual([
      ["undo tags", "tester", 2],
      ["write tags", "tester", 1],
    ] as unknown as string[][]);
    expect(hiddenIn(library)).toEqual([]);
    expect(world.tagger.undo(batch?.id as number, "tester")).rejects.toThrow("left to put back");
  });

  test("what a person set stays unless replacing is asked for; a dry run shows both and changes nothing", async () => {
    const world = await setUp({}, mp3([textFrame("TCON", "Ambient"), textFrame("TBPM", "0")]));
    const original = sha(world.path);
    const plan = await world.tagger.plan([world.id], everything);
    expect(plan.items[0]).toMatchObject({ status: "ready", format: "ID3v2.3", reason: null });
    expect(plan.items[0]?.fields.map(({ field, old, action }) => [field, old, action])).toEqual([
      ["bpm", null, "fill"],
      ["key", null, "fill"],
      ["mood", null, "fill"],
      ["genre", "Ambient", "keep"],
    ]);
    expect(sha(world.path)).toBe(original);
    await run(world);
    expect(getMetadata(world.deps.db, world.id)?.genre).toBe("Ambient");
    expect((await world.tagger.plan([world.id], everything)).items[0]?.status).toBe("unchanged");
    const { writes } = await run(world, [world.id], { fields: ["genre"], replace: true });
    expect(writes[0]?.changes).toEqual([{ field: "genre", old: "Ambient", new: "Deep House", action: "replace" }]);
    expect(getMetadata(world.deps.db, world.id)?.genre).toBe("Deep House");
    // The earlier batch cannot go back before the later one.
    const early = await undo(world, 1);
    expect(early.writes[0]).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("batch 2: take that back first"),
    });
    expect((await undo(world, 2)).batch?.status).toBe("done");
    expect((await undo(world, 1)).batch?.status).toBe("done");
    expect(sha(world.path)).toBe(original);
  });

  test("a value in another tag of the file counts as a person's", async () => {
    const ape = (await import("./files.ts")).apeTag("Genre", "Dub");
    const world = await setUp({}, Buffer.concat([mp3Frames(60), ape]));
    const plan = await world.tagger.plan([world.id], everything);
    expect(plan.items[0]?.fields.find(({ field }) => field === "genre")).toMatchObject({ old: "Dub", action: "keep" });
  });

  test("title and artist that only stand in another kind of tag would be hidden by a new one: refused", async () => {
    const world = await setUp({}, Buffer.concat([mp3Frames(60), id3v1Tag("Ebb", "Mara Voss")]));
    const { items } = await world.tagger.plan([world.id], everything);
    expect(items[0]).toMatchObject({ status: "refused", reason: expect.stringContaining("another kind (ID3v1)") });
  });

  test("all: only files for which the analysis has something are looked at", async () => {
    const world = await setUp({ valuesFor: (id) => (id === 1 ? found : null) });
    const other = join(world.library, "other.mp3");
    writeFileSync(other, mp3());
    const otherId = await know(world.deps.db, other);
    const original = sha(other);
    const { batch } = await run(world);
    expect(batch).toMatchObject({ files: 1, status: "done" });
    expect(sha(other)).toBe(original);
    const asked = await world.tagger.plan([otherId], everything);
    expect(asked.items[0]).toMatchObject({ status: "refused", reason: expect.stringContaining("not been analysed") });
  });

  test("mode, owner and extended attributes go along", async () => {
    const world = await setUp();
    chmodSync(world.path, 0o640);
    if (process.getuid?.() === 0) chownSync(world.path, 12_345, 12_346);
    const before = lstatSync(world.path);
    const noted = attribute(world.path, "mine");
    const { batch } = await run(world);
    expect(batch?.status).toBe("done");
    const { mode, uid, gid } = lstatSync(world.path);
    expect({ mode, uid, gid }).toEqual({ mode: before.mode, uid: before.uid, gid: before.gid });
    if (noted) expect(attribute(world.path)).toBe("mine");
  });
});

/** Gives a file an attribute, or reads it; null where the file system has none. */
function attribute(path: string, value?: string): string | null {
  const { i32, i64, u64, ptr: pointer } = FFIType;
  const lib = dlopen("libc.so.6", {
    lsetxattr: { args: [pointer, pointer, pointer, u64, i32], returns: i32 },
    lgetxattr: { args: [pointer, pointer, pointer, u64], returns: i64 },
  });
  const [file, name, bytes] = [Buffer.from(`${path}\0`), Buffer.from("user.note\0"), Buffer.alloc(64)];
  if (value !== undefined) {
    bytes.write(value);
    return lib.symbols.lsetxattr(ptr(file), ptr(name), ptr(bytes), value.length, 0) === 0 ? value : null;
  }
  const length = Number(lib.symbols.lgetxattr(ptr(file), ptr(name), ptr(bytes), 64));
  return length < 0 ? null : bytes.toString("latin1", 0, length);
}

describe("refused, with the reason, and not touched", () => {
  const cases: [string, string, (world: World) => Promise<unknown> | unknown][] = [
    ["a hard link", "2 hard links", ({ path, folder }) => linkSync(path, join(folder, "seed.mp3"))],
    [
      "a symbolic link",
      "never through a link",
      ({ path, folder }) => {
        renameSync(path, join(folder, "real.mp3"));
        symlinkSync(join(folder, "real.mp3"), path);
      },
    ],
    [
      "a folder that has become a link to outside",
      "outside of the library",
      ({ library, folder }) => {
        renameSync(library, join(folder, "elsewhere"));
        mkdirSync(library);
        renameSync(library, join(folder, "empty"));
        symlinkSync(join(folder, "elsewhere"), library);
      },
    ],
    ["a write-protected file", "write-protected", ({ path }) => chmodSync(path, 0o444)],
    ["a vanished file", "not there any more", ({ path }) => unlinkSync(path)],
    ["a file that changed since it was scanned", "scan again", ({ path }) => utimesSync(path, 1, 2)],
    [
      "a file whose content is not what was hashed",
      "SHA-256 is not the one",
      ({ path }) => {
        const { atime, mtime } = lstatSync(path);
        const bytes = readFileSync(path);
        bytes[bytes.length - 1] = 1;
        writeFileSync(path, bytes);
        utimesSync(path, atime, mtime);
      },
    ],
    ["a file that is being hashed", "stage hash is not done", ({ deps, id }) => enqueue(deps.db, id, "hash", 1)],
    [
      "a file that was not hashed",
      "not been hashed yet",
      ({ deps }) => deps.db.query("update files set sha256 = null").run(),
    ],
  ];
  for (const [name, reason, harm] of cases) {
    test(name, async () => {
      // Of a link as the library itself, the root is resolved, too: the test of it gives the folder as root.
      const world = await setUp();
      if (name.startsWith("a folder")) Object.assign(world.deps, { roots: [join(world.folder, "empty")] });
      await harm(world);
      const content = () => (name === "a vanished file" ? "" : sha(world.path));
      const before = content();
      const { batch, writes } = await run(world, [world.id]);
      expect(batch?.status).toBe("failed");
      expect(writes[0]).toMatchObject({ status: "failed", reason: expect.stringContaining(reason) });
      expect(content()).toBe(before);
      expect(hiddenIn(world.library)).toEqual([]);
      const { items } = listAudit(world.deps.db, { action: "fail" }, 5, 0);
      expect(items[0]?.detail.reason).toContain(reason);
    });
  }

  test("everything, while the setting is off or files are moved, with what to do", async () => {
    const off = await setUp({ enabled: false });
    expect(off.tagger.write([off.id], everything, "x")).rejects.toThrow("PHAZE_WRITE_TAGS=true");
    expect(off.tagger.undo(1, "x")).rejects.toThrow("PHAZE_WRITE_TAGS=true");
    expect((await off.tagger.plan([off.id], everything)).items[0]?.status).toBe("ready");
    const busy = await setUp({ blockedBy: () => "Files are being moved: wait until that has ended" });
    expect(busy.tagger.write([busy.id], everything, "x")).rejects.toThrow("being moved");
    const two = await setUp();
    const first = two.tagger.write([two.id], everything, "x");
    expect(two.tagger.busy()).toBe(true);
    expect(two.tagger.write([two.id], everything, "x")).rejects.toThrow("wait until that has ended");
    await (await first).done;
    expect(two.tagger.busy()).toBe(false);
    await two.tagger.stop();
  });

  test("undo: a file that someone changed after the write", async () => {
    const world = await setUp();
    await run(world);
    const bytes = Buffer.concat([readFileSync(world.path), Buffer.from("more")]);
    writeFileSync(world.path, bytes);
    const { writes, batch } = await undo(world, 1);
    expect(batch?.status).toBe("failed");
    expect(writes[0]?.reason).toContain("changed since");
    expect(readFileSync(world.path)).toEqual(bytes);
  });
});

describe("someone else comes between", () => {
  const theirs = Buffer.concat([mp3(), Buffer.from("theirs")]);

  for (const step of ["copied", "checked", "written", "exchanged"]) {
    test(`replaces the file at "${step}": theirs is kept`, async () => {
      const world: World = await setUp({
        checkpoint(name) {
          if (name !== step) return;
          const place = step === "exchanged" ? join(world.library, hiddenIn(world.library)[0] as string) : world.path;
          writeFileSync(`${world.folder}/new`, theirs);
          renameSync(`${world.folder}/new`, place);
        },
      });
      const { writes } = await run(world);
      expect(writes[0]).toMatchObject({ status: "failed", reason: expect.stringContaining("changed") });
      expect(readFileSync(world.path)).toEqual(theirs);
      expect(hiddenIn(world.library)).toEqual([]);
    });
  }

  test("links the file at the last moment: it is left as it is", async () => {
    const world: World = await setUp({
      checkpoint(name) {
        if (name === "written") linkSync(world.path, join(world.folder, "seed.mp3"));
      },
    });
    const before = sha(world.path);
    expect((await run(world)).writes[0]?.status).toBe("failed");
    expect(sha(join(world.folder, "seed.mp3"))).toBe(before);
    expect(sha(world.path)).toBe(before);
  });

  test("where files cannot change places, a rename does it", async () => {
    const world = await setUp({ calls: { ...openFileCalls(), exchange: () => false } });
    const before = sha(world.path);
    expect((await run(world)).batch?.status).toBe("done");
    expect(hiddenIn(world.library)).toEqual([]);
    await undo(world, 1);
    expect(sha(world.path)).toBe(before);
  });

  test("a stop takes back the file at hand, and the rest is not begun", async () => {
    const world: World = await setUp({
      checkpoint(name) {
        if (name === "copied") void world.tagger.stop();
      },
    });
    copyFileSync(world.path, join(world.library, "b.mp3"));
    await know(world.deps.db, join(world.library, "b.mp3"));
    const before = sha(world.path);
    const { batch } = await run(world);
    expect(batch).toMatchObject({ status: "interrupted", error: expect.stringContaining("stopped") });
    expect(sha(world.path)).toBe(before);
    expect(hiddenIn(world.library)).toEqual([]);
  });
});
