import { onsetsOf } from "../../daemon/audio/rhythm-onsets.ts";
import { likenessOf, periodsOf } from "../../daemon/audio/rhythm-periods.ts";
import { randomSong } from "./random-songs.ts";
import { drumTruths, partsOf, songTruths } from "./tempo-truth.ts";

/** The features of a window's periods, and which of them is the beat; windows of a song share its weight. */
interface Example {
  readonly features: readonly (readonly number[])[];
  readonly beat: number;
  readonly weight: number;
}

const rounds = 800;
const rate = 0.03;
const shrinking = 0.0005;
const songWeight = 14;

function exampleOf(samples: Float32Array, bpm: number, weight: number): Example[] {
  const periods = periodsOf(likenessOf(onsetsOf(samples)));
  const beat = periods.findIndex((period) => Math.abs(period.bpm / bpm - 1) < 0.03);
  return beat < 0 ? [] : [{ features: periods.map(({ features }) => features), beat, weight }];
}

async function examples(songFolder: string): Promise<Example[]> {
  const made: Example[] = [];
  for (let seed = 0; seed < 330; seed++) {
    const { sound, bpm } = randomSong(seed, "tuning");
    made.push(...exampleOf(sound, bpm, 1));
  }
  for (const { sound, tempo } of drumTruths().filter(({ set }) => set === "drums, tuning")) {
    made.push(...exampleOf(await sound(), tempo.meanBpm(0, 30), 1));
  }
  for (const { sound, tempo } of songTruths(songFolder)) {
    const parts = [...partsOf(await sound())];
    for (const { startSec, endSec, samples } of parts) {
      made.push(...exampleOf(samples, tempo.meanBpm(startSec, endSec), songWeight / parts.length));
    }
  }
  return made;
}

/** The gradient of the loss: how much more probable the others are than they should be. */
function slope({ features, beat, weight }: Example, weights: Float64Array, into: Float64Array): void {
  const scores = features.map((values) => values.reduce((sum, value, d) => sum + value * (weights[d] ?? 0), 0));
  const highest = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - highest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  for (const [place, values] of features.entries()) {
    const excess = weight * ((shares[place] ?? 0) / total - (place === beat ? 1 : 0));
    for (const [d, value] of values.entries()) into[d] = (into[d] as number) + excess * value;
  }
}

/**
 * Fits `rhythm-weights.ts` anew: conditional logistic regression by Adam (Kingma and Ba 2015). Songs of Frets on Fire
 * come from `songFolder`.
 */
export async function fitTempo(songFolder: string): Promise<number[]> {
  const all = await examples(songFolder);
  const count = all[0]?.features[0]?.length ?? 0;
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  const weights = new Float64Array(count);
  const [mean, spread] = [new Float64Array(count), new Float64Array(count)];
  for (let round = 1; round <= rounds; round++) {
    const gradient = new Float64Array(count);
    for (const example of all) slope(example, weights, gradient);
    for (let d = 0; d < count; d++) {
      const step = (gradient[d] as number) / total + shrinking * (weights[d] as number);
      mean[d] = 0.9 * (mean[d] as number) + 0.1 * step;
      spread[d] = 0.99 * (spread[d] as number) + 0.01 * step * step;
      const size = Math.sqrt((spread[d] as number) / (1 - 0.99 ** round)) + 1e-8;
      weights[d] = (weights[d] as number) - (rate * (mean[d] as number)) / (1 - 0.9 ** round) / size;
    }
  }
  return Array.from(weights, (weight) => Number(weight.toFixed(2)));
}
