import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { openByteSource } from "../../daemon/audio/byte-source.ts";
import { listTagWrites } from "../../daemon/db/tag-writes.ts";
import { openMp4 } from "../../daemon/tagging/mp4.ts";
import { buildPage } from "../../daemon/tagging/ogg-pages.ts";
import { patchBytes } from "../../daemon/tagging/patch.ts";
import { makeTagger } from "../../daemon/tagging/tagger.ts";
import { checkKept, readForEdit } from "../../daemon/tagging/verify.ts";
import { box, itunesTag, m4aFile, mp3Frames, oggFile, wavFile } from "../support/audio-bytes.ts";
import { ffmpegTestName, findFfmpeg } from "../support/audio-files.ts";
import { everything, know, sha, tagDeps } from "./bench.ts";
import { bareMp3, baseFrames, encoded, fileOf, noise, oddTags, tagOf, textFrame, u32 } from "./files.ts";
import { tempFolder } from "./folder.ts";
import { write } from "./write.ts";

const never = new AbortController().signal;
const withFfmpeg = (name: string, work: () => Promise<void>) =>
  test.skipIf(findFfmpeg() === null)(ffmpegTestName(name), work);

describe("tags that programs read in part only", () => {
  for (const [name, make] of oddTags) {
    withFfmpeg(`${name}: what reads back is written`, async () => {
      const path = await make(tempFolder());
      await write(path, { bpm: "128", key: "F#m", genre: "Deep House" });
      const { metadata } = await readForEdit(path, "mp3", never);
      expect(metadata).toMatchObject({ bpm: 128, genre: "Deep House" });
    });
  }

  test("what would not read back is refused, and nothing is written", async () => {
    const folder = tempFolder();
    const path = fileOf(folder, "x.mp3", tagOf(3, baseFrames, { flags: 0x80 }), mp3Frames(40));
    const before = sha(path);
    expect(write(path, { genre: "静か" })).rejects.toThrow("programs differ on tags of this kind");
    await Bun.sleep(100);
    expect(sha(path)).toBe(before);
  });
});

describe("refused by kind, with the reason", () => {
  const ape = Buffer.concat([Buffer.from("MAC "), noise(400)]);
  const kinds: [string, string, (folder: string) => Promise<string> | string][] = [
    ["wma", "WMA", (folder) => encoded(folder, "x.wma")],
    ["matroska", "Matroska", (folder) => encoded(folder, "x.mkv")],
    ["quicktime", "QuickTime", (folder) => encoded(folder, "x.mov", ["-c:a", "aac"])],
    ["raw aac", "no agreed place", (folder) => encoded(folder, "x.aac", ["-f", "adts"])],
    ["ogg flac", "Only Vorbis and Opus", (folder) => encoded(folder, "x.ogg", ["-c:a", "flac"])],
    [
      "fragmented mp4",
      "in fragments",
      (folder) => encoded(folder, "x.m4a", ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"]),
    ],
    [
      "two ID3 tags",
      "two ID3v2 tags",
      async (folder) => fileOf(folder, "x.mp3", tagOf(3, baseFrames), tagOf(4, baseFrames), await bareMp3(folder)),
    ],
    [
      "a damaged ID3 tag",
      "cannot be followed",
      (folder) => fileOf(folder, "x.mp3", tagOf(3, [...baseFrames, { id: "????", body: noise(9) }]), mp3Frames(40)),
    ],
    [
      "an ID3 tag with a checksum",
      "checksum",
      (folder) =>
        fileOf(
          folder,
          "x.mp3",
          tagOf(3, baseFrames, {
            flags: 0x40,
            extended: Buffer.concat([u32(10, true), Buffer.from([0x80, 0]), u32(0), u32(1)]),
          }),
          mp3Frames(40),
        ),
    ],
    ["a wav that was not closed", "names more bytes than it has", (folder) => broken(folder, "x.wav", 4)],
    ["an ogg page with a wrong checksum", "wrong checksum", (folder) => broken(folder, "x.ogg", 90)],
    ["monkey's audio", "", (folder) => fileOf(folder, "x.ape", ape)],
  ];
  async function broken(folder: string, name: string, at: number) {
    const path = await encoded(folder, name);
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(0xfffffff0, at);
    writeFileSync(path, bytes);
    return path;
  }
  for (const [name, reason, make] of kinds) {
    withFfmpeg(name, async () => {
      const path = await make(tempFolder());
      const before = sha(path);
      const edit = async () => {
        const { layout } = await readForEdit(path, extname(path).slice(1), never);
        return layout.edit({ bpm: "128", key: "Am", mood: "calm", genre: "x".repeat(150) });
      };
      expect(edit()).rejects.toThrow(reason);
      await Bun.sleep(50);
      expect(sha(path)).toBe(before);
    });
  }
});

/** Ogg pages with the checksums that the maker of small files leaves out. */
function withChecksums(file: Buffer): Buffer {
  const pages: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const lacing = file.subarray(at + 27, at + 27 + (file[at + 26] as number));
    const from = at + 27 + lacing.length;
    const to = from + lacing.reduce((sum, value) => sum + value, 0);
    pages.push(buildPage(file.subarray(at, at + 22), lacing, file.subarray(from, to)));
    at = to;
  }
  return Buffer.concat(pages);
}

