import { type FieldName, fieldNames } from "../contract/fields.ts";
import type { Alternative, Evidence, NamingInput, ProposalDraft } from "../contract/naming.ts";
import { isOrder, trustedInput } from "./llm-orders.ts";

/** A file and what the rules propose for it. */
export interface Question {
  readonly input: NamingInput;
  readonly draft: ProposalDraft;
}

/** What is said of one file, beside its place in the list. */
export interface FileQuestion {
  readonly path: string;
  readonly durationSec: number | null;
  readonly claims: Claims;
  readonly tags: Record<string, string>;
  readonly siblings: readonly string[];
  readonly companions: readonly { name: string; text: string }[];
}

interface SaidClaim {
  value: string;
  sure?: number;
  /** Kinds of places, as `filename+tag`. */
  from?: string;
  or?: { value: string; from: string }[];
}
type Claims = { kind: SaidClaim } & Partial<Record<FieldName, SaidClaim>>;

/** What a file's question holds at most, in characters of JSON, its companions apart. */
export const charsPerFile = 1500;
const longestValue = 160;
const longestPath = 600;
const mostSiblings = 8;
const mostAlternatives = 3;

/** What is said of a file: first all that is of use, then ever less, until it fits. */
const sizes: readonly { tagChars: number; siblings: number; alternatives: number }[] = [
  { tagChars: 400, siblings: mostSiblings, alternatives: mostAlternatives },
  { tagChars: 120, siblings: mostSiblings, alternatives: mostAlternatives },
  { tagChars: 40, siblings: mostSiblings, alternatives: mostAlternatives },
  { tagChars: 0, siblings: mostSiblings, alternatives: mostAlternatives },
  { tagChars: 0, siblings: 3, alternatives: mostAlternatives },
  { tagChars: 0, siblings: 0, alternatives: mostAlternatives },
  { tagChars: 0, siblings: 0, alternatives: 1 },
  { tagChars: 0, siblings: 0, alternatives: 0 },
];

/** Cuts at a character, never through a surrogate pair. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
}

function fromOf(evidence: readonly Evidence[] | undefined): { from?: string } {
  const kinds = [...new Set((evidence ?? []).map(({ source }) => source))].filter((source) => source !== "llm");
  return kinds.length > 0 ? { from: kinds.join("+") } : {};
}

const canBeSaid = (value: string) => value !== "" && value.length <= longestValue && !isOrder(value);

function alternativesOf(
  all: readonly Alternative[] | undefined,
  value: string,
  most: number,
): { or?: { value: string; from: string }[] } {
  const said = (all ?? []).filter((one) => one.value !== value && canBeSaid(one.value)).slice(0, most);
  return said.length > 0 ? { or: said.map((one) => ({ value: one.value, from: one.source })) } : {};
}

/** The rules' claims: what is known of each field that is not empty. Claims that give orders are not passed on. */
function claimsOf({ evidence, sureness, alternatives, fields, kind }: ProposalDraft, mostOthers: number): Claims {
  const claims: Claims = { kind: { value: kind, ...fromOf(evidence.kind) } };
  for (const field of fieldNames) {
    const value = fields[field] ?? "";
    if (!canBeSaid(value)) continue;
    const sure = sureness[field];
    claims[field] = {
      value,
      ...(sure === undefined ? {} : { sure: Math.round(sure * 100) / 100 }),
      ...fromOf(evidence[field]),
      ...alternativesOf(alternatives[field], value, mostOthers),
    };
  }
  return claims;
}

function cutTags(tags: Readonly<Record<string, string>>, most: number): Record<string, string> {
  const cuts = Object.entries(tags).map(([key, text]) => [key, cut(text, most)] as const);
  return Object.fromEntries(cuts.filter(([key, text]) => text !== "" && key.length <= 40));
}

/** Companions' texts, together at most `most` characters. */
function cutCompanions(companions: NamingInput["companions"], most: number): FileQuestion["companions"] {
  let left = Math.max(0, most);
  // The log of a ripping program is long, and says no more than the rules have read.
  const bounded = companions
    .filter(({ name }) => !/\.log$/i.test(name))
    .map(({ name, text }) => {
      const kept = cut(text, left);
      left -= kept.length;
      return { name: cut(name, longestValue), text: kept };
    });
  return bounded.filter(({ text }) => text !== "");
}

/** Without the longest claims, until the rest fits. */
function withFewerClaims(file: FileQuestion): FileQuestion {
  const claims = { ...file.claims };
  const longestFirst = fieldNames.toSorted(
    (a, b) => JSON.stringify(claims[b] ?? "").length - JSON.stringify(claims[a] ?? "").length,
  );
  for (const field of longestFirst) {
    if (JSON.stringify({ ...file, claims }).length <= charsPerFile) break;
    delete claims[field];
  }
  return { ...file, claims };
}

/**
 * What is said of a file: at most `charsPerFile` characters beside its companions. Of a file with more, tags are cut
 * first, then siblings, then other values, and last claims.
 */
export function describeFile({ input, draft }: Question, maxCompanionChars: number): FileQuestion {
  const { path, durationSec, tags, companions, siblings } = trustedInput(input);
  const shortPath = path.length > longestPath ? `…${path.slice(-longestPath)}` : path;
  const names = siblings.slice(0, mostSiblings).map((name) => cut(name, longestValue));
  const said = (size: (typeof sizes)[number]): FileQuestion => ({
    path: shortPath,
    durationSec,
    claims: claimsOf(draft, size.alternatives),
    tags: cutTags(tags, size.tagChars),
    siblings: names.slice(0, size.siblings),
    companions: [],
  });
  let file = said(sizes[0] as (typeof sizes)[number]);
  for (const size of sizes.slice(1)) {
    if (JSON.stringify(file).length <= charsPerFile) break;
    file = said(size);
  }
  return { ...withFewerClaims(file), companions: cutCompanions(companions, maxCompanionChars) };
}

/** The text of a question about files, each with its place in this list. */
export function questionText(files: readonly FileQuestion[]): string {
  return JSON.stringify(files.map((file, index) => ({ index, ...file })));
}
