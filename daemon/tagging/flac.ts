import type { ByteSource } from "../audio/byte-source.ts";
import { type Kept, type Layout, RefusedError, readExactly, type TagTexts, tagFields } from "./layout.ts";
import { id3BytesAt } from "./mpeg.ts";
import { growth, inOrder, type Patch, patchBytes } from "./patch.ts";
import { type Comments, emptyComments, openComments } from "./vorbis-comment.ts";

/** A metadata block of FLAC (RFC 9639 §8): a header of 4 bytes at `at`, then `size` bytes. */
interface Block {
  type: number;
  last: boolean;
  at: number;
  size: number;
}

const blockTypes = { streamInfo: 0, padding: 1, comment: 4, forbidden: 127 };
const mostBlockBytes = 2 ** 24 - 1;
const mostCommentBytes = 16 * 1024 * 1024;
const damaged = "check it with a FLAC decoder, and have it written anew";

async function readBlocks(source: ByteSource, from: number): Promise<Block[]> {
  const blocks: Block[] = [];
  for (let at = from, last = false; !last; ) {
    const [head = 0, ...size] = await readExactly(source, at, 4);
    const block = { type: head & 127, last: head > 127, at, size: size.reduce((sum, byte) => sum * 256 + byte, 0) };
    if (block.type === blockTypes.forbidden || at + 4 + block.size > source.size)
      throw new RefusedError(`Its metadata blocks are damaged at byte ${at}: ${damaged}`);
    blocks.push(block);
    last = block.last;
    at += 4 + block.size;
  }
  if (blocks[0]?.type !== blockTypes.streamInfo)
    throw new RefusedError(`It does not begin with the description of its stream: ${damaged}`);
  return blocks;
}

const blockHead = (type: number, last: boolean, size: number) =>
  Buffer.from([type | (last ? 128 : 0), size >> 16, (size >> 8) & 255, size & 255]);

function resized(block: Block, by: number): Patch {
  const size = block.size + by;
  if (size > mostBlockBytes)
    throw new RefusedError("Its comments are as large as they can be: remove what makes them so large first");
  return { at: block.at, remove: 4, insert: blockHead(block.type, block.last, size) };
}

/** Takes `need` bytes out of a block of padding that has them, so that the sound stays in its place. */
function fromPadding(blocks: readonly Block[], need: number): Patch[] {
  const room = blocks.find((block) => block.type === blockTypes.padding && block.size >= need);
  if (!room || need === 0) return [];
  const end = room.at + 4 + room.size;
  const change =
    need > 0
      ? { at: end - need, remove: need, insert: new Uint8Array(0) }
      : { at: end, remove: 0, insert: new Uint8Array(-need) };
  return [resized(room, -need), change];
}

function editBlock(blocks: readonly Block[], block: Block, comments: Comments, changes: TagTexts): Patch[] {
  const patches = comments.edit(changes);
  const need = growth(patches);
  const head = need === 0 ? [] : [resized(block, need)];
  return inOrder([...patches, ...head, ...fromPadding(blocks, need)]);
}

/** A new block of comments behind the description of the stream. */
function newBlock(blocks: readonly Block[], first: Block, changes: TagTexts): Patch[] {
  const empty = emptyComments();
  const list = patchBytes(empty, openComments(empty, 0).edit(changes));
  const block = Buffer.concat([blockHead(blockTypes.comment, first.last, list.length), list]);
  const at = first.at + 4 + first.size;
  const head = first.last ? [{ at: first.at, remove: 4, insert: blockHead(first.type, false, first.size) }] : [];
  return inOrder([...head, { at, remove: 0, insert: block }, ...fromPadding(blocks, block.length)]);
}

/** Everything but comments and padding. */
function otherBytes(source: ByteSource, from: number, blocks: readonly Block[]): Kept[] {
  const last = blocks.at(-1) as Block;
  const soundAt = last.at + 4 + last.size;
  const others = blocks.filter(({ type }) => type !== blockTypes.comment && type !== blockTypes.padding);
  return [
    { name: "before the stream", at: 0, length: from + 4 },
    ...others.map(({ type, at, size }) => ({ name: `block of type ${type}`, at: at + 4, length: size })),
    { name: "sound", at: soundAt, length: source.size - soundAt },
  ];
}

/** FLAC: its Vorbis comments, using the padding. Other blocks, and an ID3 tag that stands before, stay as they are. */
export async function openFlac(source: ByteSource): Promise<Layout> {
  const from = await id3BytesAt(source, 0);
  const blocks = await readBlocks(source, from + 4);
  const kept = otherBytes(source, from, blocks);
  const lists = blocks.filter((block) => block.type === blockTypes.comment);
  if (lists.length > 1) throw new RefusedError(`It has two blocks of comments, which FLAC forbids: ${damaged}`);
  const common = { format: "Vorbis comments (FLAC)", fields: tagFields, tempo: "decimal" } as const;
  const [block] = lists;
  if (!block) {
    const { values, kept: empty } = openComments(emptyComments(), 0);
    return {
      ...common,
      fresh: true,
      values,
      kept: [...kept, ...empty],
      edit: (changes) => newBlock(blocks, blocks[0] as Block, changes),
    };
  }
  if (block.size > mostCommentBytes)
    throw new RefusedError(`Its comments have ${block.size} bytes: remove what makes them so large first`);
  const comments = openComments(await readExactly(source, block.at + 4, block.size), block.at + 4);
  const tailAt = comments.end;
  const tail = { name: "rest of the comments", at: tailAt, length: block.at + 4 + block.size - tailAt };
  return {
    ...common,
    fresh: false,
    values: comments.values,
    kept: [...kept, ...comments.kept, tail],
    edit: (changes) => editBlock(blocks, block, comments, changes),
  };
}
