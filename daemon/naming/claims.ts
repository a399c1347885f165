import type { Evidence, FieldName, Fields } from "../contract/naming.ts";
import { fieldNames } from "../contract/naming.ts";

/** A value for a field, where it stands, and how sure that place is (0 … 1). */
export interface Claim {
  readonly value: string;
  readonly source: Evidence["source"];
  readonly text: string;
  readonly weight: number;
}
/** The chosen claims of a proposal. */
export type Claims = Partial<Record<FieldName, readonly Claim[]>>;

/** A claim as a list, so that an empty value is no claim. */
export function claim(value: string | undefined, source: Evidence["source"], text: string, weight: number): Claim[] {
  const trimmed = value?.trim() ?? "";
  return trimmed === "" ? [] : [{ value: trimmed, source, text: text.slice(0, 300), weight }];
}

/** Fields and evidence of claims: the first claim of a field wins, agreeing ones are further evidence. */
export function settle(claims: Claims): { fields: Fields; evidence: Partial<Record<FieldName, Evidence[]>> } {
  const fields: Fields = {};
  const evidence: Partial<Record<FieldName, Evidence[]>> = {};
  for (const name of fieldNames) {
    const [first, ...others] = claims[name] ?? [];
    if (!first) continue;
    fields[name] = first.value;
    const agreeing = others.filter((other) => other.value.toLowerCase() === first.value.toLowerCase());
    evidence[name] = [first, ...agreeing].map(({ source, text }) => ({ source, text }));
  }
  return { fields, evidence };
}

/** How sure a field is: its own weight, more when an independent place agrees. */
export function fieldConfidence(claims: Claims, name: FieldName): number {
  const [first, ...others] = claims[name] ?? [];
  if (!first) return 0;
  const agrees = others.some(
    (other) => other.source !== first.source && other.value.toLowerCase() === first.value.toLowerCase(),
  );
  return Math.min(0.98, first.weight + (agrees ? 0.15 : 0));
}
