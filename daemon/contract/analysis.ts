import { z } from "zod";
import { keyNames, scales } from "./keys.ts";

const share = z.number().min(0).max(1);
const seconds = z.number().min(0);
const keyName = z.enum(keyNames).nullable();
const scale = z.enum(scales).nullable();

/** What the decoder made of a file: the ground on which all results of the audio stand. */
export const decodedSchema = z.object({
  /** Length of what could be decoded, s: the truth, whatever the container says. */
  durationSec: seconds,
  /** Decoded length over the longer of it and what the container promises: below 1, something is missing. */
  coverage: share,
  /** Packets the decoder could not use. */
  corruptFrames: z.number().int().min(0),
});
export type Decoded = z.infer<typeof decodedSchema>;

/** Something that helps to judge a rip. */
export const soundNoteSchema = z.object({
  kind: z.enum(["silence", "clipping", "dc", "corrupt", "short", "not-finite"]),
  text: z.string().max(500),
});
export type SoundNote = z.infer<typeof soundNoteSchema>;

export const loudnessSchema = z.object({
  decoded: decodedSchema,
  /** Integrated loudness, LUFS (EBU R128 / ITU-R BS.1770-4); null when nothing was loud enough to count. */
  loudnessLufs: z.number().nullable(),
  /** Loudness range, LU (EBU Tech 3342). */
  loudnessRangeLu: z.number().nullable(),
  /** True peak, dBTP, of the stereo mix. */
  truePeakDb: z.number().nullable(),
  /** ReplayGain 2.0: gain to −18 LUFS in dB, and true peak on a linear scale. */
  replayGainDb: z.number().nullable(),
  replayGainPeak: z.number().nullable(),
  /** Why there is no loudness. */
  reason: z.string().max(300).optional(),
  notes: z.array(soundNoteSchema).max(20),
});
export type LoudnessResult = z.infer<typeof loudnessSchema>;

export const rhythmSchema = z.object({
  decoded: decodedSchema,
  bpm: z.number().positive().nullable(),
  bpmConfidence: share,
  /** Why there is no tempo. */
  reason: z.string().max(300).optional(),
  windowSec: z.number().positive(),
  /** Tempo of each window. */
  curve: z.array(z.number().positive().nullable()).max(100_000),
});
export type RhythmResult = z.infer<typeof rhythmSchema>;

export const keySchema = z.object({
  decoded: decodedSchema,
  key: keyName,
  scale,
  camelot: z.string().max(3).nullable(),
  keyStrength: share,
  /** Why there is no key. */
  reason: z.string().max(300).optional(),
  windowSec: z.number().positive(),
  curve: z.array(z.object({ key: keyName, scale, strength: share })).max(100_000),
});
export type KeyResult = z.infer<typeof keySchema>;

const probabilities = z.record(z.string().max(60), share);

export const moodSchema = z.object({
  decoded: decodedSchema,
  /** Which models gave this: another set gives other results. */
  modelsId: z.string().max(64),
  mood: probabilities,
  danceability: share.nullable(),
  style: z.array(z.object({ name: z.string().max(60), probability: share })).max(100),
  /** Models that could not be used, with the reason. */
  missing: z.array(z.object({ name: z.string(), reason: z.string().max(500) })).max(100),
  windowSec: z.number().positive(),
  curve: z
    .array(
      z.object({
        mood: probabilities,
        danceability: share.nullable(),
        style: z.array(z.object({ name: z.string(), probability: share })).max(3),
      }),
    )
    .max(100_000),
});
export type MoodResult = z.infer<typeof moodSchema>;

const style = z.array(z.object({ name: z.string(), probability: share }));

/** One window of the time series: what each stage says of it, absent where a stage has nothing. */
export const analysisWindowSchema = z.object({
  startSec: seconds,
  endSec: seconds,
  bpm: z.number().nullable().optional(),
  key: keyName.optional(),
  scale: scale.optional(),
  keyStrength: share.optional(),
  mood: probabilities.optional(),
  danceability: share.nullable().optional(),
  style: style.optional(),
});
export type AnalysisWindow = z.infer<typeof analysisWindowSchema>;

/** All that is known of a file's sound. A part whose stage has not run, or could not, is absent. */
export const analysisSchema = z.object({
  ...decodedSchema.partial().shape,
  ...loudnessSchema.omit({ decoded: true, reason: true }).partial().shape,
  bpm: z.number().nullable().optional(),
  bpmConfidence: share.optional(),
  key: keyName.optional(),
  scale: scale.optional(),
  camelot: z.string().nullable().optional(),
  keyStrength: share.optional(),
  danceability: share.nullable().optional(),
  mood: probabilities.optional(),
  style: style.optional(),
  windows: z.array(analysisWindowSchema).optional(),
  /** Why a part is missing, by field. */
  reasons: z.record(z.string(), z.string()).optional(),
  /** Fields whose value a person has set. */
  byPerson: z.array(z.string()).optional(),
  /** Mood and genre in a person's words. */
  moodText: z.string().optional(),
  genre: z.string().optional(),
});
export type Analysis = z.infer<typeof analysisSchema>;

/** What the stages of one decode gave, before it is put together. */
export interface AnalysisParts {
  loudness?: LoudnessResult;
  rhythm?: RhythmResult;
  key?: KeyResult;
  mood?: MoodResult;
}

const words = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, "must be one line");

/** What a person may set; it wins over what is measured and survives every new measurement. */
export const personValuesSchema = z.object({
  bpm: z.number().min(20).max(400),
  key: z.enum(keyNames),
  scale: z.enum(scales),
  moodText: words,
  genre: words,
});
export type PersonValues = Partial<z.infer<typeof personValuesSchema>>;
