import { type CodePage, codePages, decodeCodePage } from "./code-pages.ts";
import { plausibility } from "./plausibility.ts";

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "shift_jis" | "euc-kr" | "gb18030" | CodePage;
export interface DecodedText {
  readonly text: string;
  readonly encoding: Encoding;
}

/** Bytes looked at to tell an encoding: the lines with bytes beyond ASCII, up to here. */
const sampleBytes = 16_384;
/** More control bytes than this share: no text. DOS texts hold a few, as pictures of hearts and arrows. */
const mostControls = 0.05;

/**
 * Text of bytes in an unknown encoding, without NULs and other controls; null when they are no text at all. A mark at the
 * start decides, then the places of NULs, then whether it is valid UTF-8, then what reads most like words and frames.
 * `name` is the file's: `.m3u8` is UTF-8 by definition, `.nfo` mostly DOS.
 */
export function decodeText(bytes: Uint8Array, name = ""): DecodedText | null {
  const wide = utf16Of(bytes);
  if (wide) return { text: tidy(new TextDecoder(wide).decode(bytes)), encoding: wide };
  const content = withoutPadding(bytes);
  if (isBinary(content)) return null;
  const encoding = /\.m3u8$/i.test(name) || isValid(content, "utf-8") ? "utf-8" : guess(content, name);
  return { text: tidy(decodeAs(content, encoding)), encoding };
}

function decodeAs(bytes: Uint8Array, encoding: Encoding): string {
  return (codePages as readonly string[]).includes(encoding)
    ? decodeCodePage(bytes, encoding as CodePage)
    : new TextDecoder(encoding as "utf-8").decode(bytes);
}

function isValid(bytes: Uint8Array, encoding: "utf-8" | "utf-16le" | "utf-16be" | "shift_jis" | "euc-kr" | "gb18030") {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return true;
  } catch {
    // Bytes that this encoding does not have: not an error, an answer.
    return false;
  }
}

/** UTF-16 by its mark, or by NULs that stand at odd or at even places only and leave letters behind. */
function utf16Of(bytes: Uint8Array): "utf-16le" | "utf-16be" | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const sample = bytes.subarray(0, sampleBytes & ~1);
  if (sample.length < 4) return null;
  const nuls = [0, 0];
  for (const [at, byte] of sample.entries()) if (byte === 0) nuls[at % 2] = (nuls[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = nuls;
  const least = sample.length / 2 / 12;
  const wide = odd > least && odd > even * 8 ? "utf-16le" : even > least && even > odd * 8 ? "utf-16be" : null;
  return wide && isWritten(new TextDecoder(wide).decode(sample.subarray(0, sample.length & ~1))) ? wide : null;
}

/** Nearly all of it letters, digits, marks and spaces: small numbers of a sound file look like UTF-16 otherwise. */
function isWritten(text: string): boolean {
  const written = text.match(/[\t\r\n -~\p{L}\p{N}\p{P}\p{Zs}]/gu)?.length ?? 0;
  return written / text.length > 0.9;
}

/** Without the NULs that old disks and editors leave behind a text, and without the record of its drawer (SAUCE). */
function withoutPadding(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  const content = bytes.subarray(0, end);
  const at = content.lastIndexOf(0x1a);
  const mark = at < 0 ? "" : String.fromCharCode(...content.subarray(at + 1, at + 6));
  return mark === "SAUCE" || mark === "COMNT" ? content.subarray(0, at) : content;
}

function isBinary(bytes: Uint8Array): boolean {
  if (String.fromCharCode(...bytes.subarray(0, 5)) === "%PDF-") return true;
  let controls = 0;
  for (const byte of bytes) if (byte < 0x20 && !(byte >= 9 && byte <= 13) && byte !== 0x1a && byte !== 0x1b) controls++;
  return controls > Math.max(1, bytes.length * mostControls);
}

/** The lines that hold bytes beyond ASCII: all that can tell one table from another. */
function highLines(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.min(bytes.length, sampleBytes));
  let used = 0;
  for (let start = 0; start < bytes.length && used < out.length; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found + 1;
    const line = bytes.subarray(start, Math.min(end, start + out.length - used));
    if (line.some((byte) => byte >= 0x80)) {
      out.set(line, used);
      used += line.length;
    }
    start = end;
  }
  return out.subarray(0, used);
}

function guess(bytes: Uint8Array, name: string): Encoding {
  const sample = highLines(bytes);
  if (isJapanese(bytes, sample)) return "shift_jis";
  const count = sample.filter((byte) => byte >= 0x80).length;
  const scores = codePages.map((page) => ({ page, score: plausibility(decodeCodePage(sample, page)) }));
  // A tie goes to what is common: Windows, but DOS for an nfo.
  for (const entry of scores) if (entry.page === "cp437" && /\.(?:nfo|diz)$/i.test(name)) entry.score += 0.5;
  const [best] = scores.sort((a, b) => b.score - a.score);
  if (best && best.score / count > 0.45) return best.page;
  return wideGuess(bytes, sample) ?? (best?.page === "cp437" && best.score > 0 ? "cp437" : "windows-1252");
}

/** Pairs of bytes beyond ASCII that stand together, by the first of the two. */
function pairsOf(sample: Uint8Array): number[] {
  const firsts: number[] = [];
  for (let at = 0; at < sample.length - 1; at++) {
    const first = sample[at] ?? 0;
    if (first < 0x81 || (sample[at + 1] ?? 0) < 0x40) continue;
    firsts.push(first);
    at++;
  }
  return firsts;
}

const leastPairs = 5;

/** Korean and Chinese: valid, and nearly all of the pairs in the rows of the common syllables or characters. */
function wideGuess(bytes: Uint8Array, sample: Uint8Array): Encoding | null {
  const firsts = pairsOf(sample).filter((first) => first >= 0xa4);
  if (firsts.length < leastPairs) return null;
  const share = (low: number, high: number) =>
    firsts.filter((first) => first >= low && first <= high).length / firsts.length;
  if (share(0xb0, 0xc8) >= 0.95 && isValidWhole(bytes, "euc-kr")) return "euc-kr";
  return share(0xb0, 0xd7) >= 0.9 && isValidWhole(bytes, "gb18030") ? "gb18030" : null;
}

/** Japanese: kana beside kana or kanji, as French or German under DOS would not give them. */
function isJapanese(bytes: Uint8Array, sample: Uint8Array): boolean {
  if (!isValidWhole(bytes, "shift_jis")) return false;
  const text = new TextDecoder("shift_jis").decode(sample);
  const wide = text.match(/[^\0-\x7F\uFFFD]/gu)?.length ?? 0;
  const joined = text.match(/[\u3040-\u30FF\u4E00-\u9FFF\uFF66-\uFF9F]{2,}/g)?.join("") ?? "";
  const kana = joined.match(/[\u3040-\u30FF]/g)?.length ?? 0;
  return kana >= 3 && joined.length >= wide * 0.7 && kana >= joined.length * 0.25;
}

/** Valid to the end or, since the reader may have cut the last character in two, to the byte before. */
function isValidWhole(bytes: Uint8Array, encoding: "shift_jis" | "euc-kr" | "gb18030"): boolean {
  return isValid(bytes, encoding) || isValid(bytes.subarray(0, -1), encoding);
}

/** Without terminal colours, NULs and other controls; a byte order mark is no text. */
function tidy(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out.
      .replace(/\x1B\[[0-9;?]{0,20}[A-Za-z]/g, "")
      .replaceAll("\0", "")
      .replace(/^\uFEFF/, "")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out.
      .replace(/[\x01-\x08\x0B\x0E-\x1F\x7F]/g, " ")
  );
}
