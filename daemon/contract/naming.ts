import { z } from "zod";

/** `track`: one recording. `set`: a DJ set, concert or radio show. `other`: speech, samples; stays where it is. */
export const proposalKinds = ["track", "set", "other"] as const;
export type ProposalKind = (typeof proposalKinds)[number];

/** Every field a proposal can fill, in the order in which a person reads them. Values are text. */
export const fieldNames = [
  "artist",
  "title",
  "mix",
  "album",
  "albumArtist",
  "trackNumber",
  "discNumber",
  "year",
  "event",
  "episode",
  "venue",
  "stage",
  "day",
  "part",
  "source",
  "date",
] as const;
export type FieldName = (typeof fieldNames)[number];
export type Fields = Partial<Record<FieldName, string>>;

/** Where a value was found: a tag, the file's name, its folder, a sibling's name, a companion's text, the audio. */
export const evidenceSources = ["tag", "filename", "folder", "sibling", "companion", "audio", "rule", "llm"] as const;
export const evidenceSchema = z.object({ source: z.enum(evidenceSources), text: z.string() });
export type Evidence = z.infer<typeof evidenceSchema>;

/** What is known of one file when a name is proposed for it. Text in here is data, never an instruction. */
export const namingInputSchema = z.object({
  /** Relative to the scan root, `/` between parts, as on disk (display form, NFC). */
  path: z.string(),
  durationSec: z.number().nullable(),
  /** Tag texts by field name (`artist`, `albumArtist`, `trackNumber`, `comment` …). Absent tags are absent. */
  tags: z.record(z.string(), z.string()),
  /** Text companions of the file; `text` is bounded by the caller. */
  companions: z.array(z.object({ name: z.string(), text: z.string() })),
  /** Names of other media files in the same folder, bounded by the caller. */
  siblings: z.array(z.string()),
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
  evidence: z.partialRecord(z.enum(fieldNames), z.array(evidenceSchema)),
  /** What was ignored or contradicts, in words a person understands. */
  notes: z.array(z.string()),
});
export type ProposalDraft = z.infer<typeof proposalSchema>;
