import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTags } from "../../daemon/audio/read-tags.ts";
import { type Metadata, metadataSchema } from "../../daemon/contract/metadata.ts";
import * as made from "../support/audio-bytes.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "phaze-tags-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const never = new AbortController().signal;

async function read(name: string, bytes: Buffer): Promise<{ metadata: Metadata; bytesRead: number }> {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  let bytesRead = 0;
  const extension = name.slice(name.lastIndexOf(".") + 1);
  const metadata = await readTags(path, { extension, signal: never, onBytesRead: (count) => (bytesRead = count) });
  expect(metadataSchema.parse(metadata)).toEqual(metadata);
  return { metadata, bytesRead };
}

const someFrames = made.mp3Frames(100);
const plainTag = made.id3Tag(4, [
  made.textFrame("TPE1", "Björk"),
  made.textFrame("TIT2", "Jóga"),
  made.textFrame("TALB", "Homogenic"),
  made.textFrame("TRCK", "9/20"),
  made.textFrame("TPOS", "1/2"),
  made.textFrame("TDRC", "1997-09-20"),
  made.textFrame("TBPM", "93.5"),
]);

describe("mp3", () => {
  test("text, numbers written as 9/20, dates and fractions of a tempo", async () => {
    const { metadata } = await read("plain.mp3", Buffer.concat([plainTag, someFrames]));
    expect(metadata).toMatchObject({
      artist: "Björk",
      title: "Jóga",
      album: "Homogenic",
      date: "1997-09-20",
      year: 1997,
    });
    expect(metadata).toMatchObject({ trackNumber: 9, trackTotal: 20, discNumber: 1, discTotal: 2, bpm: 93.5 });
    expect(metadata).toMatchObject({
      sampleRateHz: 44_100,
      channels: 2,
      bitrateKbps: 128,
      hasAudio: true,
      lossless: false,
    });
    expect(metadata.durationSec).toBeCloseTo((100 * 417 * 8) / 128_000, 3);
    expect(metadata.warnings).toEqual([]);
  });

  test("an unusable number costs its own field only", async () => {
    const tag = made.id3Tag(3, [
      made.textFrame("TRCK", "20211013", 1),
      made.textFrame("TYER", "0", 1),
      made.textFrame("TIT2", "Kept", 1),
    ]);
    const { metadata } = await read("badnumber.mp3", Buffer.concat([tag, someFrames]));
    expect(metadata).toMatchObject({ title: "Kept", trackNumber: null, year: null, date: null });
    expect(metadata.warnings.join("; ")).toContain("track number 20211013 is not usable");
  });

  test.each([
    ["NULs inside UTF-16", "A\0\0B\0", "A"],
    ["half a surrogate pair", "x\ud83c!", "x\ufffd!"],
    ["mojibake is left as it is", "Sven VÃ¤th", "Sven VÃ¤th"],
    ["decomposed text is composed", "Bjo\u0308rk", "Björk"],
    ["spaces are trimmed", "  a b \n", "a b"],
    ["a tag of nothing is absent", " \0 ", null],
  ])("%s", async (_name, text, expected) => {
    const tag = made.id3Tag(3, [made.textFrame("TPE1", text, 1), made.textFrame("TIT2", "Kept", 1)]);
    const { metadata } = await read("text.mp3", Buffer.concat([tag, someFrames]));
    expect(metadata.title).toBe("Kept");
    expect(metadata.artist?.startsWith(expected ?? "") ?? null).toBe(expected === null ? null : true);
    expect(metadata.artist ?? "").not.toContain("\0");
    expect((metadata.artist ?? "").isWellFormed()).toBe(true);
  });

  test("text over 4,096 characters is cut, with a warning", async () => {
    const tag = made.id3Tag(4, [made.textFrame("TIT2", "é".repeat(9_000)), made.textFrame("TPE1", "Kept")]);
    const { metadata } = await read("long.mp3", Buffer.concat([tag, someFrames]));
    expect(metadata.title).toHaveLength(4_096);
    expect(metadata.artist).toBe("Kept");
    expect(metadata.warnings).toContain("title is over-long: cut");
  });

  test("a picture of 80 MB is noted, and not read", async () => {
    const tag = made.id3Tag(4, [made.pictureFrame(80_000_000), made.textFrame("TIT2", "After the picture")]);
    const { metadata, bytesRead } = await read("picture.mp3", Buffer.concat([tag, someFrames]));
    expect(metadata.title).toBe("After the picture");
    expect(metadata.cover).toEqual({ mime: "image/jpeg", bytes: 80_000_000 });
    expect(bytesRead).toBeLessThan(500_000);
  });

  test("tags of several megabytes of private data and comments do not hurt", async () => {
    const tag = made.id3Tag(3, [
      { id: "PRIV", body: Buffer.alloc(3_000_000, 65) },
      made.textFrame("TXXX", "x".repeat(2_000_000), 1),
      made.textFrame("TPE1", "Kept", 1),
    ]);
    const { metadata, bytesRead } = await read("huge.mp3", Buffer.concat([tag, someFrames]));
    expect(metadata.artist).toBe("Kept");
    expect(bytesRead).toBeLessThan(8_000_000);
  });

  test("a frame that the parser cannot take costs that frame only", async () => {
    const broken = { id: "TIT2", body: Buffer.from([9, 1, 2, 3]) };
    const { metadata } = await read(
      "brokenframe.mp3",
      Buffer.concat([made.id3Tag(4, [broken, made.textFrame("TPE1", "Kept")]), someFrames]),
    );
    expect(metadata.artist).toBe("Kept");
  });

  test("padding is passed over, however long", async () => {
    const frames = made.id3Tag(4, [made.textFrame("TIT2", "Kept")]);
    const padding = Buffer.alloc(8_000_000);
    const tag = made.id3Tag(4, [made.textFrame("TIT2", "Kept")], { size: frames.length - 10 + padding.length });
    const { metadata } = await read("padding.mp3", Buffer.concat([tag, padding, someFrames]));
    expect(metadata).toMatchObject({ title: "Kept", bitrateKbps: 128, warnings: [] });
  });

  test("unsynchronised and length-marked frames", async () => {
    const marked = { id: "TIT2", flags: 3, body: Buffer.concat([Buffer.from([0, 0, 0, 3, 0, 0xff, 0, 0x41])]) };
    const unsynced = Buffer.concat([made.id3Tag(4, [marked, made.textFrame("TPE1", "Next")]), someFrames]);
    expect((await read("unsync.mp3", unsynced)).metadata).toMatchObject({ title: "ÿA", artist: "Next" });
  });

  test("length from Xing and VBRI headers, and what does not agree with them", async () => {
    const sound = made.mp3Frames(1_000);
    const seconds = (1_000 * 1_152) / 44_100;
    const xing = Buffer.concat([made.xingFrame(1_000, 417 * 1_001), sound]);
    expect((await read("xing.mp3", xing)).metadata.durationSec).toBeCloseTo(seconds, 2);
    const vbri = Buffer.concat([made.vbriFrame(1_000, 417 * 1_001), sound]);
    expect((await read("vbri.mp3", vbri)).metadata.durationSec).toBeCloseTo(seconds, 1);
    const cut = (await read("cut.mp3", xing.subarray(0, xing.length / 2))).metadata;
    expect(cut.durationSec).toBeCloseTo(seconds / 2, 0);
    expect(cut.warnings.join()).toContain("cut short");
  });

  test("ID3v1 alone, and ID3v2 before ID3v1", async () => {
    const old = made.id3v1Tag("Old title", "Old artist");
    expect((await read("v1.mp3", Buffer.concat([someFrames, old]))).metadata).toMatchObject({ title: "Old title" });
    const both = await read("both.mp3", Buffer.concat([plainTag, someFrames, old]));
    expect(both.metadata).toMatchObject({ title: "Jóga", tagTypes: ["ID3v2.4", "ID3v1"] });
  });

  test("bytes read do not grow with the file", async () => {
    const short = await read("short.mp3", Buffer.concat([plainTag, made.mp3Frames(200)]));
    const long = await read("longer.mp3", Buffer.concat([plainTag, made.mp3Frames(40_000)]));
    expect(long.metadata.durationSec).toBeCloseTo((short.metadata.durationSec ?? 0) * 200, 0);
    expect(long.bytesRead).toBeLessThan(400_000);
  });
});

