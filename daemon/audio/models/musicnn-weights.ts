import type { Tensor } from "./onnx-write.ts";
import { ModelFormatError } from "./tfjs-graph.ts";

/** Frames and mel bands of a patch, MusiCNN's input: about 3 s. */
export const patchFrames = 187;
export const patchBands = 96;
export const patchValues = patchFrames * patchBands;

/** `x × scale + offset` for each channel: a batch normalisation with its statistics folded in. */
export interface Affine {
  readonly scale: Float32Array;
  readonly offset: Float32Array;
}

/** A convolution over frames and inputs, then bias, ReLU and an affine. */
export interface Convolution extends Affine {
  /** Float32Array[taps × width × filters], as TensorFlow has it: `width` is mel bands, or channels of the layer before. */
  readonly kernel: Float32Array;
  readonly taps: number;
  readonly width: number;
  readonly filters: number;
  readonly bias: Float32Array;
}

export interface Dense {
  /** Float32Array[inputs × outputs] */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * The weights of a MusiCNN (Pons & Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio
 * tagging", fig. 1), as the Music Technology Group's graphs name them.
 */
export interface Musicnn {
  readonly input: Affine;
  /** Kernels over several frames and bands (7 × 38, 7 × 67): their maximum over all bands is taken. */
  readonly timbral: readonly Convolution[];
  /** Kernels over frames alone (128, 64, 32), likewise. */
  readonly temporal: readonly Convolution[];
  /** Three layers of 7 frames over all channels; the second and third add to what they got. */
  readonly middle: readonly [Convolution, Convolution, Convolution];
  /** Of the maxima and means over time. */
  readonly pooled: Affine;
  readonly hidden: Dense;
  /** Of the first dense layer after its ReLU. */
  readonly hiddenAffine: Affine;
  /** One or two more dense layers, with a ReLU between them; the last one goes into a sigmoid. */
  readonly heads: readonly Dense[];
}

/** Sorts a graph's weights. Throws ModelFormatError where one is missing or has another shape. */
export function readMusicnn(weights: ReadonlyMap<string, Tensor>): Musicnn {
  const get = (name: string, rank: number): Tensor => {
    const found = weights.get(name);
    if (found?.shape.length !== rank) throw new ModelFormatError(`the model has no ${name} of rank ${rank}`);
    return found;
  };
  const vector = (name: string, length: number): Float32Array => {
    const { values } = get(name, 1);
    if (values.length !== length) throw new ModelFormatError(`${name} has ${values.length} values, not ${length}`);
    return values;
  };
  const fused = (n: number, length: number): Affine => {
    const layer = `model/batch_normalization${n === 0 ? "" : `_${n}`}/FusedBatchNorm`;
    const base = weights.has(`${layer}/Scaled`) ? layer : `${layer}V3`;
    return { scale: vector(`${base}/Scaled`, length), offset: vector(`${base}/Offset`, length) };
  };
  const plain = (n: number, length: number): Affine => {
    const base = `model/batch_normalization_${n}/batchnorm`;
    return { scale: vector(`${base}/mul`, length), offset: vector(`${base}/sub`, length) };
  };
  const convolution = (n: number): Convolution => {
    const name = n === 0 ? "conv2d" : `conv2d_${n}`;
    const { shape, values } = get(`${name}/kernel`, 4);
    const [taps = 0, width = 0, planes = 0, filters = 0] = shape;
    if (planes !== 1) throw new ModelFormatError(`${name} has ${planes} planes`);
    return { kernel: values, taps, width, filters, bias: vector(`${name}/bias`, filters), ...fused(n + 1, filters) };
  };
  const dense = (n: number): Dense => {
    const name = n === 0 ? "dense" : `dense_${n}`;
    const { shape, values } = get(`${name}/kernel`, 2);
    const [inputs = 0, outputs = 0] = shape;
    return { kernel: values, inputs, outputs, bias: vector(`${name}/bias`, outputs) };
  };
  const hidden = dense(0);
  return {
    input: fused(0, 1),
    timbral: [convolution(0), convolution(1)],
    temporal: [convolution(2), convolution(3), convolution(4)],
    middle: [convolution(5), convolution(6), convolution(7)],
    pooled: plain(9, hidden.inputs),
    hidden,
    hiddenAffine: plain(10, hidden.outputs),
    heads: weights.has("dense_2/kernel") ? [dense(1), dense(2)] : [dense(1)],
  };
}

/** How many classes the model tells apart. */
export function classCount(model: Musicnn): number {
  return model.heads.at(-1)?.outputs ?? 0;
}
