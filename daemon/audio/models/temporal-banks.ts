import { type Convolution, patchBands, patchFrames } from "./musicnn-weights.ts";
import { equalRanges, forwardTransform, inverseTransform, spectralKernels } from "./odd-spectrum.ts";
import { addSlice, type GraphWriter } from "./onnx-write.ts";
import { ModelFormatError } from "./tfjs-graph.ts";

/** Frames per tile of the output, and taps per block of a kernel. */
const tileFrames = 16;
/** A block of taps reaches into the next tile. */
const segmentFrames = 2 * tileFrames;
const bins = segmentFrames / 2;
const tiles = Math.ceil(patchFrames / tileFrames);
const columns = tiles * patchBands;
/** Filters per multiplication: what they give stays in the processor's cache. */
const filtersAtOnce = 17;

/**
 * Kernels of 128, 64 and 32 frames slide over the frames of each band, and the maximum over the bands is kept. With
 * spectra over segments of 32 frames, 16 apart (overlap-save, kernels cut in blocks of 16 taps), the products of all
 * blocks are summed before the way back (odd-spectrum.ts): half of the work.
 *
 * `patch` is [1, 1, frames, bands]; gives the maxima of each bank, [1, filters, 1, frames].
 */
export function addTemporalBanks(graph: GraphWriter, patch: string, banks: readonly Convolution[]): string[] {
  if (banks.length === 0) return [];
  // An odd number of blocks would have its middle between two segments.
  if (banks.some((bank) => bank.taps % (2 * tileFrames) !== 0))
    throw new ModelFormatError(`The temporal kernels have not multiples of ${2 * tileFrames} frames`);
  const blocks = Math.max(...banks.map((bank) => bank.taps)) / tileFrames;
  const spectrum = addSpectrum(graph, patch, blocks);
  const inverse = graph.constant(inverseTransform(segmentFrames, tileFrames), [tileFrames, segmentFrames]);
  return banks.map((bank) => {
    const own = bank.taps / tileFrames;
    // Kernels are centred on their output, so a shorter one sees the middle blocks: half as many rows at either end.
    const first = blocks - own;
    return addBank(graph, addSlice(graph, spectrum, 1, first, first + 2 * own), inverse, bank);
  });
}

/** Spectra of the segments that each block of the longest kernel sees: [bins, 2 blocks, tiles × bands]. */
function addSpectrum(graph: GraphWriter, patch: string, blocks: number): string {
  const segments = tiles + blocks - 1;
  const before = (blocks * tileFrames) / 2 - 1;
  const after = (segments + 1) * tileFrames - before - patchFrames;
  const padded = graph.add("Pad", [
    graph.add("Reshape", [patch, graph.integers([patchFrames, patchBands])]),
    graph.integers([before, 0, after, 0]),
  ]);
  const cut = graph.add("Reshape", [padded, graph.integers([segments + 1, tileFrames, patchBands])]);
  const byFrame = graph.add("Transpose", [cut], { perm: [1, 0, 2] });
  const halves = [addSlice(graph, byFrame, 1, 0, segments), addSlice(graph, byFrame, 1, 1, segments + 1)];
  const frames = graph.add("Reshape", [
    graph.add("Concat", halves, { axis: 0 }),
    graph.integers([segmentFrames, segments * patchBands]),
  ]);
  const transform = graph.constant(forwardTransform(segmentFrames), [segmentFrames, segmentFrames]);
  const spectrum = graph.add("Reshape", [
    graph.add("MatMul", [transform, frames]),
    graph.integers([bins, 2, segments * patchBands]),
  ]);
  const seen = Array.from({ length: blocks }, (_, block) =>
    addSlice(graph, spectrum, 2, block * patchBands, block * patchBands + columns),
  );
  return graph.add("Concat", seen, { axis: 1 });
}

function addBank(graph: GraphWriter, spectrum: string, inverse: string, bank: Convolution): string {
  const { kernel, taps, filters } = bank;
  const kernels = { kernel, parts: taps / tileFrames, span: tileFrames, filters };
  const most: string[] = [];
  for (const [from, to] of equalRanges(filters, filtersAtOnce)) {
    const count = to - from;
    const { real, imaginary } = spectralKernels(kernels, segmentFrames, tileFrames, [from, to]);
    const parts = [real, imaginary].map((values) => graph.constant(values, [bins, count, 2 * kernels.parts]));
    const product = graph.add("MatMul", [graph.add("Concat", parts, { axis: 1 }), spectrum]);
    const sums = graph.add("MatMul", [
      inverse,
      graph.add("Reshape", [product, graph.integers([segmentFrames, count * columns])]),
    ]);
    const rows = graph.add("Reshape", [sums, graph.integers([tileFrames, count, tiles, patchBands])]);
    most.push(graph.add("ReduceMax", [rows], { axes: [3], keepdims: 0 }));
  }
  const byFilter = graph.add("Transpose", [graph.add("Concat", most, { axis: 1 })], { perm: [1, 2, 0] });
  const frames = graph.add("Reshape", [byFilter, graph.integers([1, filters, 1, tiles * tileFrames])]);
  return addSlice(graph, frames, 3, 0, patchFrames);
}
