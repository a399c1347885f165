import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { openByteSource } from "../../daemon/audio/byte-source.ts";
import { parseId3 } from "../../daemon/tagging/id3.ts";
import type { TagTexts } from "../../daemon/tagging/layout.ts";
import { openMpeg } from "../../daemon/tagging/mpeg.ts";
import {
  inverse,
  makeSplicer,
  type Patch,
  packPatches,
  patchBytes,
  unpackPatches,
} from "../../daemon/tagging/patch.ts";
import { checkKept } from "../../daemon/tagging/verify.ts";
import { mp3Frames } from "../support/audio-bytes.ts";
import { fileOf, noise, type RawFrame, tagOf, u32 } from "./files.ts";
import { tempFolder } from "./folder.ts";

/** Numbers that are the same at every run for a seed (Mulberry32). */
function random(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    pick: <T>(list: readonly T[]) => list[below(list.length)] as T,
    chance: (part: number) => next() < part,
  };
}
type Random = ReturnType<typeof random>;

const texts = ["", "House", "Ambient – 静か", "128", "0", "(17)", "Am", "ÿþ\u00ff", "a\0b", "x".repeat(300)];

function textBody(text: string, { pick }: Random, major: number): Buffer {
  const encoding = pick(major === 4 ? [0, 1, 2, 3] : [0, 1]);
  if (encoding === 0) return Buffer.concat([Buffer.from([0]), Buffer.from(text, "latin1")]);
  if (encoding === 3) return Buffer.concat([Buffer.from([3]), Buffer.from(text)]);
  const bytes = Buffer.from(encoding === 1 ? `\ufeff${text}` : text, "utf16le");
  return Buffer.concat([Buffer.from([encoding]), encoding === 2 ? bytes.swap16() : bytes]);
}

function randomFrames(rng: Random, major: 2 | 3 | 4): RawFrame[] {
  const { below, pick, chance } = rng;
  const names =
    major === 2
      ? ["TBP", "TCO", "TKE", "TT2", "GEO", "XAB"]
      : ["TBPM", "TCON", "TKEY", "TMOO", "TXXX", "TIT2", "GEOB", "PRIV", "APIC", "XABC"];
  return Array.from({ length: below(14) }, (_, index) => {
    const id = pick(names);
    const isText = id.startsWith("T");
    const flags =
      major > 2 && chance(0.1) ? pick(major === 4 ? [0x4000, 0x0041, 0x0008] : [0x8000, 0x0080, 0x0020]) : 0;
    const text = id === "TXXX" ? `${pick(["MOOD", "mood", "Other"])}\0${pick(texts)}` : pick(texts);
    return { id, flags, body: isText ? textBody(text, rng, major) : noise(below(700), index + below(99)) };
  });
}

function randomTag(rng: Random): Buffer {
  const { below, pick, chance } = rng;
  const major = pick([2, 3, 4] as const);
  const frames = randomFrames(rng, major);
  if (major === 4 && chance(0.2)) return tagOf(4, frames, { footer: true });
  const padding = chance(0.3) ? 0 : below(600);
  const unsynchronised = major < 4 && chance(0.3);
  if (major === 3 && !unsynchronised && chance(0.2)) {
    const extended = Buffer.concat([u32(6, true), Buffer.alloc(2), u32(padding, true)]);
    return tagOf(3, frames, { flags: 0x40, extended, padding });
  }
  return tagOf(major, frames, { padding, flags: unsynchronised ? 0x80 : 0 });
}

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const newTexts: TagTexts[] = [
  { bpm: "174" },
  { genre: "Drum & Bass – 静か", key: "Ebm" },
  { mood: "dark, energetic" },
  { bpm: "60", key: "C", mood: "calm", genre: "(Ambient)" },
];

async function open(path: string) {
  const source = await openByteSource(path, new AbortController().signal);
  try {
    return await openMpeg(source, false);
  } finally {
    await source.close();
  }
}

/** Raw bytes of the frames that no change names, in order. */
function otherFrames(tag: Buffer, changes: TagTexts): string[] {
  const own: Record<string, string[]> = {
    bpm: ["TBPM", "TBP"],
    key: ["TKEY", "TKE"],
    mood: ["TMOO", "TXXX:MOOD"],
    genre: ["TCON", "TCO"],
  };
  const gone = new Set(Object.keys(changes).flatMap((field) => own[field] ?? []));
  return parseId3(tag)
    .frames.filter(({ id }) => !gone.has(id))
    .map(({ at, length }) => tag.subarray(at, at + length).toString("hex"));
}

test("300 random ID3 tags: frames that are not ours, and the sound, are the same; the way back is exact", async () => {
  const folder = tempFolder();
  for (let seed = 1; seed <= 300; seed++) {
    const rng = random(seed);
    const tag = randomTag(rng);
    const sound = mp3Frames(5);
    const original = Buffer.concat([tag, sound]);
    const path = fileOf(folder, "x.mp3", original);
    const before = await open(path);
    const wanted = rng.pick(newTexts);
    const changes: TagTexts = Object.fromEntries(
      Object.entries(wanted).filter(([field]) => (before.fields as string[]).includes(field)),
    );
    const patches = before.edit(changes);
    const after = Buffer.from(patchBytes(original, patches));
    const layout = await open(fileOf(folder, "y.mp3", after));
    checkKept(before, layout, patches, changes);
    expect({ seed, ...layout.values }).toMatchObject({ seed, ...changes });
    const newTag = after.subarray(0, after.length - sound.length);
    expect(after.subarray(-sound.length).equals(sound)).toBe(true);
    expect(otherFrames(newTag, changes)).toEqual(otherFrames(tag, changes));
    const back = await inverse(patches, async (at, length) => original.subarray(at, at + length));
    expect(sha(patchBytes(after, unpackPatches(packPatches(back))))).toBe(sha(original));
  }
});

test("random patches: block by block gives the same as at once, and the inverse gives the original", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const rng = random(seed * 7);
    const original = noise(1 + rng.below(500), seed);
    const patches: Patch[] = [];
    for (let at = rng.below(40); at < original.length && patches.length < 9; at += 1 + rng.below(60)) {
      const remove = Math.min(rng.below(20), original.length - at);
      patches.push({ at, remove, insert: noise(rng.below(30), at + 1) });
      at += remove;
    }
    const parts: Uint8Array[] = [];
    const splicer = makeSplicer(patches, (piece) => void parts.push(piece.slice()));
    for (let at = 0; at < original.length; ) {
      const next = at + 1 + rng.below(50);
      await splicer.push(original.subarray(at, next));
      at = Math.min(next, original.length);
    }
    await splicer.end();
    const patched = patchBytes(original, patches);
    expect(Buffer.concat(parts).equals(Buffer.from(patched))).toBe(true);
    const back = await inverse(patches, async (at, length) => original.subarray(at, at + length));
    expect(Buffer.from(patchBytes(patched, back)).equals(original)).toBe(true);
  }
  const short = makeSplicer([{ at: 9, remove: 1, insert: new Uint8Array(1) }], () => {});
  await short.push(new Uint8Array(3));
  expect(short.end()).rejects.toThrow("shorter");
});
