import type { FieldName, NamingInput, ProposalDraft, ProposalKind } from "../contract/naming.ts";
import { type Claims, type Settled, settle } from "./claims.ts";
import { type Context, makeContext } from "./context.ts";
import { decideKind, trackMaxSec } from "./kinds.ts";
import { renderName } from "./render.ts";
import { readSetNames, resolveSet } from "./rules-set.ts";
import { hasManyDiscs, readTrack, resolveTrack } from "./rules-track.ts";
import { dropLeadingNumber } from "./set-name.ts";
import type { Templates } from "./templates.ts";

/** Settings of the rules. */
export interface RulesOptions {
  readonly templates?: Templates;
}
/** A proposal with what a second engine needs to render it anew: whether discs are numbered. */
export interface RulesReading {
  readonly draft: ProposalDraft;
  readonly manyDiscs: boolean;
}

const needed: Readonly<Record<ProposalKind, readonly FieldName[]>> = {
  track: ["artist", "title"],
  set: ["artist"],
  other: [],
};

function confidenceOf(kind: ProposalKind, sureness: Settled["sureness"], isNew: boolean): number {
  if (kind === "other") return 0.9;
  if (!isNew) return 0.2;
  const sure = needed[kind].map((name) => sureness[name] ?? 0);
  const place = kind === "set" ? Math.max(sureness.event ?? 0, sureness.venue ?? 0, 0.4) : 1;
  return Math.max(0.1, Math.min(0.99, ...sure, place));
}

function resolve(context: Context): { kind: ProposalKind; claims: Claims; manyDiscs: boolean } {
  const { durationSec } = context.input;
  const readings = readSetNames(context, durationSec === null || durationSec >= trackMaxSec);
  const track = readTrack(context);
  const number = track.number ?? (dropLeadingNumber(context.stem) === context.stem ? undefined : "0");
  const kind = decideKind(context, readings.stem, readings.title, number);
  if (kind === "other") return { kind, claims: {}, manyDiscs: false };
  if (kind === "set") return { kind, claims: resolveSet(context, readSetNames(context)), manyDiscs: false };
  const claims = resolveTrack(context, track);
  return { kind, claims, manyDiscs: hasManyDiscs(context, claims.discNumber?.[0]?.value) };
}

/** As `proposeByRules`, with the sureness of each field. */
export function readByRules(input: NamingInput, options: RulesOptions = {}): RulesReading {
  const context = makeContext(input);
  const { kind, claims, manyDiscs } = resolve(context);
  const { fields, evidence, alternatives, sureness } = settle(claims);
  const rendered = renderName(kind, fields, { templates: options.templates, path: input.path, manyDiscs });
  if (kind !== "other" && !rendered.isNew)
    context.notes.push("Artist or title is not known; the file keeps its name and place.");
  return {
    draft: {
      kind,
      fields,
      filename: rendered.filename,
      directory: rendered.directory,
      confidence: Math.round(confidenceOf(kind, sureness, rendered.isNew) * 100) / 100,
      engine: "rules",
      evidence,
      sureness,
      alternatives,
      notes: [...new Set(context.notes)],
    },
    manyDiscs,
  };
}

/**
 * Proposes kind, fields, name and place of one file by rules alone. Pure: no clock, no network, no files. Every field
 * carries its evidence; what no text of the input says stays absent.
 */
export function proposeByRules(input: NamingInput, options: RulesOptions = {}): ProposalDraft {
  return readByRules(input, options).draft;
}
