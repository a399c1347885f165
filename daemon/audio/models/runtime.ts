import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export type Backend = "native" | "wasm";

/** A loaded graph: one patch in, the probabilities of its classes out. Blocks the thread while it computes. */
export interface GraphSession {
  /** `patch` is Float32Array[187 × 96]; the result is the caller's. */
  run(patch: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface Runtime {
  readonly backend: Backend;
  /** Why the native library is not used though it was wanted, or null. */
  readonly reason: string | null;
  load(graph: Uint8Array): Promise<GraphSession>;
}

type Ort = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor" | "env">;
type Options = Parameters<Ort["InferenceSession"]["create"]>[1];

const patchShape = [1, 187, 96];

function makeRuntime(backend: Backend, reason: string | null, ort: Ort, options: Options): Runtime {
  // Warnings would go to stderr, past the log.
  ort.env.logLevel = "error";
  return {
    backend,
    reason,
    async load(graph) {
      const session = await ort.InferenceSession.create(graph, { ...options, logSeverityLevel: 3 });
      return {
        async run(patch) {
          const { output } = await session.run({ patch: new ort.Tensor("float32", patch, patchShape) });
          if (!(output?.data instanceof Float32Array)) throw new Error("The model gave no numbers");
          return output.data;
        },
        close: () => session.release(),
      };
    },
  };
}

/** ONNX Runtime's native library, one thread. Its arena is off: it would keep 100 MB for six models and save no time. */
async function nativeRuntime(): Promise<Runtime> {
  const ort = await import("onnxruntime-node");
  return makeRuntime("native", null, ort, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    enableCpuMemArena: false,
  });
}

/** ONNX Runtime as WebAssembly, one thread; its binary comes from the package, nothing is fetched. */
async function wasmRuntime(reason: string | null): Promise<Runtime> {
  const ort = await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  const binary = fileURLToPath(import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"));
  ort.env.wasm.wasmBinary = new Uint8Array(await readFile(binary)).buffer;
  return makeRuntime("wasm", reason, ort, { executionProviders: ["wasm"] });
}

/**
 * The runtime for the models: native, or WebAssembly (3 to 4 times slower) where the native library does not load, or
 * `wanted`. Throws if the one that is wanted cannot be had.
 */
export async function openRuntime(wanted?: Backend, openNative = nativeRuntime): Promise<Runtime> {
  if (wanted === "wasm") return wasmRuntime(null);
  try {
    return await openNative();
  } catch (error) {
    if (wanted === "native") throw error;
    return wasmRuntime(`ONNX Runtime's native library does not load: ${(error as Error).message}`);
  }
}
