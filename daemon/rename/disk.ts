import { createHash } from "node:crypto";
import { constants, lstatSync } from "node:fs";
import { chmod, chown, copyFile, link, lstat, mkdir, open, rename, rmdir, unlink } from "node:fs/promises";
import { joinRaw, type RawPath, splitRaw } from "../contract/raw-path.ts";
import type { Libc } from "./libc.ts";

/** What a file was when it was looked at; another device, inode, size or time means another file. */
export interface Identity {
  device: string;
  inode: string;
  sizeBytes: number;
  mtimeNs: string;
}

/** A move that cannot go on, with a reason a person understands. Nothing is lost by it. */
export class MoveError extends Error {}

/** A file's content is not what its recorded hash says: it has to be hashed again. */
export class MismatchError extends MoveError {}

export interface FileFacts extends Identity {
  atimeNs: string;
  mode: number;
  uid: number;
  gid: number;
  links: number;
}

/** The facts of a regular file, not following a link; null when nothing is there. */
export async function factsOf(path: RawPath): Promise<FileFacts | null> {
  const stat = await lstat(path as string, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw error;
  });
  if (!stat) return null;
  if (!stat.isFile()) throw new MoveError("It is not a regular file");
  return {
    device: `${stat.dev}`,
    inode: `${stat.ino}`,
    sizeBytes: Number(stat.size),
    mtimeNs: `${stat.mtimeNs}`,
    atimeNs: `${stat.atimeNs}`,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    links: Number(stat.nlink),
  };
}

export const sameFile = (a: Identity, b: Identity): boolean =>
  a.device === b.device && a.inode === b.inode && a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs;

