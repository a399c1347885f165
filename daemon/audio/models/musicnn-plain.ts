import {
  addAffine,
  addInput,
  addMiddleLayer,
  addResiduals,
  addTail,
  finishGraph,
  foldPooled,
  framePadding,
  kernelByFilter,
} from "./musicnn-layers.ts";
import { type Convolution, type Musicnn, patchBands } from "./musicnn-weights.ts";
import { type GraphWriter, makeGraphWriter } from "./onnx-write.ts";

/** Convolution, bias, ReLU, affine, then the maximum over all bands: [1, filters, 1, frames]. */
function addBank(graph: GraphWriter, patch: string, bank: Convolution): string {
  const { taps, width, filters, bias } = bank;
  const [before, after] = framePadding(taps);
  const kernel = graph.constant(kernelByFilter(bank, true), [filters, 1, taps, width]);
  const sums = graph.add("Conv", [patch, kernel, graph.constant(bias, [filters])], { pads: [before, 0, after, 0] });
  const values = addAffine(graph, graph.add("Relu", [sums]), bank, 4);
  const most = graph.add("MaxPool", [values], { kernel_shape: [1, patchBands - width + 1] });
  return graph.add("Transpose", [most], { perm: [0, 1, 3, 2] });
}

/** The model as ONNX, operation for operation: what the fast graph is checked against. */
export function buildPlainGraph(model: Musicnn): Uint8Array {
  const graph = makeGraphWriter();
  const patch = addInput(graph, model);
  const banks = [...model.timbral, ...model.temporal].map((bank) => addBank(graph, patch, bank));
  const features = graph.add("Concat", banks, { axis: 1 });
  const first = addMiddleLayer(graph, features, model.middle[0]);
  const channels = addResiduals(graph, features, first, model);
  return finishGraph(graph, addTail(graph, channels, model, foldPooled(model)), model);
}
