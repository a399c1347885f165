import type { ByteSource } from "../audio/byte-source.ts";
import { absentId3, type Id3Part, openId3 } from "./id3-edit.ts";
import { type Kept, type Layout, latin1, RefusedError, readExactly } from "./layout.ts";
import { id3BytesAt, readId3 } from "./mpeg.ts";
import { inOrder, type Patch } from "./patch.ts";

interface Chunk {
  id: string;
  at: number;
  /** Bytes of the content, which begins 8 bytes after `at`. */
  size: number;
}

interface Form {
  chunks: Chunk[];
  /** End of the form, as its own size has it. */
  end: number;
  bigEndian: boolean;
}

const unsound = "have it written anew by an audio editor first";

/** The chunks of a WAV (RIFF, little-endian) or AIFF (IFF, big-endian) file. Throws RefusedError when sizes do not fit. */
async function readForm(source: ByteSource): Promise<Form> {
  const head = await readExactly(source, 0, 12);
  const bigEndian = latin1(head.subarray(0, 4)) === "FORM";
  const sizeAt = (bytes: Uint8Array, at: number) => {
    const buffer = Buffer.from(bytes);
    return bigEndian ? buffer.readUInt32BE(at) : buffer.readUInt32LE(at);
  };
  const end = sizeAt(head, 4) + 8;
  if (end > source.size)
    throw new RefusedError(`Its header names more bytes than it has (a stream that was not closed?): ${unsound}`);
  const chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= end; ) {
    const bytes = await readExactly(source, at, 8);
    const chunk = { id: latin1(bytes.subarray(0, 4)), at, size: sizeAt(bytes, 4) };
    if (at + 8 + chunk.size > end || !/^[\x20-\x7e]{4}$/.test(chunk.id))
      throw new RefusedError(`Its chunks do not fit together at byte ${at}: ${unsound}`);
    chunks.push(chunk);
    at += 8 + chunk.size + (chunk.size % 2);
  }
  if (!chunks.some(({ id }) => id === (bigEndian ? "SSND" : "data")))
    throw new RefusedError(`There is no chunk of sound in it: ${unsound}`);
  return { chunks, end, bigEndian };
}

const isId3 = ({ id }: Chunk) => id.toLowerCase() === "id3 ";

function sizeBytes(form: Form, size: number): Uint8Array {
  if (size > 0xffffffff) throw new RefusedError("It is as long as such a file can be: there is no room for tags");
  const bytes = Buffer.alloc(4);
  if (form.bigEndian) bytes.writeUInt32BE(size);
  else bytes.writeUInt32LE(size);
  return bytes;
}

const formSize = (form: Form, growth: number): Patch => ({
  at: 4,
  remove: 4,
  insert: sizeBytes(form, form.end - 8 + growth),
});

/** Everything of the file but the tag: chunks, and what may follow the form. */
const otherBytes = (source: ByteSource, form: Form): Kept[] => [
  { name: "form", at: 8, length: 4 },
  ...form.chunks
    .filter((chunk) => !isId3(chunk))
    .flatMap(({ id, at, size }) => [
      { name: `head of ${id}`, at, length: 8 },
      { name: id, at: at + 8, length: size },
    ]),
  { name: "after the form", at: form.end, length: source.size - form.end },
];

function editChunk(form: Form, chunk: Chunk, part: Id3Part): Layout["edit"] {
  return (changes) => {
    const { patches, growth } = part.edit(changes);
    if (growth === 0) return patches;
    const size = { at: chunk.at + 4, remove: 4, insert: sizeBytes(form, chunk.size + growth) };
    return inOrder([...patches, size, formSize(form, growth)]);
  };
}

/** WAV and AIFF: an ID3v2 tag in a chunk of its own, the last one when it is new. All other chunks stay as they are. */
export async function openChunks(source: ByteSource): Promise<Layout> {
  const form = await readForm(source);
  const tags = form.chunks.filter(isId3);
  const [chunk] = tags;
  const kept = otherBytes(source, form);
  if (tags.length > 1) throw new RefusedError("It has two ID3 chunks, and programs differ on which counts: keep one");
  if (!chunk) {
    const place = (tag: Uint8Array) => {
      const pad = new Uint8Array(form.end % 2);
      const id = Buffer.from(form.bigEndian ? "ID3 " : "id3 ", "latin1");
      const insert = Buffer.concat([pad, id, sizeBytes(form, tag.length), tag]);
      return [formSize(form, insert.length), { at: form.end, remove: 0, insert }];
    };
    return { ...absentId3(place), kept };
  }
  const length = await id3BytesAt(source, chunk.at + 8);
  if (length === 0 || length > chunk.size)
    throw new RefusedError("Its ID3 chunk holds no ID3v2 tag: remove that chunk with an audio editor first");
  const part = openId3(await readId3(source, chunk.at + 8, length), chunk.at + 8);
  const rest = { name: "rest of the tag's chunk", at: chunk.at + 8 + length, length: chunk.size - length };
  return {
    format: part.format,
    fresh: false,
    values: part.values,
    fields: part.fields,
    tempo: "whole",
    kept: [...kept, ...part.kept, rest],
    edit: editChunk(form, chunk, part),
  };
}
