import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { id3v1Tag, pictureFrame, textFrame } from "../support/audio-bytes.ts";
import { makeAudioFile, runFfmpeg } from "../support/audio-files.ts";

/** A raw ID3v2 frame; flags of two bytes, sizes by the version. */
export interface RawFrame {
  id: string;
  body: Buffer;
  flags?: number;
}

const ascii = (text: string) => Buffer.from(text, "latin1");

/** Bytes without pattern, always the same for a seed; 0xFF is frequent, for it is what unsynchronisation is about. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed * 2654435761;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state % 7 === 0 ? 0xff : state >>> 24;
  }
  return bytes;
}

/** What DJ programs keep in tags, and others cannot read. */
export const privateFrames: RawFrame[] = [
  { id: "GEOB", body: Buffer.concat([ascii("\0application/octet-stream\0\0Serato Overview\0"), noise(3842, 1)]) },
  { id: "GEOB", body: Buffer.concat([ascii("\0application/octet-stream\0\0Serato Markers2\0"), noise(470, 2)]) },
  { id: "PRIV", body: Buffer.concat([ascii("TRAKTOR4\0"), noise(700, 3)]) },
  { id: "UFID", body: ascii("http://musicbrainz.org\x005b11f4ce-a62d-471e-81fc-a69a8278c7da") },
  { id: "XHYZ", body: noise(33, 4) },
  pictureFrame(5000),
];

const syncsafe = (value: number) => [value >> 21, value >> 14, value >> 7, value].map((part) => part & 127);
const plain = (value: number) => [value >>> 24, value >> 16, value >> 8, value].map((part) => part & 255);

/** Frames of a tag of version 2.2, 2.3 or 2.4. */
export function framesOf(major: 2 | 3 | 4, frames: readonly RawFrame[], plainSizes = false): Buffer {
  return Buffer.concat(
    frames.flatMap(({ id, body, flags = 0 }) => {
      if (major === 2) return [ascii(id), Buffer.from(plain(body.length).slice(1)), body];
      const size = major === 4 && !plainSizes ? syncsafe(body.length) : plain(body.length);
      return [ascii(id), Buffer.from([...size, flags >> 8, flags & 255]), body];
    }),
  );
}

/** Unsynchronises as encoders do. */
export function unsynchronise(bytes: Buffer): Buffer {
  const out: number[] = [];
  for (const [at, byte] of bytes.entries()) {
    out.push(byte);
    const next = bytes[at + 1];
    if (byte === 0xff && (next === undefined || next >= 0xe0 || next === 0)) out.push(0);
  }
  return Buffer.from(out);
}

export interface TagOptions {
  padding?: number;
  flags?: number;
  footer?: boolean;
  /** Bytes between header and frames, for extended headers. */
  extended?: Buffer;
  plainSizes?: boolean;
}

/** A whole ID3v2 tag; with the flag 0x80 in 2.2 and 2.3, unsynchronised. */
export function tagOf(major: 2 | 3 | 4, frames: readonly RawFrame[], options: TagOptions = {}): Buffer {
  const { padding = 0, flags = 0, footer = false, extended = Buffer.alloc(0), plainSizes = false } = options;
  const plainBody = Buffer.concat([extended, framesOf(major, frames, plainSizes)]);
  const body = Buffer.concat([flags & 0x80 && major < 4 ? unsynchronise(plainBody) : plainBody, Buffer.alloc(padding)]);
  const rest = Buffer.from([major, 0, flags | (footer ? 0x10 : 0), ...syncsafe(body.length)]);
  return Buffer.concat([ascii("ID3"), rest, body, ...(footer ? [ascii("3DI"), rest] : [])]);
}

