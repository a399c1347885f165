import type { Engine } from "../lib/engine.ts";

/** Width of a cell of a pitch or an interval, cents. */
const pitchCell = 24;
/** Width of a cell of a time, frames. */
const timeCell = 2;
const middle = 64;

/**
 * Landmarks: chains of three peaks, known by the pitch of the first, two intervals and two times, all as they are: the
 * same recording in whatever encoding. After Wang 2003 (landmarks), Six 2020 (three peaks instead of two).
 */
export const audfprint: Engine = {
  name: "audfprint",
  version: 1,
  coding: {
    links: 2,
    minFrames: 6,
    maxFrames: 69,
    maxCents: 1000,
    bits: [8, 7, 7, 6, 6],
    lengthBits: 0,
    cells(frames, cents, values) {
      const [t0 = 0, t1 = 0, t2 = 0] = frames;
      const [c0 = 0, c1 = 0, c2 = 0] = cents;
      values[0] = c0 / pitchCell;
      values[1] = middle + (c1 - c0) / pitchCell;
      values[2] = middle + (c2 - c1) / pitchCell;
      values[3] = (t1 - t0) / timeCell;
      values[4] = (t2 - t1) / timeCell;
    },
    length: () => 0,
  },
  density: {
    track: { breadth: 3, perPeak: 2, neighbours: 0 },
    set: { breadth: 3, perPeak: 1, perSec: 3, neighbours: 0 },
    excerpt: { breadth: 5, perPeak: 10, neighbours: 3 },
    recording: { breadth: 4, perPeak: 4, neighbours: 2 },
    plain: { breadth: 3, perPeak: 2, neighbours: 1 },
  },
  tempoReach: 0.02,
  pitchReachCents: 30,
  lengthStep: 0,
};
