import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** Random access to the bytes of an open file; counts what it reads. Close it. */
export interface ByteSource {
  readonly size: number;
  readonly fd: number;
  readonly bytesRead: number;
  /** At most `length` bytes from `offset`, fewer at the end. The view stays valid; it is never written again. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** No file needs more for its tags; past it something is broken or hostile. */
const maxReadBytes = 64 * 1024 * 1024;

/**
 * One read fetches at least a block, as most requests are a few bytes beside the last ones. Whoever hops through a
 * long file (clusters, fragments, pages) only looks at headers: after a few hops the blocks become small.
 */
const blockBytes = 16 * 1024;
const hopBlockBytes = 2 * 1024;
const readsBeforeHops = 12;
/** Two, since parsers look at the end of the file between two looks at its head. */
const keptBlocks = 2;

interface Block {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Opens by raw bytes, since names on disk need not be UTF-8. Never blocks on a FIFO; anything but a regular file is
 * an Error.
 */
export async function openByteSource(path: Uint8Array | string, signal: AbortSignal): Promise<ByteSource> {
  signal.throwIfAborted();
  const name = typeof path === "string" ? path : Buffer.from(path.buffer, path.byteOffset, path.byteLength);
  const handle = await open(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error("not a regular file");
    return makeByteSource(handle, stat.size, signal);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function makeByteSource(handle: FileHandle, size: number, signal: AbortSignal): ByteSource {
  let blocks: Block[] = [];
  let bytesRead = 0;
  let reads = 0;

  async function fetchBlock(offset: number, length: number): Promise<Block> {
    signal.throwIfAborted();
    const ahead = reads < readsBeforeHops ? blockBytes : hopBlockBytes;
    const wanted = Math.min(Math.max(length, ahead), size - offset);
    if (bytesRead + wanted > maxReadBytes) {
      throw new Error(`gave up after reading ${bytesRead} bytes: broken or endless structure (limit ${maxReadBytes})`);
    }
    const buffer = new Uint8Array(wanted);
    let filled = 0;
    while (filled < wanted) {
      const result = await handle.read(buffer, filled, wanted - filled, offset + filled);
      if (result.bytesRead === 0) break;
      filled += result.bytesRead;
    }
    bytesRead += filled;
    reads++;
    signal.throwIfAborted();
    return { offset, bytes: buffer.subarray(0, filled) };
  }

  return {
    size,
    fd: handle.fd,
    get bytesRead() {
      return bytesRead;
    },
    async read(offset, length) {
      const end = Math.min(offset + length, size);
      if (offset < 0 || end <= offset) return new Uint8Array(0);
      let block = blocks.find((kept) => kept.offset <= offset && end <= kept.offset + kept.bytes.length);
      if (block === undefined) {
        block = await fetchBlock(offset, end - offset);
        blocks = [block, ...blocks].slice(0, keptBlocks);
      }
      return block.bytes.subarray(offset - block.offset, end - block.offset);
    },
    close: () => handle.close(),
  };
}
