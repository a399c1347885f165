import type { FieldName } from "../contract/fields.ts";
import type { NamingInput } from "../contract/naming.ts";
import { type Claim, type Claims, claim } from "./claims.ts";

/** How far what another file says of the same recording is believed, as a share of what it is believed for itself. */
const copyTrust = 0.6;
/** On which album a recording stands, and where, and which part a file is, is the copy's own affair. */
const ofTheCopy = new Set<FieldName>(["trackNumber", "discNumber", "album", "albumArtist", "year", "part"]);

/** What a copy's own names and tags say, as `read` reads them. */
export type ReadCopy = (input: NamingInput) => {
  fields: Partial<Record<FieldName, string>>;
  sureness: Partial<Record<FieldName, number>>;
};

type Copy = NonNullable<NamingInput["copies"]>[number];

/** A copy as a file of its own, for reading its names; it lasts as long as the recording it copies. */
export function copyInput(input: NamingInput, { path, tags }: Copy): NamingInput {
  return { path, tags, durationSec: input.durationSec, companions: [], siblings: [] };
}

/** Claims from other files with the same recording: another copy may have the better names. */
export function copyClaims(input: NamingInput, read: ReadCopy): Claims {
  const claims: Partial<Record<FieldName, Claim[]>> = {};
  for (const copy of input.copies ?? []) {
    const { path, probability } = copy;
    const { fields, sureness } = read(copyInput(input, copy));
    for (const [name, value] of Object.entries(fields) as [FieldName, string][]) {
      if (ofTheCopy.has(name)) continue;
      const weight = copyTrust * probability * (sureness[name] ?? 0);
      claims[name] = [...(claims[name] ?? []), ...claim(value, "fingerprint", path, weight)];
    }
  }
  return claims;
}

/** Two sets of claims as one; the first come first. */
export function joinClaims(a: Claims, b: Claims): Claims {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<FieldName>;
  return Object.fromEntries([...names].map((name) => [name, [...(a[name] ?? []), ...(b[name] ?? [])]]));
}
