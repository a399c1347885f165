import { editSlots, type Item, type Slot, type TagTexts } from "./layout.ts";
import { type Box, buildBox, contentOf, innerBoxes, type Piece } from "./mp4-boxes.ts";
import type { Patch } from "./patch.ts";

const itunes = "com.apple.iTunes";

/**
 * iTunes' own items, and the named ones that DJ programs and MusicBrainz' use. The numbered genre gives way to a
 * written one; a tempo with decimals (`BPM`) is kept in line where it is there.
 */
export const itemSlots: readonly Slot[] = [
  { field: "bpm", id: "tmpo", add: true },
  { field: "bpm", id: "----:BPM", add: false },
  { field: "key", id: "----:INITIALKEY", add: true },
  { field: "key", id: "----:KEY", add: false },
  { field: "mood", id: "----:MOOD", add: true },
  { field: "genre", id: "\xa9gen", add: true },
  { field: "genre", id: "gnre", add: false },
];

/** Kinds of data (QuickTime File Format, "Well-known types"). */
const utf8 = 1;
const signed = 21;

function textOf(name: string, data: Buffer): string | null {
  const kind = data.readUInt32BE(0);
  const value = data.subarray(8);
  if (name === "gnre") return value.length >= 2 ? `genre ${value.readUInt16BE(value.length - 2)} of ID3v1` : null;
  if (kind === utf8) return value.toString("utf8");
  const isNumber = kind === signed || (kind === 0 && name === "tmpo");
  return isNumber && value.length > 0 && value.length <= 6 ? `${value.readIntBE(0, value.length)}` : null;
}

function readItem(piece: Piece, box: Box): Item {
  const parts = innerBoxes(piece, box);
  const named = (name: string) => parts.find((part) => part.name === name);
  const [mean, label, data] = [named("mean"), named("name"), named("data")];
  const body = data && contentOf(piece, data);
  const text = body && body.length >= 8 ? textOf(box.name, body) : null;
  const place = { at: box.at, length: box.length, text };
  if (box.name !== "----" || !mean || !label) return { id: box.name, ...place };
  const meaning = contentOf(piece, mean, 4).toString("utf8");
  const key = contentOf(piece, label, 4).toString("utf8");
  return { id: meaning === itunes ? `----:${key.toUpperCase()}` : `----:${meaning}:${key}`, ...place };
}

export const readItems = (piece: Piece, ilst: Box): Item[] =>
  innerBoxes(piece, ilst).map((box) => readItem(piece, box));

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const dataBox = (kind: number, value: Uint8Array) => buildBox("data", u32(kind), u32(0), value);

/** Names as programs write them; the key's is `initialkey` (Mixed In Key, Serato, Picard). */
const writtenNames: Record<string, string> = { "----:INITIALKEY": "initialkey", "----:KEY": "KEY" };

function encodeItem(id: string, text: string): Uint8Array {
  if (id === "gnre") return new Uint8Array(0);
  if (id === "tmpo") {
    const value = Buffer.alloc(2);
    value.writeInt16BE(Number(text));
    return buildBox("tmpo", dataBox(signed, value));
  }
  if (!id.startsWith("----:")) return buildBox(id, dataBox(utf8, Buffer.from(text)));
  const name = writtenNames[id] ?? id.slice(5);
  const mean = buildBox("mean", u32(0), Buffer.from(itunes));
  return buildBox("----", mean, buildBox("name", u32(0), Buffer.from(name)), dataBox(utf8, Buffer.from(text)));
}

/** Patches of a list of tags; new ones are added at its end. */
export function editItems(piece: Piece, ilst: Box, changes: TagTexts): Patch[] {
  const { patches, added } = editSlots(readItems(piece, ilst), itemSlots, changes, encodeItem);
  return [...patches, { at: ilst.at + ilst.length, remove: 0, insert: added }];
}

/** Content of the box that says whose tags these are: iTunes'. */
export const handlerContent = Buffer.concat([Buffer.alloc(8), Buffer.from("mdirappl", "latin1"), Buffer.alloc(9)]);

/** The patch that adds a list, and the boxes around it that lack, at the end of `udta` or `moov`. */
export function emptyMeta(holder: Box, piece: Piece, changes: TagTexts): Patch[] {
  const { added } = editSlots([], itemSlots, changes, encodeItem);
  const meta = buildBox("meta", u32(0), buildBox("hdlr", handlerContent), buildBox("ilst", added));
  const insert = holder.name === "udta" ? meta : buildBox("udta", meta);
  const last = innerBoxes(piece, holder).at(-1);
  // Before the zeros that may end the list of `udta`.
  return [{ at: last ? last.at + last.length : holder.at + holder.head, remove: 0, insert }];
}
