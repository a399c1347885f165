import { z } from "@hono/zod-openapi";
import { fileMatchSchema } from "./fingerprint.ts";
import { fingerprintEngines } from "./sidecar.ts";

const count = z.number().int();

/** What each engine has done, and what its store holds. */
export const fingerprintProgressSchema = z
  .object({
    engines: z.array(
      z.object({
        engine: z.enum(fingerprintEngines),
        pending: count,
        running: count,
        done: count,
        failed: count,
        skipped: count,
        tracks: count.openapi({ description: "Recordings in the engine's store, as it counted them last" }),
        hashes: count,
        seconds: z.number(),
        healthy: z.boolean(),
        error: z.string().nullable(),
      }),
    ),
  })
  .openapi("FingerprintProgress");
export type FingerprintProgress = z.infer<typeof fingerprintProgressSchema>;

export const identifyReplySchema = z
  .object({
    matches: z.array(
      fileMatchSchema.omit({ otherId: true }).extend({
        fileId: count,
        path: z.string(),
        engine: z.enum(fingerprintEngines).openapi({ description: "The surest of `engines`" }),
      }),
    ),
    errors: z
      .array(z.object({ engine: z.enum(fingerprintEngines), message: z.string() }))
      .openapi({ description: "Engines that were not asked, or did not answer" }),
  })
  .openapi("Identification");
export type IdentifyReply = z.infer<typeof identifyReplySchema>;

/** Lines of `POST /api/v1/identify` with `accept: application/x-ndjson`. */
export type IdentifyLine = { progress: number } | { answer: IdentifyReply } | { error: string };

export const fileMatchesSchema = z
  .object({
    matches: z.array(
      z.object({
        otherId: count,
        path: z.string(),
        missing: z.boolean(),
        probability: z.number(),
        score: z.number(),
        engines: z.array(z.enum(fingerprintEngines)),
        startSec: z.number().openapi({ description: "In this file" }),
        endSec: z.number(),
        otherStartSec: z.number().openapi({ description: "In the other file" }),
        otherEndSec: z.number(),
        tempoRatio: z.number().openapi({ description: "Tempo here over the tempo there" }),
        pitchRatio: z.number(),
        reasons: z.array(z.string()).openapi({ description: "As the search saw it: `role` says who was the query" }),
        role: z.enum(["query", "reference"]),
        foundAt: count,
      }),
    ),
  })
  .openapi("FileMatches");
export type FileMatches = z.infer<typeof fileMatchesSchema>;

export const scanStatusSchema = z.object({
  pending: count,
  running: count,
  done: count,
  failed: count,
  matches: count,
});
