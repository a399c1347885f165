import type { ByteSource } from "../audio/byte-source.ts";
import {
  type Kept,
  keptItems,
  type Layout,
  latin1,
  RefusedError,
  readExactly,
  readSlots,
  type TagTexts,
  tagFields,
} from "./layout.ts";
import { type Box, contentOf, innerBoxes, leaves, type Piece, resizeBox, topBoxes } from "./mp4-boxes.ts";
import { editItems, emptyMeta, handlerContent, itemSlots, readItems } from "./mp4-items.ts";
import { growth, inOrder, type Patch } from "./patch.ts";

const mostMovieBytes = 48 * 1024 * 1024;

/** Where the tags are: `holders` are the boxes around the list, outermost first; the last one there is may be `moov`. */
interface Place {
  piece: Piece;
  top: Box[];
  moov: Box;
  holders: Box[];
  ilst: Box | null;
  /** Room within the same box, right behind the list. */
  free: Box | null;
}

/** `meta` has four bytes of version and flags before its boxes; QuickTime's has none. */
const metaSkip = (piece: Piece, meta: Box) =>
  latin1(contentOf(piece, meta).subarray(4, 8)) === "hdlr" && contentOf(piece, meta).readUInt32BE(0) > 0 ? 0 : 4;

async function findPlace(source: ByteSource): Promise<Place> {
  const top = await topBoxes(source);
  const movies = top.filter((box) => box.name === "moov");
  const [moov] = movies;
  if (!moov || movies.length > 1) throw new RefusedError("It has no table of its contents (moov), or two of them");
  if (moov.length > mostMovieBytes)
    throw new RefusedError(`Its table of contents has ${moov.length} bytes: too large to be written in one go`);
  const piece = { bytes: Buffer.from(await readExactly(source, moov.at, moov.length)), base: moov.at };
  const brand = top[0]?.name === "ftyp" ? latin1(await readExactly(source, top[0].at + 8, 4)) : "";
  if (brand === "" || brand === "qt  ")
    throw new RefusedError("It is a QuickTime film, whose tags are of another kind: only M4A and MP4 are written");
  const find = (outer: Box, name: string, skip = 0) => innerBoxes(piece, outer, skip).find((box) => box.name === name);
  const udta = find(moov, "udta");
  const meta = udta && find(udta, "meta");
  const inMeta = meta ? innerBoxes(piece, meta, metaSkip(piece, meta)) : [];
  const index = inMeta.findIndex((box) => box.name === "ilst");
  const ilst = inMeta[index] ?? null;
  const next = ilst ? inMeta[index + 1] : undefined;
  const holders = [moov, udta, meta, ilst].filter((box): box is Box => box !== undefined && box !== null);
  if (meta && !ilst) throw new RefusedError("Its tags are of another kind than iTunes': only those are written");
  return { piece, top, moov, holders, ilst, free: next?.name === "free" ? next : null };
}

/** Takes bytes from a `free` box, all of it if need be, or gives bytes to it; null when it has not enough. */
function fromFree(piece: Piece, free: Box, need: number): Patch[] | null {
  const end = free.at + free.length;
  if (need === free.length) return [{ at: free.at, remove: free.length, insert: new Uint8Array(0) }];
  if (free.length - need < 8) return null;
  const change =
    need > 0
      ? { at: end - need, remove: need, insert: new Uint8Array(0) }
      : { at: end, remove: 0, insert: new Uint8Array(-need) };
  return [resizeBox(piece, free, -need), change];
}

/** Offsets of a track's sound, in `stco` (32 bits) or `co64`. */
function offsetsOf(piece: Piece, box: Box): number[] {
  const body = contentOf(piece, box);
  const wide = box.name === "co64" ? 8 : 4;
  const count = body.readUInt32BE(4);
  if (8 + count * wide > body.length) throw new RefusedError("Its table of offsets is damaged");
  return Array.from({ length: count }, (_, n) =>
    wide === 8 ? Number(body.readBigUInt64BE(8 + n * 8)) : body.readUInt32BE(8 + n * 4),
  );
}

const offsetTables = (place: Place) =>
  leaves(place.piece, place.moov).filter((box) => box.name === "stco" || box.name === "co64");

/** Boxes that hold places in the file in ways not handled here. */
const otherOffsets = new Set(["moof", "sidx", "ssix", "mfra", "saio", "iloc", "cmov", "mfro"]);

