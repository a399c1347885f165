import { type Essentia, takeVector, withVector } from "./essentia.ts";
import { type Onsets, onsetRateHz, onsetsOf } from "./rhythm-onsets.ts";
import { fastestBpm, likenessOf, type Period, periodsOf, slowestBpm } from "./rhythm-periods.ts";
import { periodWeights } from "./rhythm-weights.ts";

export { type RhythmSummary, summariseRhythm, type TimedRhythm } from "./rhythm-summary.ts";

/** A tempo that fits a window, and how probable it is beside the others (0…1). */
export interface TempoCandidate {
  readonly bpm: number;
  readonly weight: number;
}

/** What one window of sound says about tempo. */
export interface RhythmWindow {
  /** The most probable tempo by this window alone; null without a beat, then there is a reason. */
  readonly bpm: number | null;
  /** How clear the beat is, 0…1. */
  readonly confidence: number;
  /** At most 8, the most probable first. */
  readonly candidates: readonly TempoCandidate[];
  /** Beats that essentia taps in the window. */
  readonly beats: number;
  readonly reason?: string;
}

const inputHz = 44_100;
const shortestSec = 5;
/** −90 dB: under it there is only hiss of converters. */
const silentPower = 1e-9;
/** Music is at 1.6 or more, a tone that only holds at 0.05. */
const leastActivity = 0.3;
/** Noise repeats by up to 0.1 by chance, songs with a beat by 0.2 at least. */
const leastPulse = 0.13;
const clearPulse = 0.55;
const maxCandidates = 8;

const none = (reason: string): RhythmWindow => ({ bpm: null, confidence: 0, candidates: [], beats: 0, reason });

/**
 * Tempo of a window. Periods come from the autocorrelation of onsets in four bands, which of them is the beat from a
 * linear model (`rhythm-weights.ts`); essentia's beat tracker (Degara et al. 2012) taps along with the onsets, and what
 * both agree on counts more. `samples`: mono, 44,100 Hz, finite, −1…1, up to 30 s.
 */
export function analyseRhythm(essentia: Essentia, samples: Float32Array): RhythmWindow {
  if (samples.length < shortestSec * inputHz) return none(`shorter than ${shortestSec} s`);
  const onsets = onsetsOf(samples);
  if (!(onsets.power > silentPower)) return none("silence");
  if (onsets.activity < leastActivity) return none("no beat");
  const candidates = weigh(periodsOf(likenessOf(onsets)).filter(({ pulse }) => pulse > leastPulse));
  const [best] = candidates;
  if (!best) return none("no beat");
  const tapped = tapBeats(essentia, onsets);
  const clear = Math.min(1, (best.pulse - leastPulse) / (clearPulse - leastPulse));
  const agreed = tapped.bpm !== null && isOctaveOf(tapped.bpm, best.bpm) ? 1 : 0.7;
  return {
    bpm: round(best.bpm, 3),
    confidence: round(clear * agreed * (0.5 + 0.5 * best.weight), 3),
    candidates: candidates
      .slice(0, maxCandidates)
      .map(({ bpm, weight }) => ({ bpm: round(bpm, 3), weight: round(weight, 4) })),
    beats: tapped.beats,
  };
}

/** Periods as candidates: the model's scores as probabilities that sum to 1. */
function weigh(periods: readonly Period[]): (TempoCandidate & { readonly pulse: number })[] {
  const scores = periods.map(({ features }) =>
    features.reduce((sum, feature, index) => sum + feature * (periodWeights[index] ?? 0), 0),
  );
  const highest = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - highest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return periods
    .map(({ bpm, pulse }, index) => ({ bpm, pulse, weight: (shares[index] ?? 0) / total }))
    .sort((one, other) => other.weight - one.weight);
}

/** Beats by essentia, and the tempo of their median distance. */
function tapBeats(essentia: Essentia, { streams, frames }: Onsets): { bpm: number | null; beats: number } {
  const sum = new Float32Array(frames);
  for (const stream of streams) for (let i = 0; i < frames; i++) sum[i] = (sum[i] as number) + (stream[i] as number);
  const ticks = withVector(essentia, sum, (vector) =>
    takeVector(essentia.TempoTapDegara(vector, fastestBpm, slowestBpm, "none", onsetRateHz).ticks),
  );
  const gaps = ticks.subarray(1).map((tick, index) => tick - (ticks[index] ?? 0));
  const gap = gaps.sort()[Math.floor(gaps.length / 2)];
  return { bpm: gap ? 60 / gap : null, beats: ticks.length };
}

function isOctaveOf(one: number, other: number): boolean {
  const octaves = Math.log2(one / other);
  return Math.abs(octaves - Math.round(octaves)) < 0.04;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
