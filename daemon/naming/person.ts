import type { FieldName, Fields } from "../contract/fields.ts";
import { fieldNames } from "../contract/fields.ts";
import type { Alternative } from "../contract/naming.ts";
import type { Settled } from "./claims.ts";

/** The version in brackets at the end of a title. */
export const mixBracket =
  /[([]([^()[\]]*\b(?:mix|remix|\w*miks|rmx|edit|version|dub|bootleg|mashup|rework|vip|instrumental|acapella|refix|flip|remaster(?:ed)?|reprise|remode|rerub)\b[^()[\]]*)[)\]]\s*$/iu;

/** Settled fields with what a person set for this file in their place; an empty text leaves the field empty. */
export function applyPerson(settled: Settled, person: Fields): Settled {
  const fields = { ...settled.fields };
  const evidence = { ...settled.evidence };
  const alternatives = { ...settled.alternatives };
  const sureness = { ...settled.sureness };
  const set = (field: FieldName, value: string) => {
    const before = fields[field];
    const [place] = evidence[field] ?? [];
    if (before !== undefined && before !== value) {
      const old: Alternative = { value: before, source: place?.source ?? "rule", text: place?.text ?? "" };
      alternatives[field] = [old, ...(alternatives[field] ?? []).filter((other) => other.value !== value)].slice(0, 5);
    }
    if (value === "") delete fields[field];
    else fields[field] = value;
    evidence[field] = [{ source: "person", text: value === "" ? "Left empty by hand" : "Set by hand", weight: 1 }];
    sureness[field] = 1;
  };
  for (const field of fieldNames) {
    const value = person[field];
    if (value !== undefined) set(field, value.trim());
  }
  // The version belongs to the title: a new title brings its own.
  if (person.title !== undefined && person.mix === undefined) {
    const mix = mixBracket.exec(person.title)?.[1]?.trim();
    if (mix || fields.mix) set("mix", mix ?? "");
  }
  return { fields, evidence, alternatives, sureness };
}
