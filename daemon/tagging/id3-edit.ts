import { type Id3Tag, parseId3 } from "./id3.ts";
import { encodeFrame } from "./id3-text.ts";
import {
  editSlots,
  fieldsIn,
  type Kept,
  keptItems,
  type Layout,
  RefusedError,
  readSlots,
  type Slot,
  type TagTexts,
  tagFields,
} from "./layout.ts";
import { inOrder, type Patch } from "./patch.ts";

/** Room that a tag gets when it must grow anyway, so that the next change does not move the sound again. */
const newPadding = 1024;

/** Largest tag that is taken into memory. Pictures of several megabytes are usual; more than this is a mistake. */
export const mostId3Bytes = 48 * 1024 * 1024;

/** The frame of a mood is official in 2.4 only; in 2.3, programs agree on a named text, and in 2.2 on nothing. */
function slotsOf(major: 2 | 3 | 4): Slot[] {
  if (major === 2)
    return [
      { field: "bpm", id: "TBP", add: true },
      { field: "key", id: "TKE", add: true },
      { field: "genre", id: "TCO", add: true },
    ];
  return [
    { field: "bpm", id: "TBPM", add: true },
    { field: "key", id: "TKEY", add: true },
    { field: "mood", id: "TMOO", add: major === 4 },
    { field: "mood", id: "TXXX:MOOD", add: major === 3 },
    { field: "genre", id: "TCON", add: true },
  ];
}

const syncsafe = (value: number) =>
  Buffer.from([value >> 21, value >> 14, value >> 7, value].map((part) => part & 127));

/** A new tag of version 2.3, which everything reads, or nothing else does. */
function newTag(changes: TagTexts): Uint8Array {
  const style = { major: 3, plainSizes: false, unsynchronised: false } as const;
  const { added } = editSlots([], slotsOf(3), changes, (id, text) => encodeFrame(id, text, style));
  const size = added.length + newPadding + (added.length % 2);
  return Buffer.concat([
    Buffer.from("ID3\x03\0\0", "latin1"),
    syncsafe(size),
    added,
    Buffer.alloc(size - added.length),
  ]);
}

/** What the container of the tag has to know of an edit. */
export interface Id3Edit {
  patches: Patch[];
  /** By how much the tag has grown; even, so that chunks stay aligned. Mostly 0: the padding gives way. */
  growth: number;
}

/** An ID3v2 tag within a file. */
export interface Id3Part {
  format: string;
  values: Layout["values"];
  fields: Layout["fields"];
  kept: Kept[];
  edit(changes: TagTexts): Id3Edit;
}

/** The tag whose bytes lie at `base` of a file. Throws RefusedError when it cannot be followed. */
export function openId3(bytes: Uint8Array, base: number): Id3Part {
  const tag = parseId3(bytes);
  const slots = slotsOf(tag.major);
  const frames = tag.frames.map((frame) => ({ ...frame, at: frame.at + base }));
  return {
    format: `ID3v2.${tag.major}`,
    values: readSlots(frames, slots),
    fields: fieldsIn(slots),
    kept: keptItems(frames, slots),
    edit(changes) {
      const edited = editSlots(frames, slots, changes, (id, text) => encodeFrame(id, text, tag));
      const need = edited.patches.reduce((sum, patch) => sum + patch.insert.length - patch.remove, edited.added.length);
      const fitted = fitPadding(tag, base, need);
      // In front: readers that lose their way in an odd tag (unsynchronised, with sizes of old iTunes) still find them.
      const added = { at: base + tag.framesAt, remove: 0, insert: edited.added };
      return { patches: inOrder([...edited.patches, added, ...fitted.patches]), growth: fitted.growth };
    },
  };
}

/** Takes `need` bytes out of the padding, or makes the tag longer where there is none or too little. */
function fitPadding(tag: Id3Tag, base: number, need: number): Id3Edit {
  const padding = tag.length - tag.framesEnd;
  // A tag with a footer has no padding.
  const fits = need <= padding && !tag.footer;
  const grown = fits ? 0 : need + (tag.footer ? 0 : newPadding);
  const growth = grown + (tag.footer ? 0 : Math.abs(grown % 2));
  const newLength = padding + growth - need;
  const patches: Patch[] = [];
  const change = newLength - padding;
  if (change < 0) patches.push({ at: base + tag.length + change, remove: -change, insert: new Uint8Array(0) });
  if (change > 0 && !tag.footer) patches.push({ at: base + tag.length, remove: 0, insert: new Uint8Array(change) });
  if (growth !== 0) patches.push(...sizePatches(tag, base, tag.length + growth - 10));
  if (change !== 0 && tag.paddingFieldAt !== null)
    patches.push({ at: base + tag.paddingFieldAt, remove: 4, insert: bigEndian(newLength) });
  return { patches, growth };
}

function bigEndian(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sizePatches(tag: Id3Tag, base: number, size: number): Patch[] {
  if (size >= 2 ** 28) throw new RefusedError("Its ID3 tag is as large as one can be: remove a picture from it first");
  if (tag.frames.some((frame) => frame.id === "ASPI"))
    throw new RefusedError("Its ID3 tag has an index of places in the file (ASPI) and no room left: remove that frame");
  const patch = (at: number) => ({ at: base + at, remove: 4, insert: syncsafe(size) });
  return tag.footer ? [patch(6), patch(tag.length + 6)] : [patch(6)];
}

/** The editor of a place where a tag may be put, but is none yet. */
export function absentId3(place: (tag: Uint8Array) => Patch[]): Omit<Layout, "kept"> {
  return {
    format: "ID3v2.3",
    fresh: true,
    values: readSlots([], []),
    fields: tagFields,
    tempo: "whole",
    edit: (changes) => place(newTag(changes)),
  };
}
