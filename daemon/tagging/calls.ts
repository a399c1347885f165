import { dlopen, FFIType, ptr } from "bun:ffi";
import { renameSync } from "node:fs";
import { type RawPath, toBytes } from "../contract/raw-path.ts";

/** System calls that replacing a file in its place needs, and the runtime lacks. */
export interface FileCalls {
  /** Lets two files change places at once, so that nothing is overwritten; false where that cannot be done. */
  exchange(a: RawPath, b: RawPath): boolean;
  /** Gives a file the extended attributes of another: access lists, and what people and programs noted there. */
  copyAttributes(from: RawPath, to: RawPath): void;
}

const currentDirectory = -100; // AT_FDCWD
const swap = 2; // RENAME_EXCHANGE
const mostListBytes = 65_536; // XATTR_LIST_MAX; a value has at most as much (XATTR_SIZE_MAX).

function open() {
  if (process.platform !== "linux") return null;
  const { i32, u32, i64, u64, ptr: pointer } = FFIType;
  for (const name of ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"]) {
    try {
      return dlopen(name, {
        renameat2: { args: [i32, pointer, i32, pointer, u32], returns: i32 },
        llistxattr: { args: [pointer, pointer, u64], returns: i64 },
        lgetxattr: { args: [pointer, pointer, pointer, u64], returns: i64 },
        lsetxattr: { args: [pointer, pointer, pointer, u64, i32], returns: i32 },
      });
    } catch {
      // Another C library: try the next name.
    }
  }
  return null;
}

const cString = (path: RawPath) => Buffer.concat([toBytes(path), Buffer.from([0])]);

export function openFileCalls(): FileCalls {
  const lib = open();
  return {
    exchange(a, b) {
      if (!lib) return false;
      const [from, to] = [cString(a), cString(b)];
      return lib.symbols.renameat2(currentDirectory, ptr(from), currentDirectory, ptr(to), swap) === 0;
    },
    copyAttributes(from, to) {
      if (!lib) return;
      const [source, dest] = [cString(from), cString(to)];
      const list = Buffer.alloc(mostListBytes);
      const length = Number(lib.symbols.llistxattr(ptr(source), ptr(list), mostListBytes));
      if (length <= 0) return;
      const value = Buffer.alloc(mostListBytes);
      for (const name of list.subarray(0, length).toString("latin1").split("\0").filter(Boolean)) {
        const key = Buffer.from(`${name}\0`, "latin1");
        const size = Number(lib.symbols.lgetxattr(ptr(source), ptr(key), ptr(value), mostListBytes));
        if (size < 0) continue;
        // Some belong to the system (security.*) and cannot be given by us; what makes sound is not among them.
        lib.symbols.lsetxattr(ptr(dest), ptr(key), ptr(value), size, 0);
      }
    },
  };
}

/** For systems that cannot exchange: a plain rename, which replaces what is there. */
export const replace = (from: RawPath, to: RawPath): void => renameSync(from as string, to as string);
