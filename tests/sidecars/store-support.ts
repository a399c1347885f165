import type { Recording } from "../../sidecars/lib/store/build.ts";
import { openStore, type Store } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { makeRandom, randomPeaks } from "./support.ts";

const open: Store[] = [];
/** For `afterEach` of every test file: a hook in a module that several import is run for the first of them alone. */
export function closeStores(): void {
  for (const store of open.splice(0)) store.close();
}

/** A store that `closeStores` closes. */
export function opened(folder: string): Store {
  const store = openStore(folder, panako);
  open.push(store);
  return store;
}
/** Closes one that `opened` gave. */
export function close(store: Store): void {
  open.splice(open.indexOf(store), 1);
  store.close();
}

export const recording = (id: number, seed: number, durationSec = 6 + (seed % 20)): Recording => ({
  id,
  durationSec,
  peaks: randomPeaks(makeRandom(seed), durationSec),
});
export const drain = (steps: Generator<unknown, unknown>): void => {
  while (!steps.next().done);
};
