import type { FieldName } from "../contract/fields.ts";
import { fieldNames } from "../contract/fields.ts";
import type { Alternative, Evidence, NamingRule, ProposalDraft } from "../contract/naming.ts";
import { type Claims, claim, type Settled } from "./claims.ts";
import type { DayMonthOrder } from "./dates.ts";
import { foldText } from "./text.ts";

/** What a library has learned from a person, ready to be asked. */
export interface Library {
  /** The order of day and month in a folder or of a release group, where a person has shown it. */
  dateOrder(folder: string, group: string | undefined): DayMonthOrder | undefined;
  /** Values that a person gave to other files of the folder. */
  folderClaims(folder: string): Claims;
  /** Settled fields as this library writes them. */
  rewrite(settled: Settled): Settled;
}

const learnedSureness = 0.96;
const folderWeight = 0.6;
const joiner = /( b2b | vs\.? | & | feat\.? | ft\.? | x |, | and )/i;

/** The field under which a value's rules are kept: performers are the same people in both fields. */
export const ruleField = (field: FieldName): FieldName => (field === "albumArtist" ? "artist" : field);
/** A value as rules match it. */
export const ruleKey = (value: string): string => foldText(value) || value.trim();
/** Scopes of rules. */
export const folderScope = (folder: string) => `folder:${folder}`;
export const groupScope = (group: string) => `group:${group}`;

/** Fields whose values rules speak of. */
const ruledFields = ["artist", "albumArtist", "album", "event", "venue", "stage"] as const;

/** What a draft's fields and their alternatives name, as rules match it: whole, and each of joined performers. */
export function namesIn({ fields, alternatives }: Pick<ProposalDraft, "fields" | "alternatives">): string[] {
  const values = ruledFields.flatMap((field) => [
    fields[field] ?? "",
    ...(alternatives[field] ?? []).map(({ value }) => value),
  ]);
  const pieces = values.flatMap((value) => [value, ...value.split(joiner).filter((_, at) => at % 2 === 0)]);
  return [...new Set(pieces.map(ruleKey))].filter((key) => key !== "");
}

function keyed(rules: readonly NamingRule[]): Map<string, NamingRule> {
  return new Map(rules.map((rule) => [`${rule.field}\n${rule.scope}\n${rule.matches}`, rule]));
}

/** The value with all that it is made of written as learned; undefined when nothing applies. */
function rewritten(field: FieldName, value: string, rules: Map<string, NamingRule>) {
  const find = (text: string) => {
    const rule = rules.get(`${ruleField(field)}\n\n${ruleKey(text)}`);
    return rule && rule.value !== text ? rule : undefined;
  };
  const whole = find(value);
  if (whole) return { value: whole.value, rules: [whole] };
  if (ruleField(field) !== "artist") return undefined;
  const used: NamingRule[] = [];
  const pieces = value.split(joiner).map((piece, at) => {
    const rule = at % 2 === 0 ? find(piece) : undefined;
    if (rule) used.push(rule);
    return rule?.value ?? piece;
  });
  return used.length > 0 ? { value: pieces.join(""), rules: used } : undefined;
}

const sayRule = (rule: NamingRule): Evidence => ({
  source: "library",
  text:
    rule.kind === "source" ? `${rule.before} is: ${rule.value}` : `“${rule.before}” is written “${rule.value}” here`,
  weight: learnedSureness,
});

/** Makes rules ready; the later of two that speak of the same counts. */
export function makeLibrary(rules: readonly NamingRule[]): Library {
  const of = (...kinds: NamingRule["kind"][]) => keyed(rules.filter((rule) => kinds.includes(rule.kind)));
  const spellings = of("spelling", "alias");
  const sources = of("source");
  const orders = of("date-order");
  const folders = rules.filter((rule) => rule.kind === "folder");
  return {
    dateOrder(folder, group) {
      const rule =
        (group ? orders.get(`date\n${groupScope(group)}\n`) : undefined) ??
        orders.get(`date\n${folderScope(folder)}\n`);
      return rule?.value === "dm" || rule?.value === "md" ? rule.value : undefined;
    },
    folderClaims(folder) {
      const here = folders.filter((rule) => rule.scope === folderScope(folder));
      return Object.fromEntries(
        here.map((rule) => [
          rule.field,
          claim(rule.value, "library", `Set for other files in ${folder || "this folder"}`, folderWeight),
        ]),
      );
    },
    rewrite(settled) {
      const fields = { ...settled.fields };
      const evidence = { ...settled.evidence };
      const alternatives = { ...settled.alternatives };
      const sureness = { ...settled.sureness };
      const set = (field: FieldName, value: string, used: readonly NamingRule[]) => {
        const before = fields[field];
        const places = evidence[field] ?? [];
        if (before !== undefined && ruleKey(before) !== ruleKey(value)) {
          const old: Alternative = { value: before, source: places[0]?.source ?? "rule", text: places[0]?.text ?? "" };
          alternatives[field] = [old, ...(alternatives[field] ?? [])].slice(0, 5);
        }
        fields[field] = value;
        evidence[field] = [...used.map(sayRule), ...places];
        sureness[field] = Math.max(sureness[field] ?? 0, learnedSureness);
      };
      for (const field of fieldNames) {
        const value = fields[field];
        const found = value === undefined ? undefined : rewritten(field, value, spellings);
        if (found) set(field, found.value, found.rules);
      }
      const source = fields.event === undefined ? undefined : sources.get(`source\n\n${ruleKey(fields.event)}`);
      if (source) set("source", source.value, [source]);
      return { fields, evidence, alternatives, sureness };
    },
  };
}

/** A library that has learned nothing yet. */
export const emptyLibrary: Library = makeLibrary([]);
