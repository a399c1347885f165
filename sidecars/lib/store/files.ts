import { closeSync, fsyncSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** A store, or a file of it, that cannot be used as it is; the message says what is wrong and what to do. */
export class StoreError extends Error {}

/** Makes what was done to names in a folder last through a loss of power. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Gives a written and synced file its name, for good. */
export function publish(temporary: string, path: string): void {
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Reads exactly `length` bytes at `position`. Throws StoreError when the file is shorter. */
export function readExactly(fd: number, position: number, length: number, name: string, into?: Uint8Array): Uint8Array {
  const bytes = into?.subarray(0, length) ?? new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, position + done);
    if (count === 0) throw new StoreError(`${name} is too short: it ends at ${position + done}`);
    done += count;
  }
  return bytes;
}

/** Writes all of `bytes`, however many calls that takes. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done);
}
