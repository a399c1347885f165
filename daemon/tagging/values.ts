import type { Metadata } from "../contract/metadata.ts";
import { type Layout, type TagField, type TagTexts, tagFields } from "./layout.ts";

/** What the analysis found of a file; null: not found, or not sure enough. */
export interface AnalysisTags {
  /** Beats a minute, with decimals. */
  bpm: number | null;
  /** The key note, such as `A` or `F#`. */
  key: string | null;
  scale: "major" | "minor" | null;
  mood: string | null;
  genre: string | null;
}

/** One field of a file: what its tags say, and what they shall say. */
export interface FieldChange {
  field: TagField;
  old: string | null;
  new: string;
  /** `keep`: it has a value already, and replacing was not asked for. `same`: it has this value already. */
  action: "fill" | "replace" | "keep" | "same";
}

const longestText = 200;

const clean = (text: string | null): string | null =>
  text
    ?.normalize("NFC")
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, longestText)
    .trim() || null;

/**
 * Tempo as programs read it. ID3 (TBPM: "integer and represented as a numerical string") and iTunes (tmpo: an integer)
 * take whole numbers. Vorbis comments have no such rule, and DJ programs write and read fractions there; others round.
 */
function tempoText(bpm: number | null, style: Layout["tempo"]): string | null {
  if (bpm === null || !(bpm >= 1 && bpm < 1000)) return null;
  return style === "whole" ? `${Math.round(bpm)}` : `${Number(bpm.toFixed(2))}`;
}

/** A key as ID3's TKEY has it: note, `b` or `#`, and `m` for minor; three characters at most. */
export function keyText({ key, scale }: Pick<AnalysisTags, "key" | "scale">): string | null {
  const note = /^([A-G])([b#]?)$/.exec((key ?? "").trim().replace("♯", "#").replace("♭", "b"));
  return note && scale !== null ? `${note[0]}${scale === "minor" ? "m" : ""}` : null;
}

/** The texts that an analysis gives for a file with such tags. */
export function textsOf(found: AnalysisTags, tempo: Layout["tempo"]): Record<TagField, string | null> {
  return {
    bpm: tempoText(found.bpm, tempo),
    key: keyText(found),
    mood: clean(found.mood),
    genre: clean(found.genre),
  };
}

/** Fields for which an analysis has a value. */
export const fieldsOf = (found: AnalysisTags): TagField[] => {
  const texts = textsOf(found, "whole");
  return tagFields.filter((field) => texts[field] !== null);
};

const sameText = (field: TagField, a: string, b: string) =>
  field === "bpm" ? Number(a.trim()) === Number(b) : a.trim().toLowerCase() === b.toLowerCase();

/**
 * What would become of each field. A value that any tag of the file holds, also one that is not written here (APEv2,
 * ID3v1, INFO), counts as a person's: it stays unless `replace`.
 */
export function compareFields(
  found: AnalysisTags,
  layout: Pick<Layout, "values" | "tempo" | "fields">,
  metadata: Pick<Metadata, "bpm" | "key" | "genre">,
  options: { fields: readonly TagField[]; replace: boolean },
): FieldChange[] {
  const texts = textsOf(found, layout.tempo);
  const elsewhere = {
    bpm: metadata.bpm === null ? null : `${metadata.bpm}`,
    key: metadata.key,
    mood: null,
    genre: metadata.genre,
  };
  return tagFields
    .filter((field) => options.fields.includes(field) && layout.fields.includes(field))
    .flatMap((field) => {
      const text = texts[field];
      if (text === null) return [];
      const old = layout.values[field] ?? elsewhere[field];
      const filled = old === null ? "fill" : sameText(field, old, text) ? "same" : options.replace ? "replace" : "keep";
      return [{ field, old, new: text, action: filled } as FieldChange];
    });
}

/** The texts to write, of the fields that change. */
export const changedTexts = (fields: readonly FieldChange[]): TagTexts =>
  Object.fromEntries(
    fields
      .filter(({ action }) => action === "fill" || action === "replace")
      .map((change) => [change.field, change.new]),
  );