describe("flac, ogg, m4a, wav", () => {
  const fields = ["ARTIST=One", "artist=Two", "Title=Song", "TRACKNUMBER=3", "TRACKTOTAL=9", "DATE=2004", "BPM=128"];

  test("flac with a picture; artists in two fields are joined", async () => {
    const { metadata, bytesRead } = await read("a.flac", made.flacFile(3_600, fields, [made.pictureBlock(2_000_000)]));
    expect(metadata).toMatchObject({ artist: "One & Two", title: "Song", trackNumber: 3, trackTotal: 9, bpm: 128 });
    expect(metadata).toMatchObject({
      durationSec: 3_600,
      lossless: true,
      cover: { mime: "image/png", bytes: 2_000_000 },
    });
    expect(bytesRead).toBeLessThan(2_100_000);
  });

  test.each(["opus", "vorbis"] as const)("ogg %s: an hour is measured on the last page", async (codec) => {
    const ending = codec === "opus" ? "opus" : "ogg";
    const bytes = made.oggFile(codec, { fields, seconds: 3_600, audioBytes: 8_000_000 });
    const { metadata, bytesRead } = await read(`hour.${ending}`, bytes);
    expect(metadata).toMatchObject({ artist: "One & Two", title: "Song", durationSec: 3_600, warnings: [] });
    const longer = made.oggFile(codec, { fields, seconds: 7_200, audioBytes: 16_000_000 });
    expect((await read(`hours.${ending}`, longer)).bytesRead).toBe(bytesRead);
  });

  test("ogg with a picture over many pages, cut off, and cut from a stream", async () => {
    const picture = `METADATA_BLOCK_PICTURE=${made.pictureBlock(3_000_000).toString("base64")}`;
    const withPicture = await read("p.ogg", made.oggFile("vorbis", { fields: [picture, ...fields], seconds: 10 }));
    expect(withPicture.metadata).toMatchObject({ title: "Song", cover: { mime: "image/png", bytes: 3_000_000 } });
    expect(withPicture.bytesRead).toBeLessThan(4_500_000);
    const cut = await read("c.ogg", made.oggFile("vorbis", { fields, seconds: 10, withoutEnd: true }));
    expect(cut.metadata.warnings.join()).toContain("cut short");
    const radio = await read("r.ogg", made.oggFile("opus", { fields, seconds: 10_000, firstSeconds: 9_000 }));
    expect(radio.metadata.durationSec).toBeCloseTo(1_000, 1);
  });

  test("m4a: sample tables are not read", async () => {
    const numbers = Buffer.from([0, 0, 0, 4, 0, 12, 0, 0]);
    const tags = [
      made.itunesTag("covr", 13, Buffer.alloc(50_000)),
      made.itunesTag("\xa9nam", 1, Buffer.from("Titel")),
      made.itunesTag("\xa9ART", 1, Buffer.from("Künstler")),
      made.itunesTag("trkn", 0, numbers),
    ];
    const { metadata, bytesRead } = await read("a.m4a", made.m4aFile(7_200, tags, 100_000));
    expect(metadata).toMatchObject({ title: "Titel", artist: "Künstler", trackNumber: 4, trackTotal: 12 });
    expect(metadata).toMatchObject({ durationSec: 7_200, sampleRateHz: 44_100, channels: 2, hasVideo: false });
    expect(metadata.cover).toEqual({ mime: "image/jpeg", bytes: 50_000 });
    expect(bytesRead).toBeLessThan(200_000);
  });

  test("m4a with a short number tag needs ffprobe, and says so", async () => {
    const tags = [made.itunesTag("trkn", 0, Buffer.alloc(1)), made.itunesTag("\xa9nam", 1, Buffer.from("Kept"))];
    expect(read("b.m4a", made.m4aFile(10, tags))).rejects.toThrow("install ffmpeg");
  });

  test("wav with an ID3 chunk", async () => {
    const tag = made.id3Tag(4, [made.textFrame("TIT2", "In a chunk"), made.pictureFrame(1_000)]);
    const { metadata } = await read("a.wav", made.wavFile(5, [{ id: "id3 ", body: tag }]));
    expect(metadata).toMatchObject({ title: "In a chunk", durationSec: 5, lossless: true, sampleRateHz: 8_000 });
    expect(metadata.cover).toEqual({ mime: "image/jpeg", bytes: 1_000 });
  });
});

