import { z } from "zod";
import { fingerprintEngines } from "./sidecar.ts";

/** What a fingerprint stage gives: what its engine stored and read back. */
export const fingerprintSchema = z.object({
  engine: z.enum(fingerprintEngines),
  /** "silent": there is nothing in it to be found by. */
  outcome: z.enum(["stored", "silent"]),
  hashes: z.number().int().min(0),
  durationSec: z.number().min(0),
  /** Longer than a track. */
  set: z.boolean(),
  /** Hash of all parameters that the fingerprints depend on. */
  parameters: z.string(),
});
export type Fingerprint = z.infer<typeof fingerprintSchema>;

const ratio = z.number().positive();

/** A stretch of one file that is a stretch of another. */
export const fileMatchSchema = z.object({
  /** The file that was recognised. */
  otherId: z.number().int(),
  probability: z.number().min(0).max(1),
  score: z.number(),
  /** Who found it, the surest first. */
  engines: z.array(z.enum(fingerprintEngines)).min(1),
  queryStartSec: z.number(),
  queryEndSec: z.number(),
  refStartSec: z.number(),
  refEndSec: z.number(),
  tempoRatio: ratio,
  pitchRatio: ratio,
  reasons: z.array(z.string()),
});
export type FileMatch = z.infer<typeof fileMatchSchema>;

/** What the stage that identifies gives. */
export const identifiedSchema = z.object({
  /** The engines that were asked. */
  engines: z.array(z.enum(fingerprintEngines)),
  matches: z.array(fileMatchSchema),
});
export type Identified = z.infer<typeof identifiedSchema>;
