import type { FieldName, Fields } from "../contract/fields.ts";
import { fieldNames } from "../contract/fields.ts";
import type { Alternative, Evidence } from "../contract/naming.ts";
import { foldText, isSimilar, isUncased, knownSpelling } from "./text.ts";

/** A value for a field, where it stands, and how sure that place is (0 … 1). */
export interface Claim {
  readonly value: string;
  readonly source: Evidence["source"];
  readonly text: string;
  readonly weight: number;
}
/** All claims of a proposal, each field's in the order in which they are believed when they weigh the same. */
export type Claims = Partial<Record<FieldName, readonly Claim[]>>;

/** What claims come to: a value for each field, what speaks for it, what for others, and how sure it is. */
export interface Settled {
  readonly fields: Fields;
  readonly evidence: Partial<Record<FieldName, Evidence[]>>;
  readonly alternatives: Partial<Record<FieldName, Alternative[]>>;
  readonly sureness: Partial<Record<FieldName, number>>;
}

const longestText = 300;
const mostAlternatives = 5;
const mostEvidence = 8;
const surest = 0.98;
/** How much of another value's strength is taken off. */
const contradictionShare = 0.25;

/** A claim as a list, so that an empty value is no claim. */
export function claim(value: string | undefined, source: Evidence["source"], text: string, weight: number): Claim[] {
  const trimmed = value?.trim() ?? "";
  return trimmed === "" ? [] : [{ value: trimmed, source, text: text.slice(0, longestText), weight }];
}

/** A claim from a tag, which it shows by its name and as it stands in the file. */
export function tagClaim(
  tags: Readonly<Record<string, string>>,
  tag: string,
  value: string | undefined,
  weight: number,
): Claim[] {
  return claim(value, "tag", `${tag}: ${tags[tag]?.trim() ?? value ?? ""}`, weight);
}

/** The same claims, believed less: where they stand is in doubt. */
export function doubt(claims: readonly Claim[], factor: number): Claim[] {
  return claims.map((one) => ({ ...one, weight: one.weight * factor }));
}

interface Group {
  readonly claims: Claim[];
  strength: number;
}

const keyOf = (value: string) =>
  foldText(value)
    .replace(/\b0+(?=\d)/g, "")
    .replace(/ /g, "") || value;

/** Places of different kinds that agree make a value surer: 1 − Π(1 − weight); one kind counts once, at its best. */
function strengthOf(claims: readonly Claim[]): number {
  const best = new Map<string, number>();
  for (const { source, weight } of claims) best.set(source, Math.max(best.get(source) ?? 0, weight));
  let doubtLeft = 1;
  for (const weight of best.values()) doubtLeft *= 1 - Math.min(surest, weight);
  return 1 - doubtLeft;
}

/** Claims that give the same value, the strongest value first; of equals the one that was claimed first. */
function groupClaims(claims: readonly Claim[]): Group[] {
  const groups = new Map<string, Group>();
  for (const one of claims) {
    const key = keyOf(one.value);
    const group = groups.get(key);
    if (group) group.claims.push(one);
    else groups.set(key, { claims: [one], strength: 0 });
  }
  const all = [...groups.values()];
  for (const group of all) group.strength = strengthOf(group.claims);
  return all.sort((a, b) => b.strength - a.strength);
}

/** The claim that would be taken: of the value with most behind it, the best place. */
export function bestClaim(claims: readonly Claim[]): Claim | undefined {
  const [chosen] = claims.length > 1 ? groupClaims(claims) : [{ claims }];
  return chosen?.claims.toSorted((a, b) => b.weight - a.weight)[0];
}

/** How a value is spelled: as its best place has it, but for capitals where that one has none and another does. */
function spell(ranked: readonly Claim[]): string {
  const best = ranked[0]?.value ?? "";
  if (!isUncased(best) || knownSpelling(best) === best) return best;
  const wanted = best.toLowerCase();
  return ranked.find(({ value }) => value.toLowerCase() === wanted && !isUncased(value))?.value ?? best;
}

const round = (number: number) => Math.round(number * 100) / 100;
const evidenceOf = ({ source, text, weight }: Claim): Evidence => ({ source, text, weight: round(weight) });

/** Weighs claims: for each field the value with most behind it, spelled as its best place has it. */
export function settle(claims: Claims): Settled {
  const fields: Fields = {};
  const evidence: Settled["evidence"] = {};
  const alternatives: Settled["alternatives"] = {};
  const sureness: Settled["sureness"] = {};
  for (const name of fieldNames) {
    const [chosen, ...others] = groupClaims(claims[name] ?? []);
    if (!chosen) continue;
    const ranked = chosen.claims.toSorted((a, b) => b.weight - a.weight);
    const value = spell(ranked);
    fields[name] = value;
    evidence[name] = ranked.slice(0, mostEvidence).map(evidenceOf);
    const against = others.filter((other) => !isSimilar(other.claims[0]?.value ?? "", value));
    const strongest = Math.max(0, ...against.map((other) => other.strength));
    sureness[name] = round(Math.max(0.05, Math.min(surest, chosen.strength) - contradictionShare * strongest));
    if (others.length > 0)
      alternatives[name] = others
        .flatMap((other) => other.claims.slice(0, 1))
        .slice(0, mostAlternatives)
        .map((one) => ({ value: one.value, ...evidenceOf(one) }));
  }
  return { fields, evidence, alternatives, sureness };
}
