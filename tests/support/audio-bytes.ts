/** Small media files written byte by byte, for tests that need no encoder. Sound is silence or zeros. */

const ascii = (text: string) => Buffer.from(text, "latin1");

function u32(value: number, littleEndian = false): Buffer {
  const bytes = Buffer.alloc(4);
  if (littleEndian) bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
}

function syncsafe(value: number): Buffer {
  return Buffer.from([(value >> 21) & 127, (value >> 14) & 127, (value >> 7) & 127, value & 127]);
}

/** MPEG 1 layer 3, 44,100 Hz, joint stereo, 128 kbit/s: 417 bytes and 26.1 ms a frame. */
export function mp3Frames(count: number): Buffer {
  const frame = Buffer.alloc(417);
  frame.set([0xff, 0xfb, 0x90, 0x64]);
  return Buffer.concat(Array.from({ length: count }, () => frame));
}

/** A frame with a Xing header for this many frames of sound and bytes. */
export function xingFrame(frames: number, bytes: number): Buffer {
  const frame = mp3Frames(1);
  Buffer.concat([ascii("Xing"), u32(3), u32(frames), u32(bytes)]).copy(frame, 36);
  return frame;
}

export function vbriFrame(frames: number, bytes: number): Buffer {
  const frame = mp3Frames(1);
  Buffer.concat([ascii("VBRI"), Buffer.alloc(6), u32(bytes), u32(frames)]).copy(frame, 36);
  return frame;
}

export interface Id3Frame {
  readonly id: string;
  readonly body: Buffer;
  /** Second flag byte. */
  readonly flags?: number;
}

/** Text frame in UTF-16 with a byte order mark (1) or UTF-8 (3). */
export function textFrame(id: string, text: string, encoding: 1 | 3 = 3): Id3Frame {
  const body = encoding === 3 ? Buffer.from(text) : Buffer.from(`\ufeff${text}`, "utf16le");
  return { id, body: Buffer.concat([Buffer.from([encoding]), body]) };
}

export function pictureFrame(bytes: number, head = Buffer.from([0xff, 0xd8, 0xff, 0xe0])): Id3Frame {
  const data = Buffer.alloc(bytes);
  head.copy(data);
  return { id: "APIC", body: Buffer.concat([ascii("\0image/jpeg\0\x03\0"), data]) };
}

export function id3Tag(major: 3 | 4, frames: readonly Id3Frame[], options: { flags?: number; size?: number } = {}) {
  const body = Buffer.concat(
    frames.flatMap((frame) => [
      ascii(frame.id),
      major === 4 ? syncsafe(frame.body.length) : u32(frame.body.length),
      Buffer.from([0, frame.flags ?? 0]),
      frame.body,
    ]),
  );
  return Buffer.concat([
    ascii("ID3"),
    Buffer.from([major, 0, options.flags ?? 0]),
    syncsafe(options.size ?? body.length),
    body,
  ]);
}

export function id3v1Tag(title: string, artist: string): Buffer {
  const tag = Buffer.alloc(128);
  tag.write("TAG", 0, "latin1");
  tag.write(title, 3, 30, "latin1");
  tag.write(artist, 33, 30, "latin1");
  tag[127] = 255;
  return tag;
}

function vorbisComments(fields: readonly string[]): Buffer {
  const texts = fields.map((field) => Buffer.from(field));
  return Buffer.concat([
    u32(4, true),
    ascii("test"),
    u32(texts.length, true),
    ...texts.flatMap((text) => [u32(text.length, true), text]),
  ]);
}

/** The FLAC picture block, as in METADATA_BLOCK_PICTURE. */
export function pictureBlock(bytes: number, mime = "image/png"): Buffer {
  const head = Buffer.concat([u32(3), u32(mime.length), ascii(mime), u32(0), Buffer.alloc(16), u32(bytes)]);
  return Buffer.concat([head, Buffer.alloc(bytes)]);
}

/** FLAC headers of a stereo stream at 44,100 Hz, then noise instead of frames. */
export function flacFile(seconds: number, fields: readonly string[], pictures: readonly Buffer[] = []): Buffer {
  const info = Buffer.alloc(34);
  info.set([0x10, 0, 0x10, 0]);
  const samples = BigInt(Math.round(seconds * 44_100));
  info.writeBigUInt64BE((44_100n << 44n) | (1n << 41n) | (15n << 36n) | samples, 10);
  const blocks = [{ kind: 0, body: info }, ...pictures.map((body) => ({ kind: 6, body }))];
  const parts = blocks.flatMap(({ kind, body }) => [u32(((kind << 24) | body.length) >>> 0), body]);
  const comments = vorbisComments(fields);
  const last = [u32((0x84000000 | comments.length) >>> 0), comments];
  return Buffer.concat([ascii("fLaC"), ...parts, ...last, Buffer.alloc(2_000, 0x55)]);
}

/** Pages of one packet each, cut at 255 × 255 bytes. */
function oggPages(packet: Buffer, page: { serial: number; sequence: number; granule: bigint; flags: number }) {
  const parts: Buffer[] = [];
  const most = 255 * 255;
  for (let from = 0, index = 0; from === 0 || from <= packet.length; from += most, index++) {
    const piece = packet.subarray(from, from + most);
    const segments = piece.length === most ? 255 : Math.floor(piece.length / 255) + 1;
    const lacing = Buffer.alloc(segments, 255);
    if (piece.length < most) lacing[segments - 1] = piece.length % 255;
    const head = Buffer.alloc(27);
    head.write("OggS", 0, "latin1");
    head[5] = page.flags | (index > 0 ? 1 : 0);
    head.writeBigUInt64LE(page.granule, 6);
    head.writeUInt32LE(page.serial, 14);
    head.writeUInt32LE(page.sequence + index, 18);
    head[26] = segments;
    parts.push(head, lacing, piece);
  }
  return Buffer.concat(parts);
}