/** An APEv2 tag with header and footer, of one item. */
export function apeTag(key: string, value: string): Buffer {
  const item = Buffer.concat([u32(value.length), u32(0), ascii(`${key}\0${value}`)]);
  const part = (flags: number) =>
    Buffer.concat([ascii("APETAGEX"), u32(2000), u32(item.length + 32), u32(1), u32(flags), Buffer.alloc(8)]);
  return Buffer.concat([part(0xa0000000), item, part(0x80000000)]);
}

export function u32(value: number, bigEndian = false): Buffer {
  const bytes = Buffer.alloc(4);
  if (bigEndian) bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return bytes;
}

/** Bare MPEG frames by a real encoder, without any tag. */
export async function bareMp3(folder: string): Promise<Buffer> {
  const path = await makeAudioFile(folder, "bare.mp3", {
    seconds: 2,
    args: ["-id3v2_version", "0", "-write_id3v1", "0", "-map_metadata", "-1", "-b:a", "128k"],
  });
  return readFileSync(path);
}

export const baseFrames: RawFrame[] = [textFrame("TIT2", "Ebb", 1), textFrame("TPE1", "Mara Voß", 1)];
export const shortFrames: RawFrame[] = [
  { id: "TT2", body: ascii("\0Ebb") },
  { id: "TP1", body: ascii("\0Mara Voss") },
  { id: "GEO", body: Buffer.concat([ascii("\0a/b\0\0Serato Overview\0"), noise(900, 5)]) },
];

