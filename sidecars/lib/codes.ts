import { type ChainShape, eachChain } from "./chains.ts";
import { type Peaks, strongest } from "./peaks.ts";

/**
 * What a recording is hashed as: a track or a set in the index; an excerpt or a longer recording that is looked for, or
 * either of them with as few codes as a plain copy needs.
 */
export type Role = "track" | "set" | "excerpt" | "recording" | "plain";

/** The code of a chain of peaks: a key of at most 40 bits, with the time and pitch of its first peak. */
export interface Codes {
  key: Float64Array;
  frame: Float64Array;
  cents: Float32Array;
}

/** The codes at `places`, which rise. */
export function pickCodes(codes: { [column in keyof Codes]: ArrayLike<number> }, places: readonly number[]): Codes {
  return {
    key: Float64Array.from(places, (at) => codes.key[at] as number),
    frame: Float64Array.from(places, (at) => codes.frame[at] as number),
    cents: Float32Array.from(places, (at) => codes.cents[at] as number),
  };
}

/** How an engine makes codes for a role. */
export interface Density {
  breadth: number;
  perPeak: number;
  /** Codes a second that are kept, the strongest. */
  perSec?: number;
  /** Of the values near the edge of their cell, so many are also looked up in the cell next to it. */
  neighbours: number;
}

/** What tells the engines apart: how a chain of peaks becomes a key. */
export interface Coding {
  links: ChainShape["links"];
  minFrames: number;
  maxFrames: number;
  maxCents: number;
  /** Bits of each of the key's values, the first being the highest. */
  bits: readonly number[];
  /** Bits below these that hold the chain's length, if keys of near lengths are looked up together. */
  lengthBits: number;
  /** The values of a chain, in cells; each must be within its bits. */
  cells(frames: readonly number[], cents: readonly number[], values: Float64Array): void;
  /** The chain's length as a whole number within its bits; null when it does not fit. */
  length(frames: number): number | null;
}

/** Values nearer than this to the edge of their cell may be found in the next one. */
const edge = 0.25;

/** The key of the cells that values are in; −1 when one is out of its range. */
function keyOf(values: Float64Array, bits: readonly number[]): number {
  let key = 0;
  for (let at = 0; at < bits.length; at++) {
    const cell = Math.floor(values[at] as number);
    const size = 2 ** (bits[at] as number);
    if (cell < 0 || cell >= size) return -1;
    key = key * size + cell;
  }
  return key;
}

/** Calls `take` with the keys of the cells that `values` are in, and of those that up to `most` of them nearly are in. */
function eachKey(values: Float64Array, bits: readonly number[], most: number, take: (key: number) => void): void {
  take(keyOf(values, bits));
  if (most === 0) return;
  const near: { at: number; step: number; distance: number }[] = [];
  for (let at = 0; at < values.length; at++) {
    const part = (values[at] as number) - Math.floor(values[at] as number);
    const distance = Math.min(part, 1 - part);
    if (distance < edge) near.push({ at, step: part < 0.5 ? -1 : 1, distance });
  }
  near.sort((a, b) => a.distance - b.distance).splice(most);
  for (let choice = 1; choice < 1 << near.length; choice++) {
    const moved = values.slice();
    for (const [index, { at, step }] of near.entries())
      if (choice & (1 << index)) moved[at] = (moved[at] as number) + step;
    take(keyOf(moved, bits));
  }
}

/** Hashes peaks. Stretching `slack` (1 or a little more) widens the times allowed, for recordings that may be slower or faster. */
export function makeCodes(peaks: Peaks, coding: Coding, density: Density, slack = 1): Codes {
  const { breadth, perPeak, neighbours, perSec } = density;
  const shape: ChainShape = {
    links: coding.links,
    minFrames: coding.minFrames / slack,
    maxFrames: coding.maxFrames * slack,
    maxCents: coding.maxCents,
    breadth,
    perPeak,
  };
  const key: number[] = [];
  const frame: number[] = [];
  const cents: number[] = [];
  const strength: number[] = [];
  const values = new Float64Array(coding.bits.length);
  const frames: number[] = [];
  const pitches: number[] = [];
  eachChain(peaks, shape, (chain, force) => {
    for (let at = 0; at < chain.length; at++) {
      frames[at] = peaks.frame[chain[at] as number] as number;
      pitches[at] = peaks.cents[chain[at] as number] as number;
    }
    const length = coding.length((frames.at(-1) as number) - (frames[0] as number));
    if (length === null) return;
    coding.cells(frames, pitches, values);
    eachKey(values, coding.bits, neighbours, (high) => {
      if (high < 0) return;
      key.push(high * 2 ** coding.lengthBits + length);
      frame.push(frames[0] as number);
      cents.push(pitches[0] as number);
      strength.push(force);
    });
  });
  const places = perSec ? strongest(frame, strength, perSec, 2) : key.map((_, at) => at);
  return pickCodes({ key, frame, cents }, places);
}
