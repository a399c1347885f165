/**
 * Weights of `featuresOf` in `rhythm-periods.ts`: how alike each stream (low, middle, upper, hiss, sum) is with itself
 * after 1/4, 1/3, 1/2, 2/3, 1, 3/2, 2, 3 and 4 beats, then how usual the tempo is. Fitted by logistic regression of the
 * true tempo against the others of a window (`bench/truth/fit-tempo.ts`): drums at random and songs with known tempo.
 */
export const periodWeights: readonly number[] = [
  ...[-0.09, -1.28, 0.27, 0.85, 0.32, 0.08, -1.56, -0.29, 4.34],
  ...[1.25, -1.26, -1.27, 0.21, 0.22, 0.35, -1.13, 1.28, 1.96],
  ...[-0.03, -0.51, 0.11, -1.38, -2.83, 1.17, 2.37, -4.56, -1.16],
  ...[0.22, 0.55, 0.66, -1.62, 1.66, 1.35, 3.27, 0.04, -0.2],
  ...[-0.25, -1.28, -1.93, -0.27, 5.92, -1.45, -0.82, 5.07, -0.15],
  ...[0.32, -1.84, 0.16, -1.46, -0.05, -0.54],
];
