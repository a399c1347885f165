import type { Peaks } from "./peaks.ts";

/** Which peaks may follow each other in a chain, and how many chains are made. */
export interface ChainShape {
  /** Links of a chain: 2 join three peaks, 3 join four. */
  links: 2 | 3;
  /** Time from a peak to the next, frames. */
  minFrames: number;
  maxFrames: number;
  /** Pitch between them, cents either way. */
  maxCents: number;
  /** Strongest followers of each peak that are considered. */
  breadth: number;
  /** Strongest chains from each peak that are taken. */
  perPeak: number;
}

/** For each peak the places of its strongest followers, strongest first; −1 where there are fewer. */
function followers({ frame, cents, strength }: Peaks, shape: ChainShape): Int32Array {
  const { breadth, minFrames, maxFrames, maxCents } = shape;
  const found = new Int32Array(frame.length * breadth).fill(-1);
  for (let at = 0; at < frame.length; at++) {
    const base = at * breadth;
    let count = 0;
    for (let other = at + 1; other < frame.length; other++) {
      const distance = (frame[other] as number) - (frame[at] as number);
      if (distance > maxFrames) break;
      if (distance < minFrames || Math.abs((cents[other] as number) - (cents[at] as number)) > maxCents) continue;
      const force = strength[other] as number;
      let place = count < breadth ? count++ : breadth;
      while (place > 0 && (strength[found[base + place - 1] as number] as number) < force) {
        if (place < breadth) found[base + place] = found[base + place - 1] as number;
        place--;
      }
      if (place < breadth) found[base + place] = other;
    }
  }
  return found;
}

/** Calls `visit` with the places of the peaks of each chain (one array, used again) and the chain's strength. */
export function eachChain(peaks: Peaks, shape: ChainShape, visit: (chain: Int32Array, strength: number) => void): void {
  const { links, breadth, perPeak } = shape;
  const next = followers(peaks, shape);
  const { strength } = peaks;
  const size = links + 1;
  const best = new Int32Array(perPeak * size);
  const forces = new Float64Array(perPeak);
  const path = new Int32Array(size);
  let kept = 0;

  const keep = (force: number) => {
    let place = kept < perPeak ? kept++ : perPeak - 1;
    while (place > 0 && (forces[place - 1] as number) < force) {
      forces[place] = forces[place - 1] as number;
      best.copyWithin(place * size, (place - 1) * size, place * size);
      place--;
    }
    forces[place] = force;
    best.set(path, place * size);
  };
  const extend = (depth: number, force: number) => {
    const base = (path[depth] as number) * breadth;
    for (let index = 0; index < breadth; index++) {
      const follower = next[base + index] as number;
      if (follower < 0) return;
      path[depth + 1] = follower;
      const sum = force + (strength[follower] as number);
      if (depth + 1 < links) extend(depth + 1, sum);
      else if (kept < perPeak || sum > (forces[perPeak - 1] as number)) keep(sum);
    }
  };

  for (let at = 0; at < strength.length; at++) {
    kept = 0;
    path[0] = at;
    extend(0, 0);
    for (let index = 0; index < kept; index++)
      visit(best.subarray(index * size, (index + 1) * size), forces[index] as number);
  }
}
