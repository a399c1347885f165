import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { chmod, chown, type FileHandle, open, unlink } from "node:fs/promises";
import type { RawPath } from "../contract/raw-path.ts";
import { type FileFacts, factsOf, sameFile, sync } from "../rename/disk.ts";
import type { Libc } from "../rename/libc.ts";
import type { FileCalls } from "./calls.ts";
import { RefusedError } from "./layout.ts";
import { inverse, makeSplicer, type Patch } from "./patch.ts";

const blockBytes = 1 << 20;

export interface RewriteRequest {
  source: RawPath;
  /** The hidden copy, which must not exist. */
  temp: RawPath;
  /** What the source must be, before and after. */
  facts: FileFacts;
  /** SHA-256 that the source must have. */
  sha256: string;
  patches: readonly Patch[];
  /** The time that the copy gets, ns; null: now, so that backups and media servers see the change. */
  mtimeNs: string | null;
}

export interface Rewritten {
  facts: FileFacts;
  sha256: string;
  /** Turns the copy into the source again, byte for byte: proven by the hash. */
  back: Patch[];
}

/** The source is not what is recorded of it. */
export class ChangedError extends RefusedError {}

async function eachBlock(file: FileHandle, signal: AbortSignal, work: (block: Uint8Array) => Promise<void>) {
  const block = Buffer.allocUnsafe(blockBytes);
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(block, 0, blockBytes, null);
    if (bytesRead === 0) return;
    await work(block.subarray(0, bytesRead));
  }
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new RefusedError("The file is shorter than its tags say");
    done += bytesRead;
  }
  return bytes;
}

/** Copies with the patches applied; returns the hash of what was read, and the patches back. */
async function copyPatched(request: RewriteRequest, signal: AbortSignal): Promise<{ read: string; back: Patch[] }> {
  const from = await open(request.source as string, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const to = await open(request.temp as string, "wx", 0o600);
    try {
      const hash = createHash("sha256");
      const splicer = makeSplicer(request.patches, async (piece) => {
        for (let done = 0; done < piece.length; ) done += (await to.write(piece, done)).bytesWritten;
      });
      await eachBlock(from, signal, async (block) => {
        hash.update(block);
        await splicer.push(block);
      });
      await splicer.end();
      const back = await inverse(request.patches, (at, length) => readAt(from, at, length));
      return { read: hash.digest("hex"), back };
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Hashes of a file as the disk gives it back, and of that file with patches applied. */
async function hashBoth(path: RawPath, patches: readonly Patch[], libc: Libc, signal: AbortSignal) {
  const file = await open(path as string, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    libc.dropCache(file.fd);
    const [as, patched] = [createHash("sha256"), createHash("sha256")];
    const splicer = makeSplicer(patches, (piece) => void patched.update(piece));
    await eachBlock(file, signal, async (block) => {
      as.update(block);
      await splicer.push(block);
    });
    await splicer.end();
    return { asItIs: as.digest("hex"), patched: patched.digest("hex") };
  } finally {
    await file.close();
  }
}

/** Owners and modes are beyond some file systems (FAT, SMB). */
async function ifAllowed(change: Promise<void>): Promise<void> {
  await change.catch((error: NodeJS.ErrnoException) => {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"].includes(error.code ?? "")) throw error;
  });
}

/**
 * Makes `temp` from `source` with patches applied: its mode, owner and attributes, on disk, and read back. That turning it
 * back gives the very bytes of the source is proven before this returns; so the way back is sure, and whatever the patches
 * do not name is the same. Bounded memory. On any error the copy is removed, and the source is as it was.
 */
export async function rewrite(
  request: RewriteRequest,
  tools: { libc: Libc; calls: FileCalls },
  signal: AbortSignal,
): Promise<Rewritten> {
  const { source, temp, facts } = request;
  const { libc, calls } = tools;
  try {
    const { read, back } = await copyPatched(request, signal);
    if (read !== request.sha256)
      throw new ChangedError(
        "Its SHA-256 is not the one that was recorded: it changed since it was hashed, or a disk is failing. It was left as it is",
      );
    await ifAllowed(chown(temp as string, facts.uid, facts.gid));
    await ifAllowed(chmod(temp as string, facts.mode));
    calls.copyAttributes(source, temp);
    if (request.mtimeNs !== null) libc.setTimes(temp, BigInt(facts.atimeNs), BigInt(request.mtimeNs));
    await sync(temp);
    const hashes = await hashBoth(temp, back, libc, signal);
    if (hashes.patched !== read)
      throw new RefusedError("The copy with new tags does not read back as it was written: a disk may be failing");
    const [now, made] = [await factsOf(source), await factsOf(temp)];
    if (!now || !sameFile(now, facts)) throw new ChangedError("It changed while it was copied; it was left as it is");
    if (!made) throw new RefusedError("The copy with new tags vanished while it was read back");
    if (made.uid !== facts.uid || made.gid !== facts.gid || made.mode !== facts.mode)
      throw new RefusedError("Its owner or its rights cannot be kept: run Phaze as the user whom it belongs to (PUID)");
    return { facts: made, sha256: hashes.asItIs, back };
  } catch (error) {
    await unlink(temp as string).catch(() => {}); // It may never have been made.
    throw error;
  }
}
