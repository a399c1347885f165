/**
 * Weights of `featuresOf` in `rhythm-periods.ts`: how alike each stream (low, middle, upper, hiss, their sum, thump, all
 * together) is with itself after 1/4, 1/3, 1/2, 2/3, 1, 3/2, 2, 3 and 4 beats, then how usual the tempo is. Fitted by
 * logistic regression in the way of `bench/truth/fit-tempo.ts`, with other seeds and shares: music put together
 * at random, drums, and songs with known tempo.
 */
export const periodWeights: readonly number[] = [
  ...[0.18, -1.16, -0.24, -0.41, 1.44, 1.07, -1.44, 0.74, 0.69],
  ...[1.22, 0.5, -1.64, -0.37, 1.21, -1.83, 0.01, -0.24, 0.03],
  ...[0.3, -1.13, 0.93, -0.63, 0.62, -0.32, -0.08, -0.47, -0.15],
  ...[-0.46, -0.6, 1.88, -0.8, 0.56, -0.57, 2.67, -0.52, 1],
  ...[-1.24, -0.77, 1.76, -0.71, 1.6, 0.52, 1.31, 0.22, 0.13],
  ...[-1.65, -1.38, -0.65, -0.36, -0.32, 0.95, 0.69, -1.01, 1.81],
  ...[0.47, -0.71, -0.18, -0.54, 1.36, -0.8, 0.24, -0.04, 0.17],
  ...[1.18, -0.89, -1.7, -1.37, -0.73, 1],
];
