import { framePadding } from "./musicnn-layers.ts";
import { type Convolution, patchBands, patchFrames } from "./musicnn-weights.ts";
import { equalRanges, forwardTransform, halfInverse, spectralKernels } from "./odd-spectrum.ts";
import { addSlice, type GraphWriter } from "./onnx-write.ts";
import { ModelFormatError } from "./tfjs-graph.ts";

const bins = patchBands / 2;
/** Filters per multiplication: what they give stays in the processor's cache. */
const filtersAtOnce = 72;

/**
 * Kernels of 7 frames and 38 or 67 bands slide over the 96 bands, and only the maximum over the bands is kept. With
 * spectra over the bands (odd-spectrum.ts) they cost a quarter, and for the maximum even and odd suffice:
 * max(y[m + g], y[m − g]) = even[g] + |odd[g]|.
 *
 * `patch` is [1, 1, frames, bands]; gives the maxima of each bank, [1, filters, 1, frames].
 */
export function addTimbralBanks(graph: GraphWriter, patch: string, banks: readonly Convolution[]): string[] {
  if (banks.length === 0) return [];
  const taps = banks[0]?.taps ?? 0;
  if (banks.some((bank) => bank.taps !== taps)) throw new ModelFormatError("The timbral kernels differ in frames");
  const spectrum = addSpectrum(graph, patch, taps);
  return banks.map((bank) => addBank(graph, spectrum, bank));
}

/** Spectrum over the bands of each frame as each tap sees it: [bins, 2 taps, frames]. */
function addSpectrum(graph: GraphWriter, patch: string, taps: number): string {
  const rows = graph.add("Reshape", [patch, graph.integers([patchFrames, patchBands])]);
  const columns = graph.add("Transpose", [rows], { perm: [1, 0] });
  const transform = graph.constant(forwardTransform(patchBands), [patchBands, patchBands]);
  const spectrum = graph.add("MatMul", [transform, columns]);
  const [before, after] = framePadding(taps);
  const padded = graph.add("Pad", [
    graph.add("Reshape", [spectrum, graph.integers([bins, 2, patchFrames])]),
    graph.integers([0, 0, before, 0, 0, after]),
  ]);
  const seen = Array.from({ length: taps }, (_, tap) => addSlice(graph, padded, 2, tap, tap + patchFrames));
  return graph.add("Concat", seen, { axis: 1 });
}

function addBank(graph: GraphWriter, spectrum: string, bank: Convolution): string {
  const { kernel, taps: parts, width: span, filters } = bank;
  const outputs = patchBands - span + 1;
  const { even, odd, distances } = halfInverse(patchBands, outputs);
  const evenMatrix = graph.constant(even, [distances, bins]);
  const oddMatrix = graph.constant(odd, [distances, bins]);
  const most: string[] = [];
  for (const [from, to] of equalRanges(filters, filtersAtOnce)) {
    const count = to - from;
    const { real, imaginary } = spectralKernels({ kernel, parts, span, filters }, patchBands, outputs, [from, to]);
    const back = (kernels: Float32Array, matrix: string) => {
      const product = graph.add("MatMul", [graph.constant(kernels, [bins, count, 2 * parts]), spectrum]);
      return graph.add("MatMul", [
        matrix,
        graph.add("Reshape", [product, graph.integers([bins, count * patchFrames])]),
      ]);
    };
    const sums = graph.add("Add", [back(real, evenMatrix), graph.add("Abs", [back(imaginary, oddMatrix)])]);
    const volume = graph.add("Reshape", [sums, graph.integers([1, 1, distances, count, patchFrames])]);
    const pooled = graph.add("MaxPool", [volume], { kernel_shape: [distances, 1, 1] });
    most.push(graph.add("Reshape", [pooled, graph.integers([1, count, 1, patchFrames])]));
  }
  return graph.add("Concat", most, { axis: 1 });
}
