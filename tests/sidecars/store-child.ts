import type { Peaks } from "../../sidecars/lib/peaks.ts";
import { openStore } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { makeRandom, randomPeaks } from "./support.ts";

/** A change to a store: recordings made of seeds are stored, or, without a seed, deleted. */
export type Change = { id: number; seed: number | null }[];
/** What the child says: before a change what it will be, and after it the hashes of each recording. */
export type Line = { begins: Change } | { done: number[] } | { merged: boolean };

export const durationOf = (seed: number): number => 10 + (seed % 50);
export const peaksFor = (seed: number): Peaks => randomPeaks(makeRandom(seed), durationOf(seed));

/** Works on a store until it is killed. */
function work(folder: string, seed: number): void {
  const random = makeRandom(seed);
  const say = (line: Line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  const store = openStore(folder, panako);
  for (;;) {
    const choice = random();
    if (choice > 0.75) {
      const all = choice > 0.85;
      for (const _ of store.maintain(all));
      say({ merged: all });
      continue;
    }
    const first = Math.floor(random() * 30);
    const ids = Array.from({ length: random() < 0.3 ? 4 : 1 }, (_, index) => first + 7 * index);
    const made = ids.map((id) => ({ id, seed: Math.floor(random() * 1e6) }));
    const deletes = choice > 0.55;
    say({ begins: made.map(({ id, seed }) => ({ id, seed: deletes ? null : seed })) });
    if (deletes) store.remove(ids);
    const recordings = made.map(({ id, seed }) => ({ id, durationSec: durationOf(seed), peaks: peaksFor(seed) }));
    say({ done: deletes ? ids.map(() => 0) : store.add(recordings) });
  }
}

if (import.meta.main) work(process.argv[2] as string, Number(process.argv[3]));
