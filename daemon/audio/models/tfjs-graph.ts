import { z } from "zod";
import type { Tensor } from "./onnx-write.ts";

/** Largest files that are read; the six known models are below 0.04 and 3.2 MB. */
export const mostTopologyBytes = 1_000_000;
export const mostWeightBytes = 50_000_000;

/** Files that are no TensorFlow.js graph model of the expected form. */
export class ModelFormatError extends Error {}

const manifestSchema = z.object({
  format: z.literal("graph-model"),
  weightsManifest: z
    .array(
      z.object({
        paths: z.array(z.string()).length(1),
        weights: z.array(
          z.object({
            name: z.string(),
            shape: z.array(z.number().int().min(1).max(1_000_000)).max(4),
            dtype: z.enum(["float32", "int32"]),
            quantization: z.undefined().optional(),
          }),
        ),
      }),
    )
    .length(1),
});

/**
 * The float32 weights of a TensorFlow.js graph model, by name: `model.json` lists name, shape and type of each, and the
 * one shard holds their values one after the other, little-endian. Throws ModelFormatError.
 * Source: tfjs-core/src/io/io_utils.ts (decodeWeights).
 */
export function readTfjsWeights(topology: Uint8Array, shard: Uint8Array): Map<string, Tensor> {
  if (topology.length > mostTopologyBytes) throw new ModelFormatError(`model.json has ${topology.length} bytes`);
  if (shard.length > mostWeightBytes) throw new ModelFormatError(`the weights have ${shard.length} bytes`);
  let manifest: z.output<typeof manifestSchema>;
  try {
    manifest = manifestSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(topology)));
  } catch (error) {
    throw new ModelFormatError(`model.json is no TensorFlow.js graph model: ${(error as Error).message}`);
  }
  const weights = new Map<string, Tensor>();
  let at = 0;
  for (const { name, shape, dtype } of manifest.weightsManifest[0]?.weights ?? []) {
    const length = shape.reduce((a, b) => a * b, 1);
    if (at + length * 4 > shard.length) throw new ModelFormatError(`the weights end before ${name}`);
    const start = shard.byteOffset + at;
    at += length * 4;
    if (dtype === "int32") continue;
    weights.set(name, { shape, values: new Float32Array(shard.buffer.slice(start, start + length * 4)) });
  }
  if (at !== shard.length) throw new ModelFormatError(`the weights have ${shard.length - at} bytes too many`);
  return weights;
}
