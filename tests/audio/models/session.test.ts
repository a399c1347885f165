import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { type GraphModel, loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { classIndex, readCatalogue } from "../../../daemon/audio/models/catalogue.ts";
import { patchValues } from "../../../daemon/audio/models/musicnn-weights.ts";
import { loadModels, type Models } from "../../../daemon/audio/models/session.ts";
import { testPatches } from "../../../daemon/audio/models/verify.ts";
import { haveModels, modelsFolder, modelTestName, noisePatches, patchesOf, realMusic } from "./support.ts";

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, n) => Math.abs(value - (b[n] ?? Number.NaN))));
const names = readCatalogue().models.map((model) => model.name);

/** The plain TensorFlow.js model, as essentia.js runs it. */
async function loadReference(name: string): Promise<GraphModel> {
  const topology = JSON.parse(readFileSync(join(modelsFolder, name, "model.json"), "utf8"));
  const weights = readFileSync(join(modelsFolder, name, "group1-shard1of1.bin"));
  return loadGraphModel(
    tf.io.fromMemory({
      modelTopology: topology.modelTopology,
      format: topology.format,
      weightSpecs: topology.weightsManifest[0].weights,
      weightData: new Uint8Array(weights).buffer,
    }),
  );
}

function runReference(model: GraphModel, patches: Float32Array): number[] {
  return tf.tidy(() => {
    const inputs: Record<string, tf.Tensor> = {
      "model/Placeholder": tf.tensor3d(patches, [patches.length / patchValues, 187, 96]),
    };
    // "Is this training?", in the one model that still asks.
    if (model.inputs.length > 1) inputs["model/Placeholder_1"] = tf.scalar(false, "bool");
    return [...(model.execute(inputs, "model/Sigmoid") as tf.Tensor).dataSync()];
  });
}

describe.skipIf(!haveModels)(modelTestName("real models"), () => {
  let models: Models;
  beforeAll(async () => {
    models = await loadModels(modelsFolder);
    setWasmPaths(
      `${join(dirname(Bun.resolveSync("@tensorflow/tfjs-backend-wasm/package.json", import.meta.dir)), "dist")}/`,
    );
    await tf.setBackend("wasm");
  });
  afterAll(() => models.close());

  test("all six are there, by the native library", () => {
    expect(models.models.map((model) => model.name)).toEqual(names);
    expect(models.missing).toEqual([]);
    expect([models.backend, models.backendReason]).toEqual(["native", null]);
  });

  const music = haveModels ? realMusic() : [];
  if (music.length < 3) process.stderr.write("No real music: models are compared on made sounds alone\n");

  test("every patch gives what plain TensorFlow.js gives, within 0.001: made sounds, noise, and three files of music", async () => {
    const inputs = [testPatches(), noisePatches(1)];
    const chosen = [0, 0.5, 1].map((share) => music[Math.floor(share * (music.length - 1))]);
    for (const file of chosen) if (file !== undefined) inputs.push(await patchesOf(file, 20, 7));
    for (const name of names) {
      const reference = await loadReference(name);
      for (const patches of inputs) {
        const count = patches.length / patchValues;
        expect(count).toBeGreaterThan(0);
        const found = await models.run(name, patches, count);
        expect(furthest(runReference(reference, patches), found)).toBeLessThan(1e-4);
      }
      reference.dispose();
    }
  }, 120_000);

  test("a patch gives bit for bit the same alone and among others", async () => {
    const patches = noisePatches(5, 9);
    for (const name of names) {
      const all = await models.run(name, patches, 5);
      const classes = all.length / 5;
      for (const n of [0, 3, 4]) {
        const alone = await models.run(name, patches.slice(n * patchValues, (n + 1) * patchValues), 1);
        expect(alone).toEqual(all.slice(n * classes, (n + 1) * classes));
      }
    }
  });

  test("WebAssembly gives what the native library gives", async () => {
    const wasm = await loadModels(modelsFolder, { backend: "wasm" });
    expect(wasm.backend).toBe("wasm");
    const patches = testPatches();
    for (const name of names)
      expect(furthest(await models.run(name, patches, 3), await wasm.run(name, patches, 3))).toBeLessThan(1e-4);
    await wasm.close();
  }, 60_000);

  test("classes are chosen by label: a soft chord is relaxed and not aggressive, noise is the reverse", async () => {
    const patches = testPatches();
    const share = async (name: string, patch: number) => {
      const model = models.models.find((other) => other.name === name);
      if (!model?.positive) throw new Error(`${name} has no positive class`);
      const values = await models.run(name, patches, 3);
      return values[patch * model.classes.length + classIndex(model.classes, model.positive)] ?? Number.NaN;
    };
    const [noise, chord] = [1, 2];
    expect(await share("mood_relaxed-musicnn-msd-2", chord)).toBeGreaterThan(
      await share("mood_relaxed-musicnn-msd-2", noise),
    );
    expect(await share("mood_aggressive-musicnn-msd-2", noise)).toBeGreaterThan(0.5);
    expect(await share("mood_aggressive-musicnn-msd-2", chord)).toBeLessThan(0.5);
  });

  test("nothing is run for another size, an unknown name, or after it was called off", async () => {
    const patches = noisePatches(1);
    await expect(models.run("msd-musicnn-1", patches, 2)).rejects.toThrow("2 patches have 35904 values, not 17952");
    await expect(models.run("other", patches, 1)).rejects.toThrow("There is no model other");
    await expect(models.run("msd-musicnn-1", patches, 1, AbortSignal.abort())).rejects.toThrow("abort");
    expect(await models.run("msd-musicnn-1", new Float32Array(), 0)).toHaveLength(0);
  });
});

describe("the catalogue", () => {
  test.each([
    ["mood:sad", "sad", 1],
    ["mood:relaxed", "relaxed", 1],
    ["mood:happy", "happy", 0],
    ["mood:aggressive", "aggressive", 0],
    ["danceability", "danceable", 0],
  ])("%s is the class %s, output %d", (gives, label, index) => {
    const model = readCatalogue().models.find((other) => other.gives === gives);
    expect(model?.positive).toBe(label);
    expect(classIndex(model?.classes ?? [], label)).toBe(index);
  });

  test("an unknown label is an error, not another class", () => {
    expect(() => classIndex(["sad", "non_sad"], "happy")).toThrow("no class happy: it has sad, non_sad");
  });

  test("style has the 50 tags of the Million Song Dataset", () => {
    const model = readCatalogue().models.find((other) => other.gives === "style");
    expect(model?.classes).toHaveLength(50);
    expect(new Set(model?.classes).size).toBe(50);
  });
});
