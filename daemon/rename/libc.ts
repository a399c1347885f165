import { dlopen, FFIType, ptr } from "bun:ffi";
import { lstatSync, utimesSync } from "node:fs";
import { type RawPath, toBytes } from "../contract/raw-path.ts";

/** The few system calls that the runtime lacks; each has a way without it. */
export interface Libc {
  /** Sets access and modification time in ns; to about a microsecond where the call is not to be had. */
  setTimes(path: RawPath, accessNs: bigint, modifyNs: bigint): void;
  /** Renames only when the new name is free; "unsupported" where kernel or file system cannot. */
  renameExclusive(from: RawPath, to: RawPath): "done" | "taken" | "unsupported";
  /** Asks the kernel to forget a file's cached pages, so that reading it back reads the disk. */
  dropCache(fd: number): void;
}

const currentDirectory = -100; // AT_FDCWD
const noReplace = 1; // RENAME_NOREPLACE
const dontNeed = 4; // POSIX_FADV_DONTNEED

function open() {
  if (process.platform !== "linux") return null;
  for (const name of ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"]) {
    try {
      return dlopen(name, {
        utimensat: { args: [FFIType.i32, FFIType.ptr, FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
        renameat2: { args: [FFIType.i32, FFIType.ptr, FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
        posix_fadvise: { args: [FFIType.i32, FFIType.i64, FFIType.i64, FFIType.i32], returns: FFIType.i32 },
      });
    } catch {
      // Another C library: try the next name.
    }
  }
  return null;
}

const cString = (path: RawPath) => Buffer.concat([toBytes(path), Buffer.from([0])]);
const timespec = (ns: bigint) => [ns / 1_000_000_000n, ns % 1_000_000_000n] as const;

export function openLibc(): Libc {
  const lib = open();
  return {
    setTimes(path, accessNs, modifyNs) {
      if (lib && accessNs >= 0n && modifyNs >= 0n) {
        const times = new BigInt64Array([...timespec(accessNs), ...timespec(modifyNs)]);
        if (lib.symbols.utimensat(currentDirectory, ptr(cString(path)), ptr(times), 0) === 0) return;
      }
      utimesSync(path as string, Number(accessNs) / 1e9, Number(modifyNs) / 1e9);
    },
    renameExclusive(from, to) {
      if (!lib) return "unsupported";
      const result = lib.symbols.renameat2(
        currentDirectory,
        ptr(cString(from)),
        currentDirectory,
        ptr(cString(to)),
        noReplace,
      );
      if (result === 0) return "done";
      return lstatSync(to as string, { throwIfNoEntry: false }) ? "taken" : "unsupported";
    },
    dropCache(fd) {
      lib?.symbols.posix_fadvise(fd, 0, 0, dontNeed);
    },
  };
}
