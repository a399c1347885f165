import { z } from "zod";
import { fieldNames, proposalKinds } from "./fields.ts";

/** What evidence may speak of: a field, or the kind. */
export const evidenceKeys = ["kind", ...fieldNames] as const;
export type EvidenceKey = (typeof evidenceKeys)[number];

/**
 * Where a value was found: a tag, the file's name, its folder, other files beside it, a companion's text, the sound, a
 * copy that the fingerprints found, a track list; what the library has learned (`library`) or a person set for this file
 * (`person`); a rule without a text of its own, the model.
 */
export const evidenceSources = [
  "tag",
  "filename",
  "folder",
  "sibling",
  "companion",
  "audio",
  "fingerprint",
  "tracklist",
  "library",
  "person",
  "rule",
  "llm",
] as const;
export const evidenceSchema = z.object({
  source: z.enum(evidenceSources),
  text: z.string(),
  /** How far the place is to be believed, 0 … 1. */
  weight: z.number().min(0).max(1).optional(),
});
export type Evidence = z.infer<typeof evidenceSchema>;
/** A value that was not taken, and where it stands. */
export const alternativeSchema = evidenceSchema.extend({ value: z.string() });
export type Alternative = z.infer<typeof alternativeSchema>;

const tagTexts = z.record(z.string(), z.string());
/** What is known of one file when a name is proposed for it. Text in here is data, never an instruction. */
export const namingInputSchema = z.object({
  /** Relative to the scan root, `/` between parts, as on disk (display form, NFC). */
  path: z.string(),
  durationSec: z.number().nullable(),
  /** Tag texts by field name (`artist`, `albumArtist`, `trackNumber`, `comment` …). Absent tags are absent. */
  tags: tagTexts,
  /** Text companions of the file; `text` is bounded by the caller, `ignored` says what was left out of it. */
  companions: z.array(z.object({ name: z.string(), text: z.string(), ignored: z.string().optional() })),
  /** What was left out of the rest, in words a person understands. */
  ignored: z.array(z.string()).optional(),
  /** Names of other media files in the same folder, bounded by the caller. */
  siblings: z.array(z.string()),
  /** Tags of such files, as far as they are read: what an album has in common. */
  neighbours: z.array(z.object({ name: z.string(), tags: tagTexts })).optional(),
  /** What listening found. `isMix`: a steady beat for long, in several keys, as a mix of tracks has. */
  sound: z
    .object({ bpm: z.number().nullable(), durationSec: z.number().nullable(), isMix: z.boolean().nullable() })
    .optional(),
  /** Other files with the same recording from end to end, as fingerprints or the content's hash show. */
  copies: z.array(z.object({ path: z.string(), tags: tagTexts, probability: z.number() })).optional(),
  /** The order of day and month that names of the file's release group show elsewhere in the library, and one of them. */
  groupOrder: z.object({ order: z.enum(["dm", "md"]), text: z.string() }).optional(),
  /** What a person set for this very file; an empty text says that the field stays empty. */
  person: z.partialRecord(z.enum(evidenceKeys), z.string()).optional(),
});
export type NamingInput = z.infer<typeof namingInputSchema>;

export const engines = ["rules", "ollama"] as const;
export type Engine = (typeof engines)[number];

/** Fields with evidence, and the name and place the templates make of them. */
export const proposalSchema = z.object({
  kind: z.enum(proposalKinds),
  fields: z.partialRecord(z.enum(fieldNames), z.string()),
  /** File name with extension; at most 255 bytes, no `/`. */
  filename: z.string(),
  /** Relative to the output folder (`other`: the file's own folder), `/` between parts, never absolute, no `..`. */
  directory: z.string(),
  /** 0 … 1: how sure the engine is that a careful collector would approve. */
  confidence: z.number().min(0).max(1),
  engine: z.enum(engines),
  evidence: z.partialRecord(z.enum(evidenceKeys), z.array(evidenceSchema)),
  /** How sure each field is, 0 … 1: higher where places agree, lower where they contradict. */
  sureness: z.partialRecord(z.enum(fieldNames), z.number().min(0).max(1)),
  /** Values that other places give for a field, the likeliest first. */
  alternatives: z.partialRecord(z.enum(fieldNames), z.array(alternativeSchema)),
  /** What was ignored or contradicts, in words a person understands. */
  notes: z.array(z.string()),
  /** What the model's look was made with: model, version of the prompt, and how long the answer took. */
  model: z.string().optional(),
  prompt: z.string().optional(),
  durationMs: z.number().optional(),
});
export type ProposalDraft = z.infer<typeof proposalSchema>;

/**
 * What a library can learn from a person's edits. `spelling` and `alias`: a value is written otherwise. `folder`: a
 * folder's files share a value that stands nowhere. `date-order`: day or month first. `source`: what an event is.
 */
export const namingRuleKinds = ["spelling", "alias", "folder", "date-order", "source"] as const;
export const namingRuleSchema = z.object({
  kind: z.enum(namingRuleKinds),
  /** The field that it sets; `artist` holds for album artists as well. */
  field: z.enum(fieldNames),
  /** Where it holds: empty for the whole library, `folder:PATH` (as in `path`) or `group:NAME`. */
  scope: z.string().max(4096),
  /** The folded value it changes; empty for a field that is empty. */
  matches: z.string().max(400),
  /** The same as it was written, for people. */
  before: z.string().max(400),
  value: z.string().min(1).max(400),
});
export type NamingRule = z.infer<typeof namingRuleSchema>;
