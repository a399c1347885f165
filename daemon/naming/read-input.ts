import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { NamingInput } from "../contract/naming.ts";
import type { RawPath } from "../contract/raw-path.ts";

/** What the database knows of a file to be named; companions by path, still unread. */
export interface UnreadInput extends Omit<NamingInput, "companions"> {
  companions: { name: string; path: RawPath }[];
}

/** Text of bytes in an unknown encoding: UTF-16 by its mark, UTF-8 when valid, else Windows-1252. Without NULs. */
export function decodeText(bytes: Uint8Array): string {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : null;
  let text: string;
  try {
    text = new TextDecoder(utf16 ?? "utf-8", { fatal: utf16 === null }).decode(bytes);
  } catch {
    text = new TextDecoder("windows-1252").decode(bytes);
  }
  return text.replaceAll("\0", "");
}

/**
 * The first `maxChars` characters of a companion. It lies in the media file's own folder; a symbolic link is not
 * followed, so no other file can be read through it. An unreadable companion is no text, not an error.
 */
export async function readCompanion(path: RawPath, maxChars: number): Promise<string> {
  try {
    const file = await open(path as string, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return "";
      const block = Buffer.alloc(maxChars * 4);
      const { bytesRead } = await file.read(block, 0, block.length, 0);
      // A character cut at the end of the block must not make valid UTF-8 look invalid.
      const cut = bytesRead === block.length ? 4 : 0;
      return decodeText(trimPartial(block.subarray(0, bytesRead), cut)).slice(0, maxChars);
    } finally {
      await file.close();
    }
  } catch {
    return "";
  }
}

/** Drops up to `most` bytes of an unfinished UTF-8 character at the end. */
function trimPartial(bytes: Uint8Array, most: number): Uint8Array {
  for (let n = 1; n <= most; n++) {
    const byte = bytes[bytes.length - n] ?? 0;
    if (byte < 0x80) return bytes;
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - n);
  }
  return bytes;
}

/** The input with the companions' texts read. */
export async function readInput(input: UnreadInput, maxCompanionChars: number): Promise<NamingInput> {
  const companions: { name: string; text: string }[] = [];
  for (const { name, path } of maxCompanionChars > 0 ? input.companions : []) {
    const text = await readCompanion(path, maxCompanionChars);
    if (text) companions.push({ name, text });
  }
  return { ...input, companions };
}
