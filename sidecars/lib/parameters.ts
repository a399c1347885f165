/**
 * What both engines agree on. To change any of these voids every stored fingerprint: the hash of all parameters is part
 * of each store, and a store with another one is refused.
 */

/** Rate of all analysis, Hz. */
export const sampleRate = 11_025;
/** Samples between frames; the front end has it too. */
export const hopSamples = 128;
/** Frames a second: 86.13. */
export const frameRate = sampleRate / hopSamples;
/** Lowest bin of the front end, from which pitch is counted: 194 Hz. */
export const lowestBin = 18;
/** Weight of a peak's level beside its contrast: loud peaks survive noise, those that stand out survive equalisers. */
export const levelWeight = 0.7;

/** Peaks kept of every recording, a second: what queries are made of. */
export const keptPerSec = 20;
/** Of these, what a reference is hashed by and verified with, a second. */
export const referencePerSec = 10;
/** Recordings up to this length are hashed densely, s: tracks. Longer ones are sets, and hashed sparsely. */
export const longestTrackSec = 20 * 60;
/** Longest recording, s. */
export const longestSec = 24 * 3600;

/** Everything above and in the front end, for the parameters' hash. */
export const frontEndParameters = {
  frontEnd: 2,
  sampleRate,
  hopSamples,
  windowSamples: 1024,
  lowestBin,
  highestBin: 470,
  reachFrames: 8,
  reachWidth: 0.1,
  levelWeight,
  keptPerSec,
  referencePerSec,
  longestTrackSec,
} as const;
