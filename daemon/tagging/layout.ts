import type { ByteSource } from "../audio/byte-source.ts";
import type { Patch } from "./patch.ts";

/** What Phaze may write into tags. */
export const tagFields = ["bpm", "key", "mood", "genre"] as const;
export type TagField = (typeof tagFields)[number];

/** Texts of fields, as the tag has them or shall have them. */
export type TagTexts = Partial<Record<TagField, string>>;

/** A file whose tags cannot be written without risk, with the reason and what to do. Nothing was touched. */
export class RefusedError extends Error {}

/**
 * Something of a file that must be the same afterwards: a span of its bytes, or (where bytes cannot keep their place,
 * as in Ogg packets and offset tables) a fact about it. With `field`, only while that field is not written.
 */
export type Kept = { name: string; field?: TagField | undefined } & (
  | { at: number; length: number }
  | { at?: undefined; length?: undefined; fact: string }
);

/** What one editor found in a file. */
export interface Layout {
  /** Such as `ID3v2.3`, for people and for the journal. */
  readonly format: string;
  /** No tag of this kind is there yet: a write makes one. */
  readonly fresh: boolean;
  /** What the fields hold in the tags that this editor writes; null: empty or not there. */
  readonly values: Readonly<Record<TagField, string | null>>;
  readonly kept: readonly Kept[];
  /** The fields that can be written here. */
  readonly fields: readonly TagField[];
  /** How a tempo is written here: whole numbers by the book, or with up to two decimals. */
  readonly tempo: "whole" | "decimal";
  /** The patches that give the fields these texts. Throws RefusedError when there is no room. */
  edit(changes: TagTexts): Patch[];
}

export type OpenLayout = (source: ByteSource) => Promise<Layout>;

/** A field's text in a list of tags (ID3 frames, comments, iTunes items). */
export interface Item {
  /** Compared as it is: editors fold case where their format does. */
  readonly id: string;
  /** Bytes of the whole item. */
  readonly at: number;
  readonly length: number;
  /** Null: not text, or compressed, or encrypted. */
  readonly text: string | null;
}

/** Where a field is kept. With `add`, it is made when it is not there; else it is only kept in line. */
export interface Slot {
  readonly field: TagField;
  readonly id: string;
  readonly add: boolean;
}

export const fieldsIn = (slots: readonly Slot[]): TagField[] =>
  tagFields.filter((field) => slots.some((slot) => slot.field === field && slot.add));

const isEmpty = (field: TagField, text: string) =>
  text.trim() === "" || (field === "bpm" && /^0+(?:[.,]0*)?$/.test(text.trim()));

/** What the fields hold: the first slot that is not empty counts; a tempo of 0 stands for none. */
export function readSlots(items: readonly Item[], slots: readonly Slot[]): Record<TagField, string | null> {
  const values: Record<TagField, string | null> = { bpm: null, key: null, mood: null, genre: null };
  for (const { field, id } of slots) {
    const texts = items.filter((item) => item.id === id).map((item) => item.text ?? "(unreadable)");
    const full = texts.filter((text) => !isEmpty(field, text));
    if (values[field] === null && full.length > 0) values[field] = full.join("; ");
  }
  return values;
}

/**
 * Patches that give the slots of the changed fields their new texts: the first item of a slot is replaced in its place,
 * further ones go, and what is lacking is added at `end`. `encode` gives a whole item; an empty one removes it.
 */
export function editSlots(
  items: readonly Item[],
  slots: readonly Slot[],
  changes: TagTexts,
  encode: (id: string, text: string, old: Item | null) => Uint8Array,
): { patches: Patch[]; added: Uint8Array; addedItems: number; removedItems: number } {
  const patches: Patch[] = [];
  const added: Uint8Array[] = [];
  let removedItems = 0;
  for (const { field, id, add } of slots) {
    const text = changes[field];
    if (text === undefined) continue;
    const [first, ...others] = items.filter((item) => item.id === id);
    if (first) {
      const insert = encode(id, text, first);
      if (insert.length === 0) removedItems++;
      patches.push({ at: first.at, remove: first.length, insert });
    } else if (add) added.push(encode(id, text, null));
    for (const item of others) patches.push({ at: item.at, remove: item.length, insert: new Uint8Array(0) });
    removedItems += others.length;
  }
  return { patches, added: Buffer.concat(added), addedItems: added.length, removedItems };
}

/** The items as spans that must stay, those of slots only while their field is not written. */
export const keptItems = (items: readonly Item[], slots: readonly Slot[]): Kept[] =>
  items.map(({ id, at, length }) => ({
    name: id,
    field: slots.find((slot) => slot.id === id)?.field,
    at,
    length,
  }));

export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Exactly these bytes of a file. Throws RefusedError where it ends before. */
export async function readExactly(source: ByteSource, at: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(at, length);
  if (bytes.length !== length)
    throw new RefusedError("The file is cut short: its tags reach past its end. Get a whole copy of it first");
  return bytes;
}