test("an Opus file whose comments fill their pages to the last is refused; one with room for a segment is not", async () => {
  const length = 254 * 255 + 254 - Buffer.byteLength("OpusTags") - 4 - 4 - 4 - 4 - 1;
  for (const [less, fits] of [
    [0, false],
    [255, true],
  ] as const) {
    const fields = [`x${"=".padEnd(length - less, "y")}`];
    const path = fileOf(tempFolder(), "x.opus", withChecksums(oggFile("opus", { fields, seconds: 3 })));
    const { layout } = await readForEdit(path, "opus", never);
    if (!fits) expect(() => layout.edit({ bpm: "128" })).toThrow("fill their Ogg pages");
    else await write(path, { bpm: "128", mood: "calm" });
  }
});

/** A film whose table of contents comes first and points behind itself, with offsets of 32 or 64 bits. */
function filmOf(folder: string, wide: boolean, far = 0): string {
  const ftyp = box("ftyp", Buffer.from("M4A \0\0\0\0isom"));
  const offsets = (base: number) =>
    [0, 10, 500].map((place) => {
      const bytes = Buffer.alloc(wide ? 8 : 4);
      if (wide) bytes.writeBigUInt64BE(BigInt(base + place));
      else bytes.writeUInt32BE(base + place);
      return bytes;
    });
  const movie = (base: number) => {
    const table = box(wide ? "co64" : "stco", u32(0), u32(3, true), ...offsets(base));
    return box("moov", box("trak", box("mdia", box("minf", box("stbl", table)))));
  };
  const base = far || ftyp.length + movie(0).length + 8;
  return fileOf(folder, "x.m4a", ftyp, movie(base), box("mdat", noise(1000, 3)));
}

describe("offsets of M4A", () => {
  async function layoutOf(path: string) {
    const source = await openByteSource(path, never);
    const layout = await openMp4(source);
    await source.close();
    return layout;
  }

  for (const wide of [false, true])
    test(`of ${wide ? 64 : 32} bits follow the sound`, async () => {
      const path = filmOf(tempFolder(), wide);
      const before = await layoutOf(path);
      const patches = before.edit({ genre: "House", bpm: "99" });
      const bytes = readFileSync(path);
      const after = Buffer.from(patchBytes(bytes, patches));
      const at = after.indexOf(wide ? "co64" : "stco") + 12;
      const first = wide ? Number(after.readBigUInt64BE(at)) : after.readUInt32BE(at);
      expect(first).toBe(after.indexOf("mdat") + 4);
      writeFileSync(path, after);
      checkKept(before, await layoutOf(path), patches, { genre: "House", bpm: "99" });
    });

  test("that have no room to grow are refused", async () => {
    const layout = await layoutOf(filmOf(tempFolder(), false, 0xffffffff - 500));
    expect(() => layout.edit({ bpm: "99" })).toThrow("no room to grow");
  });

  test("that would point elsewhere are noticed", async () => {
    const path = filmOf(tempFolder(), false);
    const before = await layoutOf(path);
    const patches = before.edit({ bpm: "99" });
    const wrong = patches.filter(({ remove, insert }) => remove !== 12 || insert.length !== 12);
    expect(wrong.length).toBe(patches.length - 1);
    writeFileSync(path, patchBytes(readFileSync(path), wrong));
    const after = await layoutOf(path);
    expect(() => checkKept(before, after, wrong, { bpm: "99" })).toThrow("places of the sound");
  });
});

