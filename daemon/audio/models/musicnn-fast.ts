import {
  addAffine,
  addInput,
  addMiddleLayer,
  addResiduals,
  addTail,
  finishGraph,
  foldPooled,
  framePadding,
} from "./musicnn-layers.ts";
import { type Convolution, type Dense, type Musicnn, patchFrames } from "./musicnn-weights.ts";
import { type GraphWriter, makeGraphWriter } from "./onnx-write.ts";
import { addTemporalBanks } from "./temporal-banks.ts";
import { addTimbralBanks } from "./timbral-banks.ts";

/**
 * A filter whose weights sum to less than this gives the same value for every patch to float32's precision: training
 * has driven it to zero (180 of 204 filters in msd-musicnn-1).
 */
const deadWeightSum = 1e-7;

/** The filters that are not dead, with the kernels of negative scale turned round, and what the dead ones give. */
interface LiveBank {
  readonly bank: Convolution;
  /** −1 where the kernel was turned round, else 1. */
  readonly sign: Float32Array;
  readonly live: readonly boolean[];
  /** The value of each filter of the whole bank if it is dead. */
  readonly constant: Float32Array;
}

const pick = (values: Float32Array, live: readonly boolean[]): Float32Array => values.filter((_, n) => live[n]);

/**
 * Prepares a bank for taking the maximum before bias, ReLU and affine: for filters with negative scale the maximum of
 * the result comes from the minimum of the sums, which is minus the maximum of the sums of the negative kernel.
 */
function liveBank(bank: Convolution): LiveBank {
  const { kernel, filters, bias, scale, offset } = bank;
  const sums = new Float64Array(filters);
  for (const [n, weight] of kernel.entries()) sums[n % filters] = (sums[n % filters] ?? 0) + Math.abs(weight);
  const live = Array.from(sums, (sum) => sum >= deadWeightSum);
  const signs = scale.map((value) => (value < 0 ? -1 : 1));
  return {
    bank: {
      ...bank,
      kernel: kernel.map((weight, n) => weight * (signs[n % filters] ?? 1)).filter((_, n) => live[n % filters]),
      filters: live.filter(Boolean).length,
      bias: pick(bias, live),
      scale: pick(scale, live),
      offset: pick(offset, live),
    },
    sign: pick(signs, live),
    live,
    constant: bias.map((value, n) => Math.max(value, 0) * (scale[n] ?? 0) + (offset[n] ?? 0)),
  };
}

const concat = (parts: readonly Float32Array[]): Float32Array => Float32Array.from(parts.flatMap((part) => [...part]));

/** Bias, ReLU and affine of all banks' maxima. */
function addActivation(graph: GraphWriter, most: string, banks: readonly LiveBank[]): string {
  const sums = addAffine(
    graph,
    most,
    { scale: concat(banks.map((one) => one.sign)), offset: concat(banks.map((one) => one.bank.bias)) },
    4,
  );
  const affine = {
    scale: concat(banks.map((one) => one.bank.scale)),
    offset: concat(banks.map((one) => one.bank.offset)),
  };
  return addAffine(graph, graph.add("Relu", [sums]), affine, 4);
}

/**
 * The first middle layer without its dead inputs. What these add is the same for all patches, but differs at the
 * ends, where padding takes their place: it becomes part of a bias [filters][frames].
 */
function pruneMiddle(
  layer: Convolution,
  live: readonly boolean[],
  constant: Float32Array,
): { layer: Convolution; bias: Float32Array } {
  const { kernel, taps, width, filters } = layer;
  const [before] = framePadding(taps);
  const bias = new Float64Array(filters * patchFrames);
  const kept: number[] = [];
  for (let filter = 0; filter < filters; filter++)
    bias.fill(layer.bias[filter] ?? 0, filter * patchFrames, (filter + 1) * patchFrames);
  for (let tap = 0; tap < taps; tap++)
    for (let channel = 0; channel < width; channel++) {
      const row = kernel.subarray((tap * width + channel) * filters, (tap * width + channel + 1) * filters);
      if (live[channel]) {
        for (const weight of row) kept.push(weight);
        continue;
      }
      const first = Math.max(0, before - tap);
      const end = Math.min(patchFrames, patchFrames + before - tap);
      for (let filter = 0; filter < filters; filter++)
        for (let frame = first; frame < end; frame++) {
          const at = filter * patchFrames + frame;
          bias[at] = (bias[at] ?? 0) + (row[filter] ?? 0) * (constant[channel] ?? 0);
        }
    }
  const liveWidth = live.filter(Boolean).length;
  return { layer: { ...layer, kernel: Float32Array.from(kept), width: liveWidth }, bias: Float32Array.from(bias) };
}

/** The dense layer of the pooled channels without the dead features, whose share becomes part of its bias. */
function pruneDense(dense: Dense, live: readonly boolean[], constant: Float32Array): Dense {
  const { kernel, outputs } = dense;
  const bias = Float64Array.from(dense.bias);
  const kept: Float32Array[] = [];
  for (let input = 0; input < dense.inputs; input++) {
    const channel = Math.floor(input / 2);
    const row = kernel.subarray(input * outputs, (input + 1) * outputs);
    if (live[channel] ?? true) kept.push(row);
    else
      for (const [output, weight] of row.entries())
        bias[output] = (bias[output] ?? 0) + weight * (constant[channel] ?? 0);
  }
  return { kernel: concat(kept), bias: Float32Array.from(bias), inputs: kept.length, outputs };
}

/**
 * The same model with the same results to float32's precision, at a fraction of the work:
 * - The maximum over the bands is taken first, so that bias, ReLU and affine work on 1 value instead of 30 to 96.
 * - Dead filters are left out.
 * - Kernels slide as products of spectra (timbral-banks.ts, temporal-banks.ts).
 */
export function buildFastGraph(model: Musicnn): Uint8Array {
  const graph = makeGraphWriter();
  const patch = addInput(graph, model);
  const timbral = model.timbral.map(liveBank);
  const temporal = model.temporal.map(liveBank);
  const alive = (banks: readonly LiveBank[]) => banks.filter(({ bank }) => bank.filters > 0);
  const kernels = (banks: readonly LiveBank[]) => alive(banks).map(({ bank }) => bank);
  const most = [
    ...addTimbralBanks(graph, patch, kernels(timbral)),
    ...addTemporalBanks(graph, patch, kernels(temporal)),
  ];
  const all = [...timbral, ...temporal];
  const features = addActivation(graph, graph.add("Concat", most, { axis: 1 }), alive(all));
  const live = all.flatMap((one) => one.live);
  const constant = concat(all.map((one) => one.constant));
  const { layer, bias } = pruneMiddle(model.middle[0], live, constant);
  const first = addMiddleLayer(graph, features, layer, graph.constant(bias, [1, layer.filters, 1, patchFrames]));
  const channels = addResiduals(graph, features, first, model);
  const hidden = pruneDense(foldPooled(model), live, constant);
  return finishGraph(graph, addTail(graph, channels, model, hidden), model);
}
