/** Text frames of ID3v2: decoding what is there, encoding what we write. */

/** Whether a frame's body can be read as it stands: not compressed, not encrypted. */
export const isReadable = (major: 2 | 3 | 4, flags: number): boolean => (flags & (major === 4 ? 0x0c : 0xc0)) === 0;

/** The body behind what the flags put before it (group, length), synchronised. */
function plainBody(body: Uint8Array, major: 2 | 3 | 4, flags: number): Uint8Array {
  if (major === 2) return body;
  if (major === 3) return body.subarray(flags & 0x20 ? 1 : 0);
  const rest = body.subarray((flags & 0x40 ? 1 : 0) + (flags & 0x01 ? 4 : 0));
  if (!(flags & 0x02)) return rest;
  return rest.filter((byte, at) => !(byte === 0 && rest[at - 1] === 0xff));
}

function decode(encoding: number, bytes: Uint8Array): string {
  if (encoding === 0) return Buffer.from(bytes).toString("latin1");
  if (encoding === 3) return Buffer.from(bytes).toString("utf8");
  const bigEndian = encoding === 2 || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const text = new TextDecoder(bigEndian ? "utf-16be" : "utf-16le").decode(bytes);
  return text.replaceAll("\ufeff", "").replaceAll("\ufffe", "");
}

/** The text of a text frame's body; further values follow after a NUL, and so does the value of a named text. */
export function decodeText(body: Uint8Array, major: 2 | 3 | 4, flags: number): string {
  const [encoding = 0, ...rest] = plainBody(body, major, flags);
  return decode(encoding, Uint8Array.from(rest)).replace(/\0+$/, "");
}

/** The smallest encoding that the version knows: Latin-1, else UTF-16 with a mark (2.2, 2.3) or UTF-8 (2.4). */
function encodeBody(major: 2 | 3 | 4, texts: readonly string[]): Uint8Array {
  const all = texts.join("\0");
  // In 2.4, many programs take Latin-1 for what their system has: only ASCII is safe.
  const simple = major === 4 ? /^[\0-\x7f]*$/ : /^[\0-\xff]*$/;
  if (simple.test(all)) return Buffer.from(`\0${all}`, "latin1");
  if (major === 4) return Buffer.from(`\x03${all}`, "utf8");
  return Buffer.concat([Buffer.from([1]), Buffer.from(texts.map((text) => `\ufeff${text}`).join("\0"), "utf16le")]);
}

/** Text that would read as a reference to the numbered genres of ID3v1 in 2.2 and 2.3 has its bracket doubled. */
const escapeGenre = (text: string) => (text.startsWith("(") ? `(${text}` : text);

export interface FrameStyle {
  readonly major: 2 | 3 | 4;
  readonly plainSizes: boolean;
  readonly unsynchronised: boolean;
}

/** A whole text frame. `id` may name a text: `TXXX:MOOD`. */
export function encodeFrame(id: string, text: string, style: FrameStyle): Uint8Array {
  const { major } = style;
  const [name = "", description] = id.split(":");
  const value = (name === "TCON" || name === "TCO") && major < 4 ? escapeGenre(text) : text;
  const body = encodeBody(major, description === undefined ? [value] : [description, value]);
  const size = body.length;
  const sizes =
    major === 2
      ? [size >> 16, size >> 8, size]
      : major === 4 && !style.plainSizes
        ? [size >> 21, size >> 14, size >> 7, size].map((part) => part & 127)
        : [size >>> 24, size >> 16, size >> 8, size];
  const head = Buffer.concat([Buffer.from(name, "latin1"), Buffer.from(sizes), Buffer.alloc(major === 2 ? 0 : 2)]);
  const frame = Buffer.concat([head, body]);
  return style.unsynchronised ? unsynchronise(frame) : frame;
}

/** Puts a zero wherever the bytes could be taken for the start of an MPEG frame, and after a last 0xFF. */
function unsynchronise(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (const [at, byte] of bytes.entries()) {
    out.push(byte);
    const next = bytes[at + 1] ?? 0xff;
    if (byte === 0xff && (next >= 0xe0 || next === 0)) out.push(0);
  }
  return Uint8Array.from(out);
}
