import { makeRandom } from "./random.ts";

/** Choices that are the same for the same seed. */
export interface Dice {
  /** 0…1. */
  readonly random: () => number;
  readonly between: (least: number, most: number) => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(values: readonly T[]) => T;
  /** A factor of loudness, even in dB. */
  readonly level: (leastDb: number, mostDb: number) => number;
}

export function makeDice(seed: number): Dice {
  const random = makeRandom(seed * 7919 + 13);
  const between = (least: number, most: number) => least + (most - least) * random();
  return {
    random,
    between,
    chance: (share) => random() < share,
    pick: (values) => values[Math.floor(random() * values.length)] as never,
    level: (leastDb, mostDb) => 10 ** (between(leastDb, mostDb) / 20),
  };
}
