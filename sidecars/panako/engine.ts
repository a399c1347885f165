import type { Engine } from "../lib/engine.ts";

/** Width of a cell of the ratio of two times, in its logarithm. */
const ratioCell = 0.1;
/** Width of a cell of an interval, cents. */
const intervalCell = 28;
/** Step of a chain's length, in its logarithm: 0.5 %. */
const lengthStep = 0.005;
/** Shortest length of a chain that has a code, frames: 0.35 s. */
const shortest = 30;
const middle = 32;

/**
 * Quads: chains of four peaks, known by two ratios of times and three intervals, neither of which changes when a
 * recording is played faster or slower, with or without its pitch. The chain's length in the lowest bits lets one look-up
 * find all tempos near. After Sonnleitner & Widmer 2014 (quads), Six & Leman 2014 (ratios of times, intervals).
 */
export const panako: Engine = {
  name: "panako",
  version: 1,
  coding: {
    links: 3,
    minFrames: 12,
    maxFrames: 80,
    maxCents: 700,
    bits: [6, 6, 6, 6, 6],
    lengthBits: 10,
    cells(frames, cents, values) {
      const [t0 = 0, t1 = 0, t2 = 0, t3 = 0] = frames;
      const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = cents;
      values[0] = middle + Math.log((t1 - t0) / (t2 - t1)) / ratioCell;
      values[1] = middle + Math.log((t2 - t1) / (t3 - t2)) / ratioCell;
      values[2] = middle + (c1 - c0) / intervalCell;
      values[3] = middle + (c2 - c1) / intervalCell;
      values[4] = middle + (c3 - c2) / intervalCell;
    },
    length(frames) {
      const step = Math.round(Math.log(frames / shortest) / lengthStep);
      return step >= 0 && step < 1024 ? step : null;
    },
  },
  density: {
    track: { breadth: 3, perPeak: 2, neighbours: 0 },
    set: { breadth: 3, perPeak: 1, perSec: 3, neighbours: 0 },
    excerpt: { breadth: 5, perPeak: 20, neighbours: 2 },
    recording: { breadth: 4, perPeak: 6, neighbours: 1 },
    plain: { breadth: 3, perPeak: 2, neighbours: 0 },
  },
  tempoReach: 0.125,
  pitchReachCents: 215,
  lengthStep,
};