/** True when something (of any kind, a dangling link too) has this name. */
export function isTaken(path: RawPath): boolean {
  try {
    return lstatSync(path as string, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // Below a file there is nothing.
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return false;
    throw error;
  }
}

const blockBytes = 1 << 20;

async function copyBlocks(
  source: RawPath,
  dest: RawPath,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const from = await open(source as string, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const to = await open(dest as string, "wx", 0o600);
    try {
      const block = Buffer.allocUnsafe(blockBytes);
      for (;;) {
        signal.throwIfAborted();
        const { bytesRead } = await from.read(block, 0, blockBytes, null);
        if (bytesRead === 0) break;
        for (let done = 0; done < bytesRead; ) done += (await to.write(block, done, bytesRead - done)).bytesWritten;
        onBytes(bytesRead);
      }
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Clones a file's blocks where the file system can; false where it cannot. */
async function clone(source: RawPath, dest: RawPath): Promise<boolean> {
  try {
    await copyFile(source as string, dest as string, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
    return false;
  }
}

/** SHA-256 (hex) of a file as the disk gives it back. */
export async function readBack(
  path: RawPath,
  libc: Libc,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const file = await open(path as string, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    libc.dropCache(file.fd);
    const hash = createHash("sha256");
    const block = Buffer.allocUnsafe(blockBytes);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(block, 0, blockBytes, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(block.subarray(0, bytesRead));
      onBytes(bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Makes a change to a file or a folder survive a power cut. */
export async function sync(path: RawPath): Promise<void> {
  const handle = await open(path as string, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems cannot sync a folder; what they can do is done.
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
  } finally {
    await handle.close();
  }
}

/** Owners and modes are beyond some file systems (FAT, SMB); the content is what counts. */
async function ifAllowed(change: Promise<void>): Promise<void> {
  await change.catch((error: NodeJS.ErrnoException) => {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"].includes(error.code ?? "")) throw error;
  });
}

export interface CopyRequest {
  source: RawPath;
  temp: RawPath;
  /** What the source must still be. */
  facts: FileFacts;
  /** The modification time the copy gets, ns. */
  mtimeNs: string;
  /** The hash it had; null: whatever it has now. */
  sha256: string | null;
}

/**
 * Copies `source` to `temp` (which must not exist) with its mode and times, syncs it, reads it back and compares the
 * hash. On any error the temp file is removed and the source is as it was. `onBytes` counts copied and read-back bytes.
 */
export async function copyVerified(
  { source, temp, facts, mtimeNs, sha256 }: CopyRequest,
  libc: Libc,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<{ sha256: string; device: string; inode: string }> {
  try {
    if (await clone(source, temp)) onBytes(facts.sizeBytes);
    else await copyBlocks(source, temp, signal, onBytes);
    // Ownership can only be kept by root; a home server's daemon under PUID owns what it makes.
    if (process.getuid?.() === 0) await ifAllowed(chown(temp as string, facts.uid, facts.gid));
    await ifAllowed(chmod(temp as string, facts.mode));
    libc.setTimes(temp, BigInt(facts.atimeNs), BigInt(mtimeNs));
    await sync(temp);
    const now = await factsOf(source);
    if (!now || !sameFile(now, facts))
      throw new MoveError("The source changed while it was copied; it was left as it is");
    const original = sha256 ?? (await readBack(source, libc, signal, () => {}));
    const copied = await readBack(temp, libc, signal, onBytes);
    if (copied !== original) {
      throw new MismatchError(
        sha256
          ? "The copy's SHA-256 is not the one that was recorded: the source changed since it was hashed, or a disk is failing. The source was left as it is"
          : "The copy does not equal the source: a disk may be failing. The source was left as it is",
      );
    }
    const made = await factsOf(temp);
    if (!made) throw new MoveError("The copy vanished while it was verified");
    return { sha256: copied, device: made.device, inode: made.inode };
  } catch (error) {
    await unlink(temp as string).catch(() => {}); // It may never have been made.
    throw error;
  }
}

const taken = "Something with the new name has appeared meanwhile; it was not touched";

/**
 * Gives the verified temp file its name, never over anything that is there: a hard link fails when the name is taken.
 * Where links are not to be had, an exclusive rename does it, or a rename over an empty file of our own that reserved
 * the name.
 */
export async function publish(temp: RawPath, dest: RawPath, libc: Libc): Promise<void> {
  try {
    await link(temp as string, dest as string);
    await unlink(temp as string);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new MoveError(taken);
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code ?? "")) throw error;
    await publishWithoutLinks(temp, dest, libc);
  }
  await sync(splitRaw(dest).folder);
}

export async function publishWithoutLinks(
  temp: RawPath,
  dest: RawPath,
  libc: Pick<Libc, "renameExclusive">,
): Promise<void> {
  const result = libc.renameExclusive(temp, dest);
  if (result === "done") return;
  if (result === "taken") throw new MoveError(taken);
  try {
    await (await open(dest as string, "wx")).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new MoveError(taken);
    throw error;
  }
  await rename(temp as string, dest as string);
}

/** A file of our own making, as the journal knows it. The device is left out: it may have another number after a restart. */
export interface OwnFile {
  inode: string | null;
  sizeBytes: number;
  mtimeNs: string;
}

/** Removes a published file if it is still our own. */
export async function removeOwn(path: RawPath, own: OwnFile): Promise<void> {
  const facts = await factsOf(path).catch(() => null);
  if (facts && facts.inode === own.inode && facts.sizeBytes === own.sizeBytes && facts.mtimeNs === own.mtimeNs)
    await unlink(path as string);
}

/** True when the disk that held `folder` is there: the folder itself, or its nearest parent on the same device. */
export function isDiskHere(folder: RawPath, device: string): boolean {
  let here = folder;
  if (isTaken(here)) return true;
  while (!isTaken(here) && here !== "/") here = splitRaw(here).folder;
  return `${lstatSync(here as string, { bigint: true }).dev}` === device;
}

/** Makes a folder and those above it that lack; returns the ones made, outermost first. */
export async function makeFolders(path: RawPath): Promise<RawPath[]> {
  const made: RawPath[] = [];
  const missing: RawPath[] = [];
  for (let here = path; !isTaken(here); here = splitRaw(here).folder) missing.unshift(here);
  for (const folder of missing) {
    await mkdir(folder as string).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    made.push(folder);
    await sync(splitRaw(folder).folder);
  }
  return made;
}

/** Removes a folder when it is empty and may be removed. */
export async function removeEmptyFolder(path: RawPath): Promise<void> {
  await rmdir(path as string).catch((error: NodeJS.ErrnoException) => {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR", "EROFS", "EACCES", "EPERM", "EBUSY"].includes(error.code ?? ""))
      throw error;
  });
}

export const tempName = (folder: RawPath, operationId: number, batchCreatedAt: number): RawPath =>
  joinRaw(folder, `.phaze-${operationId}-${batchCreatedAt.toString(36)}.part`);
