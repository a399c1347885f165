import { makeMelPatches, melHopSamples, melPatchSamples, melRateHz } from "../mel.ts";
import { buildFastGraph } from "./musicnn-fast.ts";
import { buildPlainGraph } from "./musicnn-plain.ts";
import { type Musicnn, patchValues } from "./musicnn-weights.ts";
import type { Runtime } from "./runtime.ts";

/** The fast graph may differ from the plain one by this much in any probability. */
export const mostDifference = 1e-4;

/** Three patches of sound: silence, full-scale noise, and a chord that pulses. Always the same. */
export function testPatches(): Float32Array {
  const samples = new Float32Array(3 * melPatchSamples + melHopSamples);
  let seed = 1;
  for (let n = melPatchSamples; n < 2 * melPatchSamples; n++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    samples[n] = seed / 2 ** 31 - 1;
  }
  for (let n = 2 * melPatchSamples; n < samples.length; n++) {
    const time = n / melRateHz;
    const pulse = Math.exp(-8 * ((time * 2) % 1));
    samples[n] =
      0.25 * pulse * [220, 277.2, 329.6, 1760].reduce((sum, hz) => sum + Math.sin(2 * Math.PI * hz * time), 0);
  }
  return makeMelPatches()(samples);
}

/** The largest difference between any probability of fast and plain graph over the test patches. */
export async function compareGraphs(model: Musicnn, runtime: Runtime): Promise<number> {
  const patches = testPatches();
  const sessions = [await runtime.load(buildPlainGraph(model)), await runtime.load(buildFastGraph(model))] as const;
  let difference = 0;
  try {
    for (let at = 0; at < patches.length; at += patchValues) {
      const patch = patches.subarray(at, at + patchValues);
      const [plain, fast] = [await sessions[0].run(patch), await sessions[1].run(patch)];
      for (const [n, value] of plain.entries()) {
        const other = Math.abs(value - (fast[n] ?? Number.NaN));
        // Written so that NaN counts as a difference.
        if (!(other <= difference)) difference = other;
      }
    }
  } finally {
    for (const session of sessions) await session.close();
  }
  return difference;
}
