import { z } from "zod";

/** The fingerprint engines, each a process of its own with the same protocol. */
export const fingerprintEngines = ["audfprint", "panako"] as const;
export type FingerprintEngine = (typeof fingerprintEngines)[number];

/** Header that says the rate of the samples in the body: raw mono float32, little-endian. */
export const sampleRateHeader = "x-sample-rate";
/** The rate the engines work at, Hz: sound of this rate is taken as it is. */
export const fingerprintRate = 11_025;
/** Largest id of a recording: 24 bits. */
export const largestTrackId = 2 ** 24 - 1;

/** `GET /health`, 200 or 503: counted in the store, not remembered. */
export const sidecarHealthSchema = z.object({
  status: z.enum(["ok", "unhealthy"]),
  engine: z.enum(fingerprintEngines),
  version: z.string(),
  /** Hash of all parameters that fingerprints depend on: with another one, all must be made anew. */
  parameters: z.string(),
  tracks: z.number().int(),
  seconds: z.number(),
  hashes: z.number().int(),
  bytes: z.number(),
  segments: z.number().int(),
  /** A query for a stretch of what is stored; null while the store is empty. */
  canary: z.object({ ok: z.boolean(), id: z.number().int(), ms: z.number() }).nullable(),
  /** What is wrong, and what to do. */
  error: z.string().nullable(),
});
export type SidecarHealth = z.infer<typeof sidecarHealthSchema>;

/** `PUT /tracks/{id}`: what was stored and read back. "silent": there is nothing in it to be found by, and nothing is stored. */
export const storedSchema = z.object({
  id: z.number().int(),
  outcome: z.enum(["stored", "silent"]),
  hashes: z.number().int(),
  durationSec: z.number(),
  peaks: z.number().int(),
  /** Longer than a track: hashed sparsely. */
  set: z.boolean(),
  replaced: z.boolean(),
});
export type Stored = z.infer<typeof storedSchema>;

/** A stretch of the query that is a stretch of a stored recording. */
export const sidecarMatchSchema = z.object({
  id: z.number().int(),
  /** How much more of the reference was found than chance gives, in standard deviations. */
  score: z.number(),
  /** The reference's peaks in the stretch, how many of them the query has, and how many chance would give. */
  expectedPeaks: z.number().int(),
  foundPeaks: z.number().int(),
  chancePeaks: z.number(),
  queryStartSec: z.number(),
  queryEndSec: z.number(),
  refStartSec: z.number(),
  refEndSec: z.number(),
  /** Tempo and pitch of the query over the reference's: 1.08 is 8 % faster, or higher. */
  tempoRatio: z.number(),
  pitchRatio: z.number(),
});
export type SidecarMatch = z.infer<typeof sidecarMatchSchema>;

/** `POST /query`, and `POST /tracks/{id}/query`, which asks with the kept peaks of a stored recording. */
export const queryAnswerSchema = z.object({ durationSec: z.number(), matches: z.array(sidecarMatchSchema) });
export type QueryAnswer = z.infer<typeof queryAnswerSchema>;

/** With `accept: application/x-ndjson` a query answers lines: how far it is, and at last the answer or an error. */
export const queryLineSchema = z.union([
  z.object({ progress: z.number() }),
  z.object({ answer: queryAnswerSchema }),
  z.object({ error: z.string() }),
]);

/** `GET /tracks?after=ID&limit=N`: what the store holds, by rising id. */
export const trackListSchema = z.object({
  tracks: z.array(
    z.object({ id: z.number().int(), hashes: z.number().int(), durationSec: z.number(), set: z.boolean() }),
  ),
  total: z.number().int(),
});

/** Errors of a sidecar: RFC 9457. */
export const sidecarProblemSchema = z.object({
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
});

/** What a sidecar that was started by the daemon prints as its first line. */
export const sidecarReadySchema = z.object({ url: z.url(), pid: z.number().int() });