/** New tables of offsets for a file in which what lies behind the tags moves. */
function moveOffsets(place: Place, by: number): Patch[] {
  const boxes = [...place.top, ...leaves(place.piece, place.moov)];
  const odd = boxes.find((box) => otherOffsets.has(box.name));
  if (odd)
    throw new RefusedError(
      `It is in fragments, or has an index that cannot be moved (${odd.name}): have it written anew (ffmpeg -i IN -c copy OUT) first`,
    );
  return offsetTables(place).map((box) => {
    const wide = box.name === "co64" ? 8 : 4;
    const offsets = offsetsOf(place.piece, box).map((offset) => (offset > place.moov.at ? offset + by : offset));
    if (wide === 4 && offsets.some((offset) => offset > 0xffffffff))
      throw new RefusedError("Its offsets have no room to grow: have it written anew first");
    const insert = Buffer.alloc(offsets.length * wide);
    for (const [n, offset] of offsets.entries())
      if (wide === 8) insert.writeBigUInt64BE(BigInt(offset), n * 8);
      else insert.writeUInt32BE(offset, n * 4);
    return { at: box.at + box.head + 8, remove: insert.length, insert };
  });
}

/** Patches of the list, and of everything around it that holds its length or what moves because of it. */
function editPlace(place: Place, changes: TagTexts): Patch[] {
  const { piece, moov, ilst } = place;
  const list = ilst ? editItems(piece, ilst, changes) : emptyMeta(place.holders.at(-1) as Box, piece, changes);
  const need = growth(list);
  const resize = (boxes: readonly Box[]) => boxes.map((box) => resizeBox(piece, box, need));
  if (need === 0) return inOrder(list);
  const inMeta = place.free && fromFree(piece, place.free, need);
  if (inMeta && ilst) return inOrder([...list, ...inMeta, resizeBox(piece, ilst, need)]);
  const grown = [...list, ...resize(place.holders)];
  const next = place.top[place.top.indexOf(moov) + 1];
  const behind = next?.name === "free" && next.head === 8 ? fromFreeBehind(next, need) : null;
  if (behind) return inOrder([...grown, ...behind]);
  const isLast = place.top.every((box) => box.at <= moov.at || box.name === "free" || box.name === "skip");
  return inOrder(isLast ? grown : [...grown, ...moveOffsets(place, need)]);
}

/** The same with a `free` box of the file itself, of which only the place is known. */
function fromFreeBehind(free: Box, need: number): Patch[] | null {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(free.length);
  head.write("free", 4, "latin1");
  const piece = { bytes: head, base: free.at };
  return fromFree(piece, free, need);
}

/** Offsets as places within the data they point into, which must not change when that data moves. */
function offsetFacts(place: Place): Kept[] {
  const data = place.top.filter((box) => box.name === "mdat");
  const relative = (offset: number) => {
    const index = data.findIndex((box) => offset >= box.at && offset < box.at + box.length);
    return `${index}:${offset - (data[index]?.at ?? 0)}`;
  };
  return offsetTables(place).map((box) => ({
    name: "places of the sound",
    fact: Bun.hash(offsetsOf(place.piece, box).map(relative).join()).toString(36),
  }));
}

function otherBytes(place: Place): Kept[] {
  const moved = new Set(["stco", "co64", "free", "skip"]);
  const span = (box: Box): Kept => ({ name: box.name, at: box.at + box.head, length: box.length - box.head });
  const { ilst, piece } = place;
  const meta = ilst ? place.holders.at(-2) : undefined;
  const handler = meta && innerBoxes(piece, meta, metaSkip(piece, meta)).find((box) => box.name === "hdlr");
  return [
    ...place.top.filter((box) => box.name !== "moov" && box.name !== "free" && box.name !== "skip").map(span),
    ...leaves(piece, place.moov)
      .filter((box) => !moved.has(box.name) && box.at !== meta?.at)
      .map(span),
    { name: "whose tags", fact: (handler ? contentOf(piece, handler) : handlerContent).toString("latin1") },
    ...(ilst ? keptItems(readItems(piece, ilst), itemSlots) : []),
    ...offsetFacts(place),
  ];
}

/** M4A and MP4: iTunes' tags. What lies around them keeps its bytes; tables of offsets follow where sound must move. */
export async function openMp4(source: ByteSource): Promise<Layout> {
  const place = await findPlace(source);
  const items = place.ilst ? readItems(place.piece, place.ilst) : [];
  return {
    format: "iTunes tags (MP4)",
    fresh: place.ilst === null,
    values: readSlots(items, itemSlots),
    fields: tagFields,
    tempo: "whole",
    kept: otherBytes(place),
    edit: (changes) => editPlace(place, changes),
  };
}