export interface OggOptions {
  readonly fields: readonly string[];
  readonly seconds: number;
  /** Bytes of audio pages between the headers and the last page. */
  readonly audioBytes?: number;
  readonly firstSeconds?: number;
  readonly withoutEnd?: boolean;
}

/** An Ogg Opus file with 312 samples of pre-skip, or Ogg Vorbis at 44,100 Hz. */
export function oggFile(codec: "opus" | "vorbis", options: OggOptions): Buffer {
  const rate = codec === "opus" ? 48_000 : 44_100;
  const granule = (seconds: number) => BigInt(Math.round(seconds * rate) + (codec === "opus" ? 312 : 0));
  const page = (sequence: number, flags: number, at: bigint, packet: Buffer) =>
    oggPages(packet, { serial: 7, sequence, granule: at, flags });
  const comments = vorbisComments(options.fields);
  const opusHead = Buffer.from([...ascii("OpusHead"), 1, 2, 312 & 255, 312 >> 8, 0x80, 0xbb, 0, 0, 0, 0, 0]);
  const vorbisHead = Buffer.concat([
    ...[ascii("\x01vorbis"), u32(0, true), Buffer.from([2]), u32(rate, true)],
    ...[u32(0, true), u32(112_000, true), u32(0, true), Buffer.from([0xb8, 1])],
  ]);
  const heads = codec === "opus" ? [opusHead, ascii("OpusTags")] : [vorbisHead, ascii("\x03vorbis")];
  const start = page(2, 0, granule(options.firstSeconds ?? 1), Buffer.alloc(200, 1));
  const count = Math.ceil((options.audioBytes ?? 0) / 60_000);
  const middle = Array.from({ length: count }, (_, index) =>
    page(3 + index, 0, granule(1 + index), Buffer.alloc(60_000, 1)),
  );
  return Buffer.concat([
    page(0, 2, 0n, heads[0] ?? Buffer.alloc(0)),
    page(1, 0, 0n, Buffer.concat([heads[1] ?? Buffer.alloc(0), comments])),
    start,
    ...middle,
    page(9_999, options.withoutEnd ? 0 : 4, granule(options.seconds), Buffer.alloc(100, 1)),
  ]);
}

export function box(name: string, ...bodies: readonly Buffer[]): Buffer {
  const body = Buffer.concat(bodies);
  return Buffer.concat([u32(body.length + 8), ascii(name), body]);
}

/** An iTunes tag: 1 text, 0 numbers, 13 JPEG, 14 PNG. */
export function itunesTag(name: string, kind: number, value: Buffer): Buffer {
  return box(name, box("data", u32(kind), u32(0), value));
}

/** M4A of one AAC track at 44,100 Hz whose sample table has one entry a frame, as players write it. */
export function m4aFile(seconds: number, tags: readonly Buffer[], mediaBytes = 1_000): Buffer {
  const frames = Math.round((seconds * 44_100) / 1024);
  const head = Buffer.concat([u32(0), u32(0), u32(0), u32(44_100), u32(Math.round(seconds * 44_100)), u32(0)]);
  const entry = Buffer.alloc(28);
  entry.writeUInt16BE(1, 6);
  entry.writeUInt16BE(2, 16);
  entry.writeUInt16BE(16, 18);
  entry.writeUInt16BE(44_100, 24);
  const description = box("stsd", u32(0), u32(1), Buffer.concat([u32(36), ascii("mp4a"), entry]));
  const sizes = box("stsz", u32(0), u32(0), u32(frames), Buffer.alloc(frames * 4, 1));
  const handler = box("hdlr", u32(0), u32(0), ascii("soun"), Buffer.alloc(13));
  const media = box("mdia", box("mdhd", head), handler, box("minf", box("stbl", description, sizes)));
  const trackHead = Buffer.alloc(84);
  trackHead.writeUInt32BE(1, 12);
  const meta = box("meta", u32(0), box("hdlr", u32(0), u32(0), ascii("mdir"), Buffer.alloc(13)), box("ilst", ...tags));
  const movie = box("moov", box("trak", box("tkhd", trackHead), media), box("udta", meta));
  return Buffer.concat([
    box("ftyp", ascii("M4A "), u32(0), ascii("isom")),
    box("mdat", Buffer.alloc(mediaBytes)),
    movie,
  ]);
}

/** 16-bit mono PCM at 8,000 Hz, with further chunks before the sound. */
export function wavFile(seconds: number, chunks: readonly { id: string; body: Buffer }[] = []): Buffer {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(8_000, 4);
  format.writeUInt32LE(16_000, 8);
  format.writeUInt16LE(2, 12);
  format.writeUInt16LE(16, 14);
  const all = [{ id: "fmt ", body: format }, ...chunks, { id: "data", body: Buffer.alloc(seconds * 16_000) }];
  const body = Buffer.concat(
    all.flatMap((chunk) => [
      ascii(chunk.id),
      u32(chunk.body.length, true),
      chunk.body,
      Buffer.alloc(chunk.body.length & 1),
    ]),
  );
  return Buffer.concat([ascii("RIFF"), u32(body.length + 4, true), ascii("WAVE"), body]);
}
