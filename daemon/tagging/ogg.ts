import { createHash } from "node:crypto";
import type { ByteSource } from "../audio/byte-source.ts";
import { type Kept, type Layout, latin1, RefusedError, type TagTexts, tagFields } from "./layout.ts";
import { buildPage, lacingOf, mostSegments, type Page, packetsOf, pageFlags, readPage } from "./ogg-pages.ts";
import { type Patch, patchBytes } from "./patch.ts";
import { openComments } from "./vorbis-comment.ts";

const codecs = [
  { name: "Vorbis", mark: "\x01vorbis", comment: "\x03vorbis", packets: 3 },
  { name: "Opus", mark: "OpusHead", comment: "OpusTags", packets: 2 },
];

/** More header pages than this (16 MB) are not taken into memory. */
const mostPages = 256;

/** The pages of a stream's headers after the first one, and the packets in them (comments first). */
interface Headers {
  first: Page;
  pages: Page[];
  packets: Uint8Array[];
  end: number;
  codec: (typeof codecs)[number];
}

const endsPackets = (pages: readonly Page[]) =>
  pages.reduce((sum, page) => sum + page.lacing.filter((value) => value < 255).length, 0);

/** Reads pages until the headers are complete (Vorbis I §4.2, RFC 7845 §3). */
async function readHeaders(source: ByteSource): Promise<Headers> {
  const first = await readPage(source, 0);
  const codec = codecs.find(({ mark }) => latin1(first.body).startsWith(mark));
  if (!codec)
    throw new RefusedError("Only Vorbis and Opus are written in Ogg files: convert it, or write its tags elsewhere");
  const pages: Page[] = [];
  let at = first.length;
  while (endsPackets(pages) < codec.packets - 1) {
    const page = await readPage(source, at);
    if (page.flags & pageFlags.first || page.serial !== first.serial)
      throw new RefusedError("It has several streams side by side: their pages cannot be told apart safely");
    if (pages.length === mostPages || page.lacing.length === 0)
      throw new RefusedError("Its comments are too large or damaged: have them written anew first");
    pages.push(page);
    at += page.length;
  }
  const packets = packetsOf(pages);
  const fits = packets.length === codec.packets - 1 && endsPackets([first]) === 1;
  if (!fits || !latin1(packets[0] as Uint8Array).startsWith(codec.comment))
    throw new RefusedError("Its headers are not laid out as the format asks for: have it written anew first");
  return { first, pages, packets, end: at, codec };
}

/**
 * How many segments each page gets, so that there are as many pages as before and no later page needs another number:
 * what is new goes to the page on which the comments end, then to the others.
 */
function spread(pages: readonly Page[], segments: number, commentPage: number): number[] {
  const counts = pages.map((page) => page.lacing.length);
  let rest = segments - counts.reduce((sum, count) => sum + count, 0);
  for (const index of [commentPage, ...counts.keys().toArray().reverse()]) {
    const count = counts[index] as number;
    const next = Math.min(mostSegments, Math.max(1, count + rest));
    counts[index] = next;
    rest -= next - count;
  }
  if (rest !== 0)
    throw new RefusedError(
      "Its comments fill their Ogg pages to the last: remove some of them (a picture, say) to make room first",
    );
  return counts;
}

const indexOfCommentEnd = (pages: readonly Page[]) =>
  Math.max(
    0,
    pages.findIndex((page) => page.lacing.some((value) => value < 255)),
  );

/** The header pages with other packets in them: same number, same serial, new checksums. */
function repage({ pages }: Headers, packets: readonly Uint8Array[]): Uint8Array {
  const lacing = Buffer.concat(packets.map(lacingOf));
  const bytes = Buffer.concat(packets);
  const built: Uint8Array[] = [];
  let segment = 0;
  let at = 0;
  for (const [index, count] of spread(pages, lacing.length, indexOfCommentEnd(pages)).entries()) {
    const part = lacing.subarray(segment, segment + count);
    const length = part.reduce((sum, value) => sum + value, 0);
    const head = Buffer.from((pages[index] as Page).head);
    const continues = segment > 0 && lacing[segment - 1] === 255;
    head[5] = ((head[5] as number) & ~pageFlags.continued) | (continues ? pageFlags.continued : 0);
    // No packet ends on the page: RFC 3533 asks for -1. Headers that end are at 0.
    head.writeBigInt64LE(part.some((value) => value < 255) ? 0n : -1n, 6);
    built.push(buildPage(head, part, bytes.subarray(at, at + length)));
    segment += count;
    at += length;
  }
  return Buffer.concat(built);
}

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Packets and comments cannot keep their places, so that they are known by their content. */
function otherBytes(source: ByteSource, headers: Headers, kept: readonly Kept[], tail: Uint8Array): Kept[] {
  const [comments = new Uint8Array(0), ...others] = headers.packets;
  const facts = kept.flatMap((item) =>
    item.at === undefined
      ? [item]
      : [{ name: item.name, field: item.field, fact: digest(comments.subarray(item.at, item.at + item.length)) }],
  );
  return [
    { name: "first page", at: 0, length: headers.first.length },
    ...facts,
    { name: "rest of the comments", fact: digest(tail) },
    ...others.map((packet) => ({ name: "setup", fact: digest(packet) })),
    { name: "number of header pages", fact: `${headers.pages.length}` },
    { name: "sound", at: headers.end, length: source.size - headers.end },
  ];
}

/** Ogg Vorbis and Ogg Opus: the comments of the first stream. The pages of sound stay as they are, byte for byte. */
export async function openOgg(source: ByteSource): Promise<Layout> {
  const headers = await readHeaders(source);
  const [packet = new Uint8Array(0), ...others] = headers.packets;
  const start = headers.codec.comment.length;
  const comments = openComments(packet.subarray(start), start);
  return {
    format: `Vorbis comments (Ogg ${headers.codec.name})`,
    fresh: false,
    values: comments.values,
    fields: tagFields,
    tempo: "decimal",
    kept: otherBytes(source, headers, comments.kept, packet.subarray(comments.end)),
    edit(changes: TagTexts): Patch[] {
      const insert = repage(headers, [patchBytes(packet, comments.edit(changes)), ...others]);
      const at = headers.first.length;
      return [{ at, remove: headers.end - at, insert }];
    },
  };
}
