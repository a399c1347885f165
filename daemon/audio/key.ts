import type { KeyName, Scale } from "../contract/keys.ts";
import { type Essentia, withVector } from "./essentia.ts";
import { chromaOf } from "./key-chroma.ts";
import { allKeys, keyScores, profileNames } from "./key-profile.ts";

export { type KeyPoint, type KeySummary, summariseKey, type TimedKey } from "./key-summary.ts";

/** What one window of sound says about the key. */
export interface KeyWindow {
  /** Null without tones, then there is a reason. */
  readonly key: KeyName | null;
  readonly scale: Scale | null;
  /** How well the pitch classes fit the key, and how far they stand out from each other, 0…1. */
  readonly strength: number;
  /** How much of each pitch class from C on was heard, whole numbers 0…1000, twelve or none. */
  readonly chroma: readonly number[];
  readonly reason?: string;
}

const inputHz = 44_100;
const shortestSec = 1;
/** −90 dB. */
const silentPower = 1e-9;
/** How far pitch classes differ (standard deviation by mean): noise by 0.02, metal with drums by 0.05, most music by more. */
const leastContrast = 0.035;
const clearContrast = 0.15;

const none = (reason: string): KeyWindow => ({ key: null, scale: null, strength: 0, chroma: [], reason });

/** Key of a window from its pitch classes. `samples`: mono, 44,100 Hz, finite, −1…1, up to 30 s. */
export function analyseKey(essentia: Essentia, samples: Float32Array): KeyWindow {
  if (samples.length < shortestSec * inputHz) return none(`shorter than ${shortestSec} s`);
  const heard = chromaOf(samples);
  if (heard === null || heard.power < silentPower) return none("silence");
  const contrast = contrastOf(heard.classes);
  if (contrast < leastContrast) return none("no clear tones");
  const found = keyOf(essentia, heard.classes);
  const clear = Math.min(1, (contrast - leastContrast) / (clearContrast - leastContrast));
  return {
    ...found,
    strength: Number((Math.min(1, Math.max(0, found.strength)) * clear).toFixed(3)),
    chroma: Array.from(heard.classes, (value) => Math.round(value * 1000)),
  };
}

/** A window whose key essentia does not name by both profiles is this much less sure. */
const doubt = 0.8;

/**
 * The key that fits the mean of two profiles best, as in the summary of a file; it is as sure as essentia's `Key`, asked
 * by each of them, says the same. Essentia counts pitch classes from A.
 */
function keyOf(essentia: Essentia, classes: Float64Array): { key: KeyName; scale: Scale; strength: number } {
  const fromA = Float32Array.from(classes, (_, index) => classes[(index + 9) % 12] ?? 0);
  const found = withVector(essentia, fromA, (vector) =>
    profileNames.map((name) => essentia.Key(vector, 4, 12, name, 0.6, false, false, true)),
  );
  const scores = keyScores([...classes]);
  const highest = Math.max(...scores);
  const best = allKeys[scores.indexOf(highest)];
  if (best === undefined) throw new Error("no key fits");
  const agreed = found.every(({ key, scale }) => key === best.key && scale === best.scale);
  return { key: best.key, scale: best.scale, strength: highest * (agreed ? 1 : doubt) };
}

function contrastOf(classes: Float64Array): number {
  const mean = classes.reduce((sum, value) => sum + value, 0) / classes.length;
  return Math.sqrt(classes.reduce((sum, value) => sum + (value - mean) ** 2, 0) / classes.length) / mean;
}
