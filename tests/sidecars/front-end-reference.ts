import { frontEndParameters, levelWeight, lowestBin } from "../../sidecars/lib/parameters.ts";

/** What the front end finds, reckoned as plainly as can be: doubles, a recursive FFT, the whole spectrogram at once. */

const { windowSamples, hopSamples, highestBin, reachFrames } = frontEndParameters;
const bins = windowSamples / 2;

function transform(re: number[], im: number[]): [number[], number[]] {
  const size = re.length;
  if (size === 1) return [re, im];
  const half = (odd: number, values: number[]) => values.filter((_, at) => at % 2 === odd);
  const [evenRe, evenIm] = transform(half(0, re), half(0, im));
  const [oddRe, oddIm] = transform(half(1, re), half(1, im));
  const outRe: number[] = [];
  const outIm: number[] = [];
  for (let at = 0; at < size / 2; at++) {
    const angle = (-2 * Math.PI * at) / size;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const [a, b, x, y] = [evenRe[at], evenIm[at], oddRe[at], oddIm[at]] as [number, number, number, number];
    outRe[at] = a + c * x - s * y;
    outIm[at] = b + c * y + s * x;
    outRe[at + size / 2] = a - c * x + s * y;
    outIm[at + size / 2] = b - c * y - s * x;
  }
  return [outRe, outIm];
}

/** log2 of the power of each bin, of each frame. */
function spectrogram(samples: Float32Array): number[][] {
  const rows: number[][] = [];
  for (let start = 0; start + windowSamples <= samples.length; start += hopSamples) {
    const windowed = Array.from(
      samples.subarray(start, start + windowSamples),
      (sample, at) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * (at + 0.5)) / windowSamples)),
    );
    const [re, im] = transform(
      windowed,
      windowed.map(() => 0),
    );
    // The front end takes two frames apart without halving them: four times the power.
    const power = (bin: number) => 4 * ((re[bin] as number) ** 2 + (im[bin] as number) ** 2);
    rows.push(Array.from({ length: bins }, (_, bin) => Math.log2(power(bin) + 1e-7)));
  }
  return rows;
}

const top = (left: number, middle: number, right: number) => (0.5 * (left - right)) / (left - 2 * middle + right);

/** Peaks that have all of their surroundings within the sound. */
export function referencePeaks(samples: Float32Array): { frame: number; cents: number; strength: number }[] {
  const rows = spectrogram(samples);
  const at = (frame: number, bin: number) => rows[frame]?.[bin] as number;
  const peaks: { frame: number; cents: number; strength: number }[] = [];
  for (let frame = reachFrames; frame < rows.length - reachFrames; frame++)
    for (let bin = lowestBin; bin < highestBin; bin++) {
      const level = at(frame, bin);
      const width = Math.max(2, Math.floor(bin / 10));
      const around: number[] = [];
      for (let near = frame - reachFrames; near <= frame + reachFrames; near++)
        around.push(...(rows[near] as number[]).slice(bin - width, Math.min(bins - 1, bin + width) + 1));
      if (level < -12 || around.some((other) => other > level)) continue;
      const exactFrame = frame + top(at(frame - 1, bin), level, at(frame + 1, bin));
      const exactBin = bin + top(at(frame, bin - 1), level, at(frame, bin + 1));
      const contrast = level - around.reduce((sum, other) => sum + other, 0) / around.length;
      peaks.push({
        frame: exactFrame,
        cents: 1200 * Math.log2(exactBin / lowestBin),
        strength: contrast + levelWeight * level,
      });
    }
  return peaks;
}
