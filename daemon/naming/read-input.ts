import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { NamingInput } from "../contract/naming.ts";
import type { RawPath } from "../contract/raw-path.ts";
import { stripArt } from "./art.ts";
import { boundInput, cutText } from "./bounds.ts";
import { decodeText } from "./encoding.ts";

/** What the database knows of a file to be named; companions by path, still unread. */
export interface UnreadInput extends Omit<NamingInput, "companions"> {
  companions: { name: string; path: RawPath }[];
}

/** A companion's text as far as it was read, and in plain words what was not. */
export interface CompanionText {
  readonly text: string;
  readonly ignored?: string;
}

const reasons: Readonly<Record<string, string>> = {
  ELOOP: "is a symbolic link and was not followed",
  ENOENT: "is no longer there",
  ENXIO: "is not a regular file and was not read",
  EACCES: "may not be read: give Phaze the right to read it",
  EPERM: "may not be read: give Phaze the right to read it",
};

/** Why a companion could not be opened, by the error's code, in words a person understands. */
export function unreadRemark(name: string, error: unknown): string {
  const { code = "an unknown error" } = error as { code?: string };
  return `${name} ${reasons[code] ?? `could not be read because of ${code}`}.`;
}

/**
 * The first `maxChars` characters of a companion called `name`. It lies in the media file's own folder; a symbolic link is
 * not followed, so no other file can be read through it, and a pipe is not waited for. An unreadable companion is no text,
 * not an error.
 */
export async function readCompanionText(name: string, path: RawPath, maxChars: number): Promise<CompanionText> {
  try {
    const file = await open(path as string, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return await readOpen(file, name, maxChars);
    } finally {
      await file.close();
    }
  } catch (error) {
    return { text: "", ignored: unreadRemark(name, error) };
  }
}

async function readOpen(file: FileHandle, name: string, maxChars: number): Promise<CompanionText> {
  const stat = await file.stat();
  if (!stat.isFile())
    return {
      text: "",
      ignored: `${name} is ${stat.isDirectory() ? "a folder" : "not a regular file"} and was not read.`,
    };
  const block = Buffer.alloc(Math.min(stat.size, maxChars * 4));
  const { bytesRead } = await file.read(block, 0, block.length, 0);
  const isCut = bytesRead < stat.size;
  const bytes = block.subarray(0, bytesRead);
  // A character cut at the end of the block must not make valid UTF-8 look invalid.
  const decoded = decodeText(isCut ? trimPartial(bytes) : bytes, name);
  if (!decoded) return { text: "", ignored: `${name} holds no text and was ignored.` };
  const whole = /\.(?:nfo|txt)$/i.test(name) ? stripArt(decoded.text) : decoded.text;
  if (!isCut && whole.length <= maxChars) return { text: whole };
  const read = maxChars.toLocaleString("en-US");
  return {
    text: withoutPartialLine(cutText(whole, maxChars)),
    ignored: `${name} is ${sizeWords(stat.size)}: only its first ${read} characters were read.`,
  };
}

/** Drops up to 3 bytes of an unfinished UTF-8 character at the end. */
function trimPartial(bytes: Uint8Array): Uint8Array {
  for (let n = 1; n <= 4; n++) {
    const byte = bytes[bytes.length - n] ?? 0;
    if (byte < 0x80) return bytes;
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - n);
  }
  return bytes;
}

/** Lines longer than this are running text, of which a part still says something. */
const longestListLine = 1_000;

/** Half a title would pass for a title. */
function withoutPartialLine(text: string): string {
  const at = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r"));
  return at > 0 && text.length - at <= longestListLine ? text.slice(0, at + 1) : text;
}

function sizeWords(bytes: number): string {
  const [unit, step] = bytes >= 1e9 ? ["GB", 1e9] : bytes >= 1e6 ? ["MB", 1e6] : ["KB", 1e3];
  return `${(bytes / (step as number)).toFixed(1)} ${unit}`;
}

/** The input with the companions' texts read, and with tags of bounded length. */
export async function readInput(input: UnreadInput, maxCompanionChars: number): Promise<NamingInput> {
  const companions: NamingInput["companions"] = [];
  for (const { name, path } of maxCompanionChars > 0 ? input.companions : []) {
    const { text, ignored } = await readCompanionText(name, path, maxCompanionChars);
    if (text !== "" || ignored) companions.push({ name, text, ...(ignored ? { ignored } : {}) });
  }
  return boundInput({ ...input, companions });
}