describe("values", () => {
  test("a written genre takes the place of a numbered one, in M4A", async () => {
    const numbered = itunesTag("gnre", 0, Buffer.from([0, 9]));
    const path = fileOf(tempFolder(), "x.m4a", m4aFile(20, [itunesTag("\xa9nam", 1, Buffer.from("Ebb")), numbered]));
    expect((await readForEdit(path, "m4a", never)).layout.values.genre).toBe("genre 9 of ID3v1");
    await write(path, { genre: "House" });
    expect((await readForEdit(path, "m4a", never)).layout.values.genre).toBe("House");
    expect(readFileSync(path).includes("gnre")).toBe(false);
  });

  test("double frames give way to one, and what another tag says is not hidden", async () => {
    const folder = tempFolder();
    const tag = tagOf(4, [textFrame("TCON", "A"), ...baseFrames, textFrame("TCON", "B"), textFrame("TBPM", "99")]);
    const path = fileOf(folder, "x.mp3", tag, mp3Frames(40));
    expect((await readForEdit(path, "mp3", never)).layout.values).toMatchObject({ genre: "A; B", bpm: "99" });
    await write(path, { genre: "C" });
    expect((await readForEdit(path, "mp3", never)).layout.values).toMatchObject({ genre: "C", bpm: "99" });
    expect(readFileSync(path).toString("latin1").split("TCON")).toHaveLength(2);
  });
});

test("a long file is written in bounded memory", async () => {
  const path = join(tempFolder(), "long.wav");
  const bytes = 400 * 1024 * 1024;
  const head = wavFile(0);
  head.writeUInt32LE(head.length - 8 + bytes, 4);
  head.writeUInt32LE(bytes, head.length - 4);
  writeFileSync(path, head);
  truncateSync(path, head.length + bytes);
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  await write(path, { bpm: "128" });
  clearInterval(timer);
  expect(peak - before).toBeLessThan(150 * 1024 * 1024);
  expect(statSync(path).size).toBeGreaterThan(head.length + bytes);
}, 120_000);

/** Whether a small file system can be mounted here: it takes root, and the right to mount. */
const canMount = (() => {
  const path = mkdtempSync(join(tmpdir(), "phaze-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "tmpfs", path]).status === 0;
  if (mounted) spawnSync("umount", [path]);
  rmSync(path, { recursive: true });
  return mounted;
})();

/** A library on a small file system of its own, with one file that is known. */
async function withMount(work: (library: string, path: string, remount: (options: string) => void) => Promise<void>) {
  const library = join(tempFolder(), "mount");
  mkdirSync(library);
  expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=90m", "tmpfs", library]).status).toBe(0);
  try {
    const path = fileOf(library, "x.mp3", tagOf(3, baseFrames), mp3Frames(5000));
    await work(library, path, (options) => spawnSync("mount", ["-o", `remount,${options}`, library]));
  } finally {
    spawnSync("umount", ["-l", library]);
  }
}

describe.skipIf(!canMount)(`disks${canMount ? "" : " (no right to mount a file system here)"}`, () => {
  test("a full one is noticed before the copy", async () => {
    await withMount(async (library, path) => {
      const deps = tagDeps(tempFolder(), { roots: [library] });
      const id = await know(deps.db, path);
      writeFileSync(join(library, "big"), Buffer.alloc(40 * 1024 * 1024));
      const { items } = await makeTagger(deps).plan([id], everything);
      expect(items[0]).toMatchObject({ status: "refused", reason: expect.stringContaining("free some space") });
    });
  });

  test("one that becomes full, or read-only, during the copy ends the batch; the files are as they were", async () => {
    await withMount(async (library, path, remount) => {
      const other = fileOf(library, "y.mp3", tagOf(3, baseFrames), mp3Frames(5000));
      let harm = () => {
        writeFileSync(join(library, "big"), Buffer.alloc(8 * 1024 * 1024));
        remount("size=13m");
      };
      const deps = tagDeps(tempFolder(), {
        roots: [library],
        checkpoint: (name) => name === "planned" && harm(),
      });
      const ids = [await know(deps.db, path), await know(deps.db, other)];
      const before = [sha(path), sha(other)];
      const tagger = makeTagger(deps);
      for (const word of ["disk is full", "read-only"]) {
        const { batch, done } = await tagger.write(ids, everything, "tester");
        await done;
        const { items } = listTagWrites(deps.db, batch.id, 9, 0);
        expect(items.map(({ status }) => status)).toEqual(["failed"]);
        expect(items[0]?.reason).toContain(word);
        expect([sha(path), sha(other)]).toEqual(before);
        expect(readdirSync(library).filter((name) => name.startsWith("."))).toEqual([]);
        if (word === "read-only") continue;
        rmSync(join(library, "big"));
        remount("size=90m");
        harm = () => remount("ro");
      }
    });
  });
});
