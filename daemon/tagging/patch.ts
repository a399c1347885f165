/** Bytes of a file that give way to others: at `at`, `remove` bytes go and `insert` comes. Sorted, and apart. */
export interface Patch {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}

/** Sorts patches and merges nothing; throws when two of them touch the same bytes, which would be a mistake here. */
export function inOrder(patches: readonly Patch[]): Patch[] {
  const sorted = patches
    .filter((patch) => patch.remove > 0 || patch.insert.length > 0)
    .toSorted((a, b) => a.at - b.at || a.remove - b.remove);
  for (const [index, patch] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next && patch.at + patch.remove > next.at) throw new Error(`Patches overlap at byte ${next.at}`);
  }
  return sorted;
}

export const growth = (patches: readonly Patch[]): number =>
  patches.reduce((sum, patch) => sum + patch.insert.length - patch.remove, 0);

/** Where the untouched bytes that lie at `at` are afterwards; what is inserted at that very place comes before them. */
export function movedTo(at: number, patches: readonly Patch[]): number {
  return at + growth(patches.filter((patch) => patch.at <= at));
}

/** Whether no byte of a span is touched, nor anything inserted within it. */
export function isUntouched(at: number, length: number, patches: readonly Patch[]): boolean {
  return patches.every((patch) => patch.at + patch.remove <= at || patch.at >= at + length);
}

/** The patches that turn the patched file back into the one that it was. `read` gives bytes of that former file. */
export async function inverse(
  patches: readonly Patch[],
  read: (at: number, length: number) => Promise<Uint8Array>,
): Promise<Patch[]> {
  const back: Patch[] = [];
  let shift = 0;
  for (const { at, remove, insert } of patches) {
    back.push({ at: at + shift, remove: insert.length, insert: (await read(at, remove)).slice() });
    shift += insert.length - remove;
  }
  return back;
}

/** Bytes in memory with patches applied. */
export function patchBytes(bytes: Uint8Array, patches: readonly Patch[]): Uint8Array {
  let at = 0;
  const parts: Uint8Array[] = [];
  for (const patch of patches) {
    parts.push(bytes.subarray(at, patch.at), patch.insert);
    at = patch.at + patch.remove;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

/** Passes a file's bytes on with patches applied, block by block, whatever its length. */
export interface Splicer {
  push(block: Uint8Array): Promise<void>;
  /** To be called after the last block. Throws when the file was too short for the patches. */
  end(): Promise<void>;
}

export function makeSplicer(patches: readonly Patch[], emit: (piece: Uint8Array) => Promise<void> | void): Splicer {
  let at = 0;
  let index = 0;
  let skip = 0;
  /** Inserts what belongs at the place that is reached. */
  async function insertHere(): Promise<void> {
    for (let patch = patches[index]; patch?.at === at && skip === 0; patch = patches[index]) {
      if (patch.insert.length > 0) await emit(patch.insert);
      skip = patch.remove;
      index++;
    }
  }
  return {
    async push(block) {
      for (let from = 0; from < block.length; ) {
        await insertHere();
        const left = block.length - from;
        const next = patches[index];
        const length = Math.min(left, skip > 0 ? skip : next ? next.at - at : left);
        if (skip > 0) skip -= length;
        else await emit(block.subarray(from, from + length));
        from += length;
        at += length;
      }
    },
    async end() {
      await insertHere();
      if (skip > 0 || index < patches.length) throw new Error("The file is shorter than its tags say");
    },
  };
}

/**
 * Patches as one blob for the database, compressed (zstd): per patch its place and the bytes to remove as 64-bit floats,
 * the bytes to insert with a 32-bit length, all little-endian.
 */
export function packPatches(patches: readonly Patch[]): Uint8Array {
  const parts = patches.map(({ at, remove, insert }) => {
    const head = Buffer.alloc(20);
    head.writeDoubleLE(at, 0);
    head.writeDoubleLE(remove, 8);
    head.writeUInt32LE(insert.length, 16);
    return Buffer.concat([head, insert]);
  });
  return Bun.zstdCompressSync(Buffer.concat(parts));
}

export function unpackPatches(blob: Uint8Array): Patch[] {
  const bytes = Buffer.from(Bun.zstdDecompressSync(blob));
  const patches: Patch[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 16);
    const insert = new Uint8Array(bytes.subarray(at + 20, at + 20 + length));
    patches.push({ at: bytes.readDoubleLE(at), remove: bytes.readDoubleLE(at + 8), insert });
    at += 20 + length;
  }
  return patches;
}
