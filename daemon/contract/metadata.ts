import { z } from "zod";

/**
 * What the tags and the container of one media file say. Text is NFC, trimmed and free of NULs; a field that is
 * absent or cannot be read is null and, when it was present but unusable, named in `warnings`.
 */
export const metadataSchema = z.object({
  artist: z.string().nullable(),
  title: z.string().nullable(),
  album: z.string().nullable(),
  albumArtist: z.string().nullable(),
  composer: z.string().nullable(),
  genre: z.string().nullable(),
  comment: z.string().nullable(),
  /** As written in the tag: `2003`, `1994-06-06`. */
  date: z.string().nullable(),
  year: z.number().int().min(1).max(9999).nullable(),
  trackNumber: z.number().int().min(1).max(9999).nullable(),
  trackTotal: z.number().int().min(1).max(9999).nullable(),
  discNumber: z.number().int().min(1).max(999).nullable(),
  discTotal: z.number().int().min(1).max(999).nullable(),
  bpm: z.number().positive().max(1000).nullable(),
  key: z.string().nullable(),
  /** Seconds; null when neither header nor last page tells. */
  durationSec: z.number().nonnegative().nullable(),
  bitrateKbps: z.number().nonnegative().nullable(),
  sampleRateHz: z.number().int().positive().nullable(),
  channels: z.number().int().positive().nullable(),
  codec: z.string().nullable(),
  container: z.string().nullable(),
  lossless: z.boolean().nullable(),
  hasAudio: z.boolean().nullable(),
  hasVideo: z.boolean().nullable(),
  /** Embedded art is noted, never stored. */
  cover: z.object({ mime: z.string(), bytes: z.number().int().nonnegative() }).nullable(),
  /** Tag systems found, such as `ID3v2.4`, `vorbis`, `iTunes`. */
  tagTypes: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type Metadata = z.infer<typeof metadataSchema>;
