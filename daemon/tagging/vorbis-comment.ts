import {
  editSlots,
  type Item,
  type Kept,
  keptItems,
  type Layout,
  RefusedError,
  readSlots,
  type Slot,
  type TagTexts,
} from "./layout.ts";
import { inOrder, type Patch } from "./patch.ts";

/**
 * Names in use: DJ programs read INITIALKEY, MusicBrainz' programs and our own reader KEY, so both are written (as Mixxx
 * does).
 */
export const commentSlots: readonly Slot[] = [
  { field: "bpm", id: "BPM", add: true },
  { field: "key", id: "INITIALKEY", add: true },
  { field: "key", id: "KEY", add: true },
  { field: "mood", id: "MOOD", add: true },
  { field: "genre", id: "GENRE", add: true },
];

/** A list of Vorbis comments (xiph.org/vorbis/doc/v-comment.html) within a file, or within a packet with `base` 0. */
export interface Comments {
  values: Layout["values"];
  kept: Kept[];
  /** Where the list ends; what follows (a framing bit, padding) is not looked at. */
  end: number;
  edit(changes: TagTexts): Patch[];
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const encode = (name: string, text: string) => {
  const comment = Buffer.from(`${name}=${text}`, "utf8");
  return Buffer.concat([u32(comment.length), comment]);
};

interface Read {
  items: Item[];
  vendor: string;
  countAt: number;
  end: number;
  /** Names as they are written. */
  names: string[];
}

function readItems(bytes: Buffer, base: number): Read {
  let at = 0;
  const length = () => {
    const value = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : bytes.length;
    if (at + 4 + value > bytes.length)
      throw new RefusedError(
        "Its comments are damaged (a length reaches past their end): have them written anew first",
      );
    return value;
  };
  at += 4 + length();
  const vendor = bytes.toString("latin1", 4, at);
  const countAt = at;
  const count = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : Number.NaN;
  at += 4;
  const items: Item[] = [];
  const names: string[] = [];
  for (let n = 0; items.length < count || Number.isNaN(count); n++) {
    const size = length();
    const [name = "", ...value] = bytes.toString("utf8", at + 4, at + 4 + size).split("=");
    items.push({ id: name.toUpperCase(), at: base + at, length: 4 + size, text: value.join("=") });
    names[n] = name;
    at += 4 + size;
  }
  return { items, vendor, countAt: base + countAt, end: base + at, names };
}

/** The comments that lie at `base`. Throws RefusedError when they are damaged. */
export function openComments(bytes: Uint8Array, base: number): Comments {
  const { items, vendor, countAt, end, names } = readItems(Buffer.from(bytes), base);
  return {
    values: readSlots(items, commentSlots),
    kept: [{ name: "vendor", fact: vendor }, ...keptItems(items, commentSlots)],
    end,
    edit(changes) {
      // A name keeps the capitals that it has.
      const { patches, added, addedItems, removedItems } = editSlots(items, commentSlots, changes, (id, text, old) =>
        encode(old ? (names[items.indexOf(old)] ?? id) : id, text),
      );
      const count = items.length + addedItems - removedItems;
      return inOrder([
        ...patches,
        { at: end, remove: 0, insert: added },
        ...(count === items.length ? [] : [{ at: countAt, remove: 4, insert: u32(count) }]),
      ]);
    },
  };
}

/** An empty list by this vendor. */
export function emptyComments(vendor = "Phaze"): Uint8Array {
  const name = Buffer.from(vendor);
  return Buffer.concat([u32(name.length), name, u32(0)]);
}
