import {
  type Affine,
  type Convolution,
  classCount,
  type Dense,
  type Musicnn,
  patchBands,
  patchFrames,
} from "./musicnn-weights.ts";
import type { GraphWriter } from "./onnx-write.ts";

/** `x × scale + offset` for each channel of [1, channels, …] of `rank` dimensions. */
export function addAffine(graph: GraphWriter, x: string, { scale, offset }: Affine, rank: number): string {
  const shape = [1, scale.length, ...new Array<number>(rank - 2).fill(1)];
  return graph.add("Add", [graph.add("Mul", [x, graph.constant(scale, shape)]), graph.constant(offset, shape)]);
}

/** A kernel as ONNX has it: [filters][width][taps], or with `tapsFirst` [filters][taps][width]. */
export function kernelByFilter({ kernel, taps, width, filters }: Convolution, tapsFirst = false): Float32Array {
  const out = new Float32Array(kernel.length);
  for (let tap = 0; tap < taps; tap++)
    for (let at = 0; at < width; at++)
      for (let filter = 0; filter < filters; filter++)
        out[filter * taps * width + (tapsFirst ? tap * width + at : at * taps + tap)] =
          kernel[(tap * width + at) * filters + filter] ?? 0;
  return out;
}

/** Zero frames before and after, so that `taps` give as many frames as there were (TensorFlow's SAME). */
export function framePadding(taps: number): [number, number] {
  return [Math.floor((taps - 1) / 2), Math.ceil((taps - 1) / 2)];
}

/** The normalised patch [1, 1, frames, bands] of the input [1, frames, bands]. */
export function addInput(graph: GraphWriter, model: Musicnn): string {
  const plane = graph.add("Reshape", ["patch", graph.integers([1, 1, patchFrames, patchBands])]);
  return addAffine(graph, plane, model.input, 4);
}

/** A layer of `middle` over [1, width, 1, frames]; `bias` is [1, filters, 1, frames] or made of the layer's own. */
export function addMiddleLayer(graph: GraphWriter, x: string, layer: Convolution, bias?: string): string {
  const { taps, width, filters } = layer;
  const kernel = graph.constant(kernelByFilter(layer), [filters, width, 1, taps]);
  const [before, after] = framePadding(taps);
  const inputs = bias ? [x, kernel] : [x, kernel, graph.constant(layer.bias, [filters])];
  const sums = graph.add("Conv", inputs, { pads: [0, before, 0, after] });
  return addAffine(graph, graph.add("Relu", [bias ? graph.add("Add", [sums, bias]) : sums]), layer, 4);
}

/** All channels after the residual layers, [1, channels, 1, frames], of the features and the first middle layer. */
export function addResiduals(graph: GraphWriter, features: string, first: string, model: Musicnn): string {
  const second = graph.add("Add", [first, addMiddleLayer(graph, first, model.middle[1])]);
  const third = graph.add("Add", [second, addMiddleLayer(graph, second, model.middle[2])]);
  return graph.add("Concat", [features, first, second, third], { axis: 1 });
}

/** Maximum and mean over time, then the dense layers: probabilities [1, classes]. */
export function addTail(graph: GraphWriter, channels: string, model: Musicnn, hidden: Dense): string {
  const pooled = [graph.add("GlobalMaxPool", [channels]), graph.add("GlobalAveragePool", [channels])];
  // Channel by channel: the maximum, then the mean.
  const flat = graph.add("Flatten", [graph.add("Concat", pooled, { axis: 2 })]);
  const dense = (x: string, { kernel, inputs, outputs, bias }: Dense) =>
    graph.add("Gemm", [x, graph.constant(kernel, [inputs, outputs]), graph.constant(bias, [outputs])]);
  let x = addAffine(graph, graph.add("Relu", [dense(flat, hidden)]), model.hiddenAffine, 2);
  for (const [n, head] of model.heads.entries()) x = dense(n === 0 ? x : graph.add("Relu", [x]), head);
  return graph.add("Sigmoid", [x]);
}

/** The dense layer of the pooled channels, with their affine folded in. */
export function foldPooled({ pooled, hidden }: Musicnn): Dense {
  const kernel = new Float32Array(hidden.kernel.length);
  const bias = Float64Array.from(hidden.bias);
  for (let input = 0; input < hidden.inputs; input++)
    for (let output = 0; output < hidden.outputs; output++) {
      const weight = hidden.kernel[input * hidden.outputs + output] ?? 0;
      kernel[input * hidden.outputs + output] = weight * (pooled.scale[input] ?? 0);
      bias[output] = (bias[output] ?? 0) + weight * (pooled.offset[input] ?? 0);
    }
  return { ...hidden, kernel, bias: Float32Array.from(bias) };
}

/** The finished model, from "patch" [1, frames, bands] to "classes" [1, classes]. */
export function finishGraph(graph: GraphWriter, classes: string, model: Musicnn): Uint8Array {
  return graph.finish(
    { name: "patch", shape: [1, patchFrames, patchBands] },
    { name: classes, shape: [1, classCount(model)] },
  );
}
