import { type FieldName, type ProposalKind, proposalKinds, setOnly, trackOnly } from "../contract/fields.ts";
import type { Evidence, NamingInput, ProposalDraft } from "../contract/naming.ts";
import type { Templates } from "../contract/templates.ts";
import { type Claims, type Settled, settle } from "./claims.ts";
import { readCompany } from "./company.ts";
import { type Context, makeContext } from "./context.ts";
import { copyClaims, copyInput, joinClaims } from "./copies.ts";
import { type DecidedKind, decideKind, trackMaxSec } from "./kinds.ts";
import { layoutClaims, readLayout } from "./layout.ts";
import type { Library } from "./library.ts";
import { applyPerson } from "./person.ts";
import { type RenderOptions, renderName } from "./render.ts";
import { readSetNames, resolveSet } from "./rules-set.ts";
import { hasManyDiscs, readTrack, resolveTrack } from "./rules-track.ts";
import { dropLeadingNumber } from "./set-name.ts";
import { defaultTemplates } from "./templates.ts";

/** Settings of the rules. */
export interface RulesOptions {
  readonly templates?: Templates;
  /** What a person has taught. */
  readonly library?: Library;
}
/** A proposal, and what a second engine needs to render other fields in its place. */
export interface RulesReading {
  readonly draft: ProposalDraft;
  readonly rendering: RenderOptions;
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

interface Resolved extends DecidedKind {
  readonly settled: Settled;
  readonly manyDiscs: boolean;
  readonly trackDigits: number;
}

const nothing: Settled = { fields: {}, evidence: {}, alternatives: {}, sureness: {} };

/** Without what belongs to the other kind: an album has no event. */
function onlyOf(kind: ProposalKind, claims: Claims): Claims {
  const own = kind === "set" ? setOnly : trackOnly;
  const foreign = kind === "set" ? trackOnly : setOnly;
  return Object.fromEntries(
    Object.entries(claims).filter(([name]) => own.has(name as FieldName) || !foreign.has(name as FieldName)),
  );
}

/** What the best copy is, when the file's own name and tags say too little to be named. */
function kindOfCopy(context: Context, options: RulesOptions): DecidedKind | undefined {
  const [copy] = context.input.copies ?? [];
  if (!copy) return undefined;
  const { kind } = readByRules(copyInput(context.input, copy), options).draft;
  return { kind, because: { source: "fingerprint", text: copy.path, weight: 0.6 } };
}

/** What a file's name and place say when the templates have made them; undefined for all others. */
function resolveLayout(context: Context, options: RulesOptions): Resolved | undefined {
  const { input, library } = context;
  const read = readLayout(input, options.templates ?? defaultTemplates);
  if (!read || input.person?.kind) return undefined;
  const settled = applyPerson(library.rewrite(settle(layoutClaims(input, read))), input.person ?? {});
  const because: Evidence = { source: "filename", text: input.path, weight: 0.9 };
  return { kind: read.kind, because, settled, manyDiscs: read.manyDiscs, trackDigits: read.trackDigits ?? 1 };
}

function resolve(context: Context, options: RulesOptions): Resolved {
  const { durationSec, person = {} } = context.input;
  const layout = resolveLayout(context, options);
  if (layout) return layout;
  const isLong = durationSec === null || durationSec >= trackMaxSec;
  const readings = readSetNames(context, isLong);
  const track = readTrack(context);
  const number = track.number ?? (dropLeadingNumber(context.stem) === context.stem ? undefined : "0");
  const own = decideKind(context, readings.stem, readings.title, number);
  const isNameless = own.kind === "track" && track.artist === undefined && context.tags.artist === undefined;
  const decided = (isNameless && kindOfCopy(context, options)) || own;
  const set = proposalKinds.find((one) => one === person.kind);
  const kind = set ?? decided.kind;
  const because: Evidence = set ? { source: "person", text: "Set by hand", weight: 1 } : decided.because;
  if (kind === "other") return { kind, because, settled: nothing, manyDiscs: false, trackDigits: 1 };
  const company = readCompany(context);
  const learned = context.library.folderClaims(context.dirs.join("/"));
  const fromCopies = copyClaims(context.input, (input) => readByRules(input, options).draft);
  const claims =
    kind === "set" ? resolveSet(context, isLong ? readings : readSetNames(context)) : resolveTrack(context, track);
  const others = [kind === "track" ? company.claims : {}, fromCopies, learned].map((more) => onlyOf(kind, more));
  const settled = applyPerson(context.library.rewrite(settle(others.reduce(joinClaims, claims))), person);
  const manyDiscs = kind === "track" && hasManyDiscs(context, settled.fields.discNumber);
  return { kind, because, settled, manyDiscs, trackDigits: company.trackDigits };
}

/** As `proposeByRules`, with what is needed to render the name anew. */
export function readByRules(input: NamingInput, options: RulesOptions = {}): RulesReading {
  const context = makeContext(input, options.library);
  const { kind, because, settled, manyDiscs, trackDigits } = resolve(context, options);
  const { fields, evidence, alternatives, sureness } = settled;
  const rendering = { templates: options.templates, path: input.path, manyDiscs, trackDigits };
  const rendered = renderName(kind, fields, rendering);
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
      evidence: { kind: [because], ...evidence },
      sureness,
      alternatives,
      notes: [...new Set(context.notes)],
    },
    rendering,
  };
}

/**
 * Proposes kind, fields, name and place of one file by rules alone. Pure: no clock, no network, no files. Every field
 * carries its evidence; what no text of the input says stays absent.
 */
export function proposeByRules(input: NamingInput, options: RulesOptions = {}): ProposalDraft {
  return readByRules(input, options).draft;
}
