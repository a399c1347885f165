import { describe, expect, test } from "bun:test";
import { buildFastGraph } from "../../../daemon/audio/models/musicnn-fast.ts";
import { buildPlainGraph } from "../../../daemon/audio/models/musicnn-plain.ts";
import { classCount, patchValues, readMusicnn } from "../../../daemon/audio/models/musicnn-weights.ts";
import { type Backend, openRuntime } from "../../../daemon/audio/models/runtime.ts";
import { readTfjsWeights } from "../../../daemon/audio/models/tfjs-graph.ts";
import { noisePatches, type TinyOptions, tinyModel } from "./support.ts";

const load = (options?: TinyOptions) => {
  const { topology, shard } = tinyModel(options);
  return readMusicnn(readTfjsWeights(topology, shard));
};

async function runGraph(graph: Uint8Array, patches: Float32Array, backend: Backend): Promise<number[]> {
  const session = await (await openRuntime(backend)).load(graph);
  const out: number[] = [];
  for (let at = 0; at < patches.length; at += patchValues)
    out.push(...(await session.run(patches.subarray(at, at + patchValues))));
  await session.close();
  return out;
}

const furthest = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, n) => Math.abs(value - (b[n] ?? Number.NaN))));

describe("the fast graph gives what the plain one gives", () => {
  test.each<[string, TinyOptions]>([
    ["with dead filters and two heads", {}],
    ["without dead filters", { dead: 0, seed: 11 }],
    ["with one head and the older names", { heads: 1, version: "", seed: 12 }],
    ["with only dead filters but one or none in a bank", { dead: 0.9, seed: 5 }],
  ])("%s", async (_name, options) => {
    const model = load(options);
    const patches = noisePatches(2);
    patches.fill(0, 0, patchValues / 3);
    const plain = await runGraph(buildPlainGraph(model), patches, "native");
    expect(plain).toHaveLength(2 * classCount(model));
    expect(new Set(plain.map((value) => value.toFixed(5))).size).toBeGreaterThan(3);
    for (const backend of ["native", "wasm"] as const)
      expect(furthest(plain, await runGraph(buildFastGraph(model), patches, backend))).toBeLessThan(2e-6);
  });
});

test("where the native library does not load, WebAssembly takes its place and says why; unless native was wanted", async () => {
  const broken = async () => {
    throw new Error("libonnxruntime.so.1: cannot open shared object file");
  };
  const runtime = await openRuntime(undefined, broken);
  expect(runtime.backend).toBe("wasm");
  expect(runtime.reason).toContain("does not load: libonnxruntime.so.1: cannot open");
  await expect(openRuntime("native", broken)).rejects.toThrow("cannot open shared object file");
});

describe("model files that are not as expected are refused", () => {
  const { topology, shard } = tinyModel();
  const changed = (change: (json: string) => string) =>
    new TextEncoder().encode(change(new TextDecoder().decode(topology)));
  test.each([
    ["no JSON", new TextEncoder().encode("{"), shard, "is no TensorFlow.js graph model"],
    ["no UTF-8", Uint8Array.of(0xff, 0xfe), shard, "is no TensorFlow.js graph model"],
    ["another format", changed((json) => json.replace("graph-model", "layers-model")), shard, "is no TensorFlow.js"],
    [
      "quantised weights",
      changed((json) => json.replace('"float32"', '"float32","quantization":{"dtype":"uint8"}')),
      shard,
      "is no TensorFlow.js",
    ],
    ["weights cut off", topology, shard.subarray(0, shard.length - 4), "the weights end before"],
    ["weights left over", topology, new Uint8Array([...shard, 0, 0, 0, 0]), "4 bytes too many"],
    [
      "absurd sizes",
      changed((json) => json.replace("[7,38,1,7]", "[7,38,1000000,7]")),
      shard,
      "the weights end before",
    ],
    ["a huge topology", new Uint8Array(1_000_001), shard, "model.json has 1000001 bytes"],
    ["huge weights", topology, new Uint8Array(50_000_001), "the weights have 50000001 bytes"],
  ])("%s", (_name, files, weights, message) => {
    expect(() => readTfjsWeights(files, weights)).toThrow(message);
  });

  test.each([
    ["conv2d_5/kernel", "no conv2d_5/kernel of rank 4"],
    ["dense/bias", "no dense/bias of rank 1"],
    ["model/batch_normalization_3/FusedBatchNormV3/Scaled", "no model/batch_normalization_3"],
  ])("without %s", (name, message) => {
    const weights = readTfjsWeights(topology, shard);
    weights.delete(name);
    expect(() => readMusicnn(weights)).toThrow(message);
  });

  test("with a vector of another length, or a kernel of several planes", () => {
    const weights = readTfjsWeights(topology, shard);
    weights.set("conv2d/bias", { shape: [2], values: new Float32Array(2) });
    expect(() => readMusicnn(weights)).toThrow("conv2d/bias has 2 values, not 7");
    weights.set("conv2d/kernel", { shape: [1, 1, 2, 2], values: new Float32Array(4) });
    expect(() => readMusicnn(weights)).toThrow("conv2d has 2 planes");
  });

  test("with kernels that the fast graph cannot cut up", () => {
    const model = load({ dead: 0 });
    const [first, second] = model.timbral;
    const [long, ...others] = model.temporal;
    if (!first || !second || !long) throw new Error("the tiny model lacks banks");
    const shorter = { ...first, taps: 5, kernel: first.kernel.slice(0, (first.kernel.length / 7) * 5) };
    expect(() => buildFastGraph({ ...model, timbral: [shorter, second] })).toThrow("timbral kernels differ");
    const odd = { ...long, taps: 48, kernel: long.kernel.slice(0, (long.kernel.length / 128) * 48) };
    expect(() => buildFastGraph({ ...model, temporal: [odd, ...others] })).toThrow("multiples of 32 frames");
  });
});
