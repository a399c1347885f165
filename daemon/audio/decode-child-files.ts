import { fstatSync, openSync, readSync, writeSync } from "node:fs";

/** The parts of Emscripten's file system that are used here (emscripten.org, "File System API"; as of 3.1.40). */
export interface SandboxFs {
  readonly ErrnoError: new (errno: number) => Error;
  mkdir(path: string): unknown;
  makedev(major: number, minor: number): number;
  registerDevice(device: number, operations: StreamOperations): void;
  mkdev(path: string, device: number): unknown;
  mount(type: FileSystemType, options: object, path: string): unknown;
  createNode(parent: SandboxNode | null, name: string, mode: number, device: number): SandboxNode;
}

interface SandboxNode {
  id: number;
  mode: number;
  node_ops: object;
  stream_ops: object;
}

interface FileSystemType {
  mount(mount: unknown): SandboxNode;
}

interface SandboxStream {
  position: number;
  seekable: boolean;
}

interface StreamOperations {
  open?(stream: SandboxStream): void;
  read?(stream: SandboxStream, heap: Uint8Array, offset: number, bytes: number, position: number): number;
  write?(stream: SandboxStream, heap: Uint8Array, offset: number, bytes: number): number;
  llseek(stream: SandboxStream, offset: number, whence: number): number;
}

/** Numbers of errors in Emscripten (those of WASI), and the file types of POSIX. */
const errno = { invalid: 28, io: 29, noEntry: 44, notPermitted: 63, illegalSeek: 70 } as const;
const mode = { folder: 0o040_555, file: 0o100_444 } as const;

/**
 * Makes one real file, and nothing else, readable as `folder/name`. `input` is a path or an open descriptor. It is read
 * piece by piece as FFmpeg asks, so its size does not matter. Throws the error of opening it.
 */
export function mountInput(fs: SandboxFs, folder: string, name: string, input: string | number): void {
  const descriptor = typeof input === "number" ? input : openSync(input, "r");
  const bytes = fstatSync(descriptor).size;
  const attributes = (node: SandboxNode) => ({
    ...{ dev: 1, ino: node.id, mode: node.mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size: bytes },
    ...{ atime: new Date(0), mtime: new Date(0), ctime: new Date(0), blksize: 4096, blocks: Math.ceil(bytes / 4096) },
  });
  const refuse = (number: number) => () => {
    throw new fs.ErrnoError(number);
  };
  const file: StreamOperations = {
    read: (_stream, heap, offset, wanted, position) => {
      try {
        return readSync(descriptor, heap, offset, wanted, position);
      } catch {
        throw new fs.ErrnoError(errno.io);
      }
    },
    llseek: (stream, offset, whence) => {
      const position = offset + (whence === 1 ? stream.position : whence === 2 ? bytes : 0);
      if (position < 0) throw new fs.ErrnoError(errno.invalid);
      return position;
    },
  };
  const nodeOperations = { getattr: attributes, setattr: refuse(errno.notPermitted), lookup: refuse(errno.noEntry) };
  const type: FileSystemType = {
    mount: () => {
      const root = fs.createNode(null, "/", mode.folder, 0);
      root.node_ops = nodeOperations;
      root.stream_ops = {};
      const node = fs.createNode(root, name, mode.file, 0);
      node.node_ops = nodeOperations;
      node.stream_ops = file;
      return root;
    },
  };
  fs.mkdir(folder);
  fs.mount(type, {}, folder);
}

/** Makes `folder/N` write to the inherited descriptor N, for each of `descriptors`. */
export function mountOutputs(fs: SandboxFs, folder: string, descriptors: readonly number[], onGone: () => never): void {
  fs.mkdir(folder);
  for (const descriptor of descriptors) {
    const device = fs.makedev(70, descriptor);
    fs.registerDevice(device, {
      open: (stream) => {
        stream.seekable = false;
      },
      write: (_stream, heap, offset, bytes) => {
        writeFully(descriptor, heap.subarray(offset, offset + bytes), onGone);
        return bytes;
      },
      llseek: () => {
        throw new fs.ErrnoError(errno.illegalSeek);
      },
    });
    fs.mkdev(`${folder}/${descriptor}`, device);
  }
}

/** How long to wait for a reader that is behind, ms; only where a pipe does not wait by itself. */
const pauseMs = 5;

/** Writes all of `bytes` and waits for the reader as long as it takes. Calls `onGone` once nobody reads any more. */
export function writeFully(descriptor: number, bytes: Uint8Array, onGone: () => never): void {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") onGone();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}
