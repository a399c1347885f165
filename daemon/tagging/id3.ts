import { decodeText, isReadable } from "./id3-text.ts";
import { type Item, latin1, RefusedError } from "./layout.ts";

/** An ID3v2 tag, taken apart without decoding what is not ours (id3.org: id3v2-00, id3v2.3.0, id3v2.4.0-structure). */
export interface Id3Tag {
  readonly major: 2 | 3 | 4;
  /** Bytes from the header to the end of frames and padding, without a footer. */
  readonly length: number;
  readonly footer: boolean;
  /** The whole tag is unsynchronised (2.2 and 2.3): new frames must be so, too. */
  readonly unsynchronised: boolean;
  /** Frame sizes of 2.4 written as plain numbers, as old iTunes did. */
  readonly plainSizes: boolean;
  /** Place of the padding's length in an extended header of 2.3; null without one. */
  readonly paddingFieldAt: number | null;
  /** Places and lengths are of the bytes in the file, unsynchronised where they are. */
  readonly frames: readonly Item[];
  readonly framesAt: number;
  readonly framesEnd: number;
}

const damaged = "repair it with a tag editor first, or have it written anew";
const syncsafe = (bytes: Uint8Array, at: number) =>
  bytes.subarray(at, at + 4).reduce((sum, byte) => sum * 128 + (byte & 127), 0);
const plain = (bytes: Uint8Array, at: number, length: number) =>
  bytes.subarray(at, at + length).reduce((sum, byte) => sum * 256 + byte, 0);

/** Undoes unsynchronisation, and says where each byte came from. */
function synchronise(bytes: Uint8Array, from: number): { bytes: Uint8Array; rawAt: (at: number) => number } {
  const out = Buffer.alloc(bytes.length);
  const places = new Uint32Array(bytes.length + 1);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (at > from && bytes[at] === 0 && bytes[at - 1] === 0xff) continue;
    places[length] = at;
    out[length++] = bytes[at] as number;
  }
  places[length] = bytes.length;
  return { bytes: out.subarray(0, length), rawAt: (at) => places[at] as number };
}

interface Extended {
  length: number;
  paddingFieldAt: number | null;
}

/** The extended header behind the ten bytes of the header. A checksum or restrictions would not fit what we write. */
function readExtended(bytes: Uint8Array, major: number, unsynchronised: boolean): Extended {
  const refuse = (what: string) => new RefusedError(`Its ID3 tag has ${what}: ${damaged}`);
  if (major === 3) {
    if (unsynchronised) throw refuse("an unsynchronised extended header");
    const length = plain(bytes, 10, 4) + 4;
    if ((bytes[14] as number) & 0x80) throw refuse("a checksum of its own");
    if (length !== 10) throw refuse("an extended header of an unknown kind");
    return { length, paddingFieldAt: 16 };
  }
  const length = syncsafe(bytes, 10);
  if ((bytes[15] as number) & 0x30) throw refuse("a checksum or restrictions of its own");
  if (length < 6 || length > bytes.length - 10) throw refuse("an extended header of an unknown kind");
  return { length, paddingFieldAt: null };
}

const idPattern = { 2: /^[A-Z][A-Z0-9]{2}$/, 3: /^[A-Z][A-Z0-9]{2}[A-Z0-9 \0]$/, 4: /^[A-Z][A-Z0-9]{3}$/ };

interface Walked {
  frames: { id: string; at: number; length: number; bodyAt: number; flags: number }[];
  end: number;
}

/** Follows the frames up to the padding; null when they cannot be followed with sizes read like this. */
function walkFrames(bytes: Uint8Array, from: number, major: 2 | 3 | 4, plainSizes: boolean): Walked | null {
  const head = major === 2 ? 6 : 10;
  const frames: Walked["frames"] = [];
  let at = from;
  while (at < bytes.length && bytes[at] !== 0) {
    if (at + head > bytes.length) return null;
    const id = latin1(bytes.subarray(at, at + (major === 2 ? 3 : 4)));
    const size =
      major === 2
        ? plain(bytes, at + 3, 3)
        : major === 4 && !plainSizes
          ? syncsafe(bytes, at + 4)
          : plain(bytes, at + 4, 4);
    const isSyncsafe = bytes.subarray(at + 4, at + 8).every((byte) => byte < 128);
    if (!idPattern[major].test(id) || at + head + size > bytes.length) return null;
    if (major === 4 && !plainSizes && !isSyncsafe) return null;
    const flags = major === 2 ? 0 : plain(bytes, at + 8, 2);
    frames.push({ id, at, length: head + size, bodyAt: at + head, flags });
    at += head + size;
  }
  return bytes.subarray(at).every((byte) => byte === 0) ? { frames, end: at } : null;
}

/** The name of a frame: with its description for texts that users name themselves, in upper case. */
function nameOf(id: string, text: string | null, major: number): { id: string; text: string | null } {
  // A doubled bracket stands for one: a single one would begin a reference to a numbered genre.
  if ((id === "TCON" || id === "TCO") && major < 4) return { id, text: text?.replace(/^\(\(/, "(") ?? null };
  if ((id !== "TXXX" && id !== "TXX") || text === null) return { id, text };
  const [description = "", ...value] = text.split("\0");
  return { id: `${id}:${description.toUpperCase()}`, text: value.join("\0") };
}

/** Takes a tag apart; `bytes` are all of it, its footer included. Throws RefusedError where it cannot be followed. */
export function parseId3(bytes: Uint8Array): Id3Tag {
  const [major, , flags = 0] = bytes.subarray(3, 6);
  if (major !== 2 && major !== 3 && major !== 4)
    throw new RefusedError(`Its ID3 tag is of the unknown version 2.${major}: ${damaged}`);
  if (major === 2 && flags & 0x40) throw new RefusedError(`Its ID3v2.2 tag is compressed: ${damaged}`);
  const footer = major === 4 && (flags & 0x10) !== 0;
  const length = bytes.length - (footer ? 10 : 0);
  const unsynchronised = major < 4 && (flags & 0x80) !== 0;
  const raw = bytes.subarray(0, length);
  const whole = unsynchronised ? synchronise(raw, 10) : { bytes: raw, rawAt: (at: number) => at };
  const extended =
    major > 2 && flags & 0x40 ? readExtended(whole.bytes, major, unsynchronised) : { length: 0, paddingFieldAt: null };
  const from = 10 + extended.length;
  const proper = walkFrames(whole.bytes, from, major, false);
  const walked = proper ?? (major === 4 ? walkFrames(whole.bytes, from, major, true) : null);
  if (!walked) throw new RefusedError(`Its ID3 tag is damaged (the frames cannot be followed): ${damaged}`);
  const frames = walked.frames.map(({ id, at, length: size, bodyAt, flags: frameFlags }) => {
    const body = whole.bytes.subarray(bodyAt, at + size);
    const text = id.startsWith("T") && isReadable(major, frameFlags) ? decodeText(body, major, frameFlags) : null;
    const start = whole.rawAt(at);
    return { ...nameOf(id, text, major), at: start, length: whole.rawAt(at + size) - start };
  });
  return {
    major,
    length,
    footer,
    unsynchronised,
    plainSizes: proper === null,
    paddingFieldAt: extended.paddingFieldAt,
    frames,
    framesAt: from,
    framesEnd: whole.rawAt(walked.end),
  };
}
