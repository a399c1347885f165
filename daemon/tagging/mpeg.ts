import type { ByteSource } from "../audio/byte-source.ts";
import { id3Bytes } from "../audio/content-kind.ts";
import { absentId3, mostId3Bytes, openId3 } from "./id3-edit.ts";
import { type Layout, RefusedError, readExactly } from "./layout.ts";

/** Bytes of the tag that begins at `at`, its footer included; 0: none. */
export async function id3BytesAt(source: ByteSource, at: number): Promise<number> {
  const head = await source.read(at, 10);
  const bytes = id3Bytes(head);
  const footer = bytes > 0 && head[3] === 4 && ((head[5] as number) & 0x10) !== 0;
  return bytes + (footer ? 10 : 0);
}

/** Reads a tag for editing; refuses one that is too large. */
export async function readId3(source: ByteSource, at: number, length: number): Promise<Uint8Array> {
  if (length > mostId3Bytes)
    throw new RefusedError(`Its ID3 tag has ${length} bytes: remove what makes it so large (pictures) first`);
  return readExactly(source, at, length);
}

/**
 * MPEG audio, or ADTS with a tag: one ID3v2 tag at the start, then everything else (frames, and tags at the end such as
 * APEv2, Lyrics3, ID3v1), which stays as it is. Raw ADTS gets no tag: players differ on whether it may have one.
 */
export async function openMpeg(source: ByteSource, isAdts: boolean): Promise<Layout> {
  const length = await id3BytesAt(source, 0);
  const rest = { name: "sound and what follows it", at: length, length: source.size - length };
  if (length === 0) {
    if (isAdts) throw new RefusedError("Raw AAC has no agreed place for tags: put it into an M4A file first");
    return { ...absentId3((tag) => [{ at: 0, remove: 0, insert: tag }]), kept: [rest] };
  }
  if ((await id3BytesAt(source, length)) > 0)
    throw new RefusedError("It begins with two ID3v2 tags, and programs differ on which counts: keep one of them");
  const part = openId3(await readId3(source, 0, length), 0);
  return {
    format: part.format,
    fresh: false,
    values: part.values,
    fields: part.fields,
    tempo: "whole",
    kept: [...part.kept, rest],
    edit: (changes) => part.edit(changes).patches,
  };
}