/** Writes a file of these parts and gives its path. */
export function fileOf(folder: string, name: string, ...parts: readonly Buffer[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

const tags = { title: "Ebb", artist: "Mara Voß", album: "Harbour" };

/** A file of a format, by ffmpeg, with a few tags. */
export const encoded = (folder: string, name: string, args: readonly string[] = [], coverPixels?: number) =>
  makeAudioFile(folder, name, { seconds: 2, tags, args, ...(coverPixels === undefined ? {} : { coverPixels }) });

/** MD5 of the decoded sound, and of the packets as they are. */
export async function soundOf(path: string): Promise<string> {
  const md5 = async (...args: string[]) => {
    const child = Bun.spawn(
      ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:a", ...args, "-f", "md5", "-"],
      { stdout: "pipe", stderr: "pipe" },
    );
    const [text, complaint] = [await new Response(child.stdout).text(), await new Response(child.stderr).text()];
    if ((await child.exited) !== 0) throw new Error(`${path}: ${complaint}`);
    return text.trim();
  };
  return `${await md5()} ${await md5("-c", "copy")}`;
}

export { id3v1Tag, runFfmpeg, textFrame };

/** Tags that our reader, as others, reads in part only: what it can read back is written, the rest is refused. */
export const oddTags: [string, (folder: string) => Promise<string>][] = [
  ["mp3, v2.4 with plain sizes", mp3(4, { padding: 100, plainSizes: true })],
  ["mp3, v2.3 unsynchronised", mp3(3, { flags: 0x80, padding: 300 })],
  ["mp3, v2.3 unsynchronised without padding", mp3(3, { flags: 0x80 })],
  [
    "mp3, v2.2",
    async (folder) => fileOf(folder, "x.mp3", tagOf(2, shortFrames, { padding: 64 }), await bareMp3(folder)),
  ],
];

/** One file per way in which a format may come, as name and maker. */
export const variants: [string, (folder: string) => Promise<string>][] = [
  ["mp3, v2.3 with padding", mp3(3, { padding: 2000 })],
  ["mp3, v2.3 without padding", mp3(3, {})],
  ["mp3, v2.4 with padding", mp3(4, { padding: 2000 })],
  ["mp3, v2.4 without padding", mp3(4, {})],
  ["mp3, v2.4 with a footer", mp3(4, { footer: true })],
  [
    "mp3, v2.3 with an extended header",
    mp3(3, { flags: 0x40, padding: 300, extended: Buffer.concat([u32(6, true), Buffer.alloc(2), u32(300, true)]) }),
  ],
  ["mp3, no tag", async (folder) => fileOf(folder, "x.mp3", await bareMp3(folder))],
  [
    "mp3, APEv2 and ID3v1 behind",
    async (folder) =>
      fileOf(folder, "x.mp3", await bareMp3(folder), apeTag("Label", "Tide"), id3v1Tag("Ebb", "Mara Voss")),
  ],
  ["aac with a tag", async (folder) => fileOf(folder, "x.aac", tagOf(3, baseFrames), readFileSync(await adts(folder)))],
  ["flac", (folder) => encoded(folder, "x.flac")],
  ["flac with a picture", (folder) => encoded(folder, "x.flac", [], 64)],
  ["flac without padding", async (folder) => withoutPadding(await encoded(folder, "x.flac"), folder)],
  [
    "flac behind an ID3 tag",
    async (folder) =>
      fileOf(folder, "y.flac", tagOf(3, baseFrames), readFileSync(await encoded(folder, "x.flac", [], 64))),
  ],
  ["flac without comments", async (folder) => onlyStreamInfo(await encoded(folder, "x.flac"), folder)],
  ["ogg vorbis", (folder) => encoded(folder, "x.ogg", ["-c:a", "libvorbis"])],
  ["opus", (folder) => encoded(folder, "x.opus", ["-c:a", "libopus"])],
  ["opus with a large comment", (folder) => largeComment(folder, "x.opus", "libopus")],
  ["ogg vorbis with a large comment", (folder) => largeComment(folder, "x.ogg", "libvorbis")],
  ["m4a, moov last", (folder) => encoded(folder, "x.m4a", ["-c:a", "aac"])],
  ["m4a, moov first", (folder) => encoded(folder, "x.m4a", ["-c:a", "aac", "-movflags", "+faststart"])],
  [
    "m4a, moov first, with a picture",
    (folder) => encoded(folder, "x.m4a", ["-c:a", "aac", "-movflags", "+faststart"], 64),
  ],
  [
    "m4a, no tags",
    (folder) =>
      makeAudioFile(folder, "x.m4a", {
        args: ["-c:a", "aac", "-movflags", "+faststart", "-map_metadata", "-1", "-fflags", "+bitexact"],
      }),
  ],
  [
    "m4a, moov first, with room behind it",
    (folder) => encoded(folder, "x.m4a", ["-c:a", "aac", "-moov_size", "40000"]),
  ],
  ["m4a, with room behind the list", (folder) => freeBehindList(folder, 300)],
  ["m4a, with room behind the list for the first change only", (folder) => freeBehindList(folder, 250)],
  ["m4a with chapters, moov first", (folder) => withChapters(folder)],
  ["mp4 with a picture track", (folder) => film(folder)],
  ["m4a of alac", (folder) => encoded(folder, "x.m4a", ["-c:a", "alac"])],
  ["wav", (folder) => makeAudioFile(folder, "x.wav", { tags: { title: "Ebb", artist: "Mara Voss" } })],
  ["wav with an ID3 chunk", (folder) => wavWithId3(folder)],
  ["aiff", (folder) => encoded(folder, "x.aiff")],
  ["aiff with an ID3 chunk", (folder) => encoded(folder, "x.aiff", ["-write_id3v2", "1"])],
];

function mp3(major: 3 | 4, options: TagOptions): (folder: string) => Promise<string> {
  return async (folder) =>
    fileOf(folder, "x.mp3", tagOf(major, [...baseFrames, ...privateFrames], options), await bareMp3(folder));
}

async function adts(folder: string): Promise<string> {
  return makeAudioFile(folder, "raw.aac", { seconds: 2, args: ["-c:a", "aac", "-f", "adts", "-map_metadata", "-1"] });
}

function flacBlocks(bytes: Buffer): { blocks: { type: number; body: Buffer }[]; sound: Buffer } {
  const blocks: { type: number; body: Buffer }[] = [];
  let at = 4;
  for (let last = false; !last; ) {
    const head = bytes[at] as number;
    const size = bytes.readUIntBE(at + 1, 3);
    blocks.push({ type: head & 127, body: bytes.subarray(at + 4, at + 4 + size) });
    last = head > 127;
    at += 4 + size;
  }
  return { blocks, sound: bytes.subarray(at) };
}

function flacOf(folder: string, path: string, wanted: (type: number) => boolean): string {
  const { blocks, sound } = flacBlocks(readFileSync(path));
  const kept = blocks.filter(({ type }) => wanted(type));
  const parts = kept.flatMap(({ type, body }, index) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    head[0] = type | (index === kept.length - 1 ? 128 : 0);
    return [head, body];
  });
  return fileOf(folder, "z.flac", ascii("fLaC"), ...parts, sound);
}

const withoutPadding = (path: string, folder: string) => flacOf(folder, path, (type) => type !== 1);
const onlyStreamInfo = (path: string, folder: string) => flacOf(folder, path, (type) => type === 0);

/** More comment than one Ogg page holds, as with a picture in it. */
async function largeComment(folder: string, name: string, codec: string): Promise<string> {
  const big = noise(60_000, 9).toString("base64");
  const list = join(folder, "meta.txt");
  writeFileSync(list, `;FFMETADATA1\ntitle=Ebb\nblob=${big.replaceAll("=", "\\=")}\n`);
  const plainFile = await encoded(folder, `plain-${name}`, ["-c:a", codec]);
  const path = join(folder, name);
  await runFfmpeg(["-i", plainFile, "-i", list, "-map_metadata", "1", "-map_metadata:s:a", "1:g", "-c", "copy", path]);
  return path;
}

async function wavWithId3(folder: string): Promise<string> {
  const bytes = readFileSync(await encoded(folder, "plain.wav"));
  const tag = tagOf(3, [...baseFrames, ...privateFrames], { padding: 20 });
  const pad = Buffer.alloc(tag.length % 2);
  const cue = Buffer.concat([ascii("cue "), u32(4), u32(0)]);
  const file = Buffer.concat([bytes, ascii("id3 "), u32(tag.length), tag, pad, cue]);
  file.writeUInt32LE(file.length - 8, 4);
  return fileOf(folder, "x.wav", file);
}

/** An `ilst` that is followed by a box `free`, as players leave it. */
async function freeBehindList(folder: string, room: number): Promise<string> {
  const bytes = readFileSync(await encoded(folder, "plain.m4a", ["-c:a", "aac"]));
  const list = bytes.indexOf("ilst", bytes.indexOf("moov", 0, "latin1"), "latin1") - 4;
  const end = list + bytes.readUInt32BE(list);
  for (const name of ["moov", "udta", "meta"]) {
    const at = bytes.lastIndexOf(name, list, "latin1") - 4;
    bytes.writeUInt32BE(bytes.readUInt32BE(at) + room, at);
  }
  const free = Buffer.concat([u32(room, true), ascii("free"), noise(room - 8, 6)]);
  return fileOf(folder, "x.m4a", bytes.subarray(0, end), free, bytes.subarray(end));
}

async function withChapters(folder: string): Promise<string> {
  const list = join(folder, "chapters.txt");
  const chapter = (start: number, title: string) =>
    `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start}\nEND=${start + 1000}\ntitle=${title}\n`;
  writeFileSync(list, `;FFMETADATA1\ntitle=Ebb\n${chapter(0, "One")}${chapter(1000, "Two")}`);
  const plainFile = await encoded(folder, "plain.m4a", ["-c:a", "aac"]);
  const path = join(folder, "x.m4a");
  await runFfmpeg(["-i", plainFile, "-i", list, "-map_metadata", "1", "-c", "copy", "-movflags", "+faststart", path]);
  return path;
}

const film = (folder: string) =>
  makeAudioFile(folder, "x.mp4", { seconds: 2, tags, video: true, args: ["-movflags", "+faststart"] });