describe("bad input", () => {
  test.each([
    ["empty.mp3", Buffer.alloc(0), "the file is empty (0 bytes)"],
    ["text.mp3", Buffer.from("Hello, this is a note about music.\n".repeat(900)), "it is text"],
    ["zeros.mp3", Buffer.alloc(3_000_000), "it holds only zeros"],
    ["archive.flac", Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(500)]), "it is application/zip"],
    ["nomoov.m4a", made.m4aFile(10, []).subarray(0, 900), "exceeds remaining bytes"],
    ["clip.avi", Buffer.concat([Buffer.from("RIFF\0\0\0\0AVI "), Buffer.alloc(100)]), "install ffmpeg"],
    ["clip.flv", Buffer.concat([Buffer.from("FLV\x01\x05"), Buffer.alloc(100)]), "install ffmpeg"],
  ])("%s", async (name, bytes, reason) => {
    expect(read(name, bytes)).rejects.toThrow(reason);
  });

  test("a mislabelled file is read by its content, and said so", async () => {
    const { metadata } = await read("really-flac.mp3", made.flacFile(20, ["TITLE=Found"]));
    expect(metadata).toMatchObject({ title: "Found", durationSec: 20, codec: "FLAC" });
    expect(metadata.warnings).toContain("named .mp3, but its content is flac");
  });

  test("a FLAC behind an ID3 tag", async () => {
    const bytes = Buffer.concat([plainTag, made.flacFile(20, ["TITLE=Inner"])]);
    expect((await read("id3.flac", bytes)).metadata).toMatchObject({
      title: "Inner",
      artist: "Björk",
      durationSec: 20,
    });
  });

  test("names that are no UTF-8 and names that look like options", async () => {
    const raw = Buffer.concat([
      Buffer.from(join(directory, "-i ")),
      Buffer.from([0xff, 0xe9, 0x0a]),
      Buffer.from(".mp3"),
    ]);
    writeFileSync(raw, Buffer.concat([plainTag, someFrames]));
    const metadata = await readTags(new Uint8Array(raw), { extension: "mp3", signal: never });
    expect(metadata.title).toBe("Jóga");
  });

  test("a folder is refused without waiting", async () => {
    expect(readTags(directory, { extension: "mp3", signal: never })).rejects.toThrow("not a regular file");
  });

  test.skipIf(!Bun.which("mkfifo"))("a pipe is refused without waiting", async () => {
    const pipe = join(directory, "pipe.mp3");
    execFileSync("mkfifo", [pipe]);
    expect(readTags(pipe, { extension: "mp3", signal: never })).rejects.toThrow("not a regular file");
  });

  test("an aborted signal ends the reading with its reason", async () => {
    const path = join(directory, "abort.mp3");
    writeFileSync(path, Buffer.concat([plainTag, someFrames]));
    const signal = AbortSignal.abort(new Error("stop now"));
    expect(readTags(path, { extension: "mp3", signal })).rejects.toThrow("stop now");
  });

  /** Whatever the damage: an Error with a message or a valid result, soon, and within the limit of bytes. */
  test("cut and damaged files of every format end in a result or an Error", async () => {
    const tag = made.id3Tag(4, [made.textFrame("TIT2", "T"), made.pictureFrame(3_000), made.textFrame("TPE1", "A")]);
    const files: Record<string, Buffer> = {
      mp3: Buffer.concat([tag, made.xingFrame(60, 417 * 61), made.mp3Frames(60), made.id3v1Tag("a", "b")]),
      flac: made.flacFile(9, ["TITLE=a", "ARTIST=b"], [made.pictureBlock(500)]),
      ogg: made.oggFile("vorbis", { fields: ["TITLE=a"], seconds: 9 }),
      opus: made.oggFile("opus", { fields: ["TITLE=a"], seconds: 9 }),
      m4a: made.m4aFile(9, [
        made.itunesTag("\xa9nam", 1, Buffer.from("a")),
        made.itunesTag("covr", 13, Buffer.alloc(99)),
      ]),
      wav: made.wavFile(1, [{ id: "id3 ", body: tag }]),
    };
    let state = 12_345;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return state % below;
    };
    for (const [ending, whole] of Object.entries(files)) {
      for (let round = 0; round < 150; round++) {
        const bytes = Buffer.from(round % 3 === 0 ? whole.subarray(0, random(whole.length)) : whole);
        const damages = round % 3 === 0 ? 0 : 1 + random(12);
        for (let i = 0; i < damages && bytes.length > 0; i++) {
          const at = random(round % 2 === 0 ? Math.min(400, bytes.length) : bytes.length);
          bytes[at] = random(4) === 0 ? 0xff : random(256);
        }
        const path = join(directory, `damaged.${ending}`);
        writeFileSync(path, bytes);
        const signal = AbortSignal.timeout(5_000);
        const result = await readTags(path, { extension: ending, signal }).catch((error: unknown) => error);
        if (result instanceof Error) expect(result.message).not.toBe("");
        else expect(() => metadataSchema.parse(result)).not.toThrow();
        expect(signal.aborted).toBe(false);
      }
    }
  }, 60_000);
});
