import { setImmediate as nextTurn } from "node:timers/promises";
import { type CatalogueModel, readCatalogue } from "./catalogue.ts";
import { readInstalled } from "./installed.ts";
import { buildFastGraph } from "./musicnn-fast.ts";
import { classCount, type Musicnn, patchValues, readMusicnn } from "./musicnn-weights.ts";
import { type Backend, type GraphSession, openRuntime } from "./runtime.ts";
import { ModelFormatError, readTfjsWeights } from "./tfjs-graph.ts";

/** A model that is ready: what it gives, and its classes in the order of its outputs. */
export type ModelInfo = Pick<CatalogueModel, "name" | "title" | "gives" | "positive" | "classes">;

export interface Models {
  readonly backend: Backend;
  /** Why the slower WebAssembly is used, or null. */
  readonly backendReason: string | null;
  readonly models: readonly ModelInfo[];
  /** Supported models that are not installed or were refused, and why. */
  readonly missing: readonly { readonly name: string; readonly gives: string; readonly reason: string }[];
  /**
   * The probabilities of a model's classes for `count` patches (Float32Array[count × 187 × 96]):
   * Float32Array[count × classes]. Patches are run one by one, so that a patch's result does not depend on the others.
   * Each blocks the thread for its 3 to 50 ms.
   */
  run(name: string, patches: Float32Array, count: number, signal?: AbortSignal): Promise<Float32Array>;
  close(): Promise<void>;
}

/** The weights of an installed model, as they are in its files. Throws ModelFormatError. */
export function readModel(model: CatalogueModel, files: ReadonlyMap<string, Uint8Array>): Musicnn {
  const [topology, shard] = model.files.map((file) => files.get(file.name));
  if (!topology || !shard) throw new ModelFormatError(`${model.name} lacks a file`);
  const musicnn = readMusicnn(readTfjsWeights(topology, shard));
  const classes = classCount(musicnn);
  if (classes !== model.classes.length)
    throw new ModelFormatError(`${model.name} tells ${classes} classes apart, not ${model.classes.length}`);
  return musicnn;
}

async function runPatches(
  session: GraphSession,
  classes: number,
  patches: Float32Array,
  count: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  if (patches.length !== count * patchValues)
    throw new Error(`${count} patches have ${count * patchValues} values, not ${patches.length}`);
  const out = new Float32Array(count * classes);
  for (let n = 0; n < count; n++) {
    signal?.throwIfAborted();
    out.set(await session.run(patches.subarray(n * patchValues, (n + 1) * patchValues)), n * classes);
    await nextTurn();
  }
  return out;
}

/**
 * Loads all usable models of a folder (`<folder>/<name>/model.json` and its weights), after checking their SHA-256, and
 * turns them into ONNX graphs in memory. Takes about 0.2 s and 100 MB for six.
 */
export async function loadModels(folder: string, options: { backend?: Backend } = {}): Promise<Models> {
  const runtime = await openRuntime(options.backend);
  const sessions = new Map<string, { info: ModelInfo; session: GraphSession }>();
  const missing: { name: string; gives: string; reason: string }[] = [];
  for (const model of readCatalogue().models) {
    const { name, title, gives, positive, classes } = model;
    const found = await readInstalled(folder, model);
    if (found.state !== "usable") {
      missing.push({ name, gives, reason: found.reason });
      continue;
    }
    const session = await runtime.load(buildFastGraph(readModel(model, found.files)));
    sessions.set(name, { info: { name, title, gives, positive, classes }, session });
  }
  return {
    backend: runtime.backend,
    backendReason: runtime.reason,
    models: [...sessions.values()].map((one) => one.info),
    missing,
    async run(name, patches, count, signal) {
      const found = sessions.get(name);
      if (!found) throw new Error(missing.find((one) => one.name === name)?.reason ?? `There is no model ${name}`);
      return runPatches(found.session, found.info.classes.length, patches, count, signal);
    },
    async close() {
      for (const { session } of sessions.values()) await session.close();
      sessions.clear();
    },
  };
}
