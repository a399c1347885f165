/** A vector on the heap of the WASM module: delete it, or it stays there for ever. */
export interface EssentiaVector {
  size(): number;
  get(index: number): number;
  delete(): void;
}

/** The algorithms of essentia.js (Bogdanov et al. 2013; Correya et al. 2020) that are used here. They block the thread. */
export interface Essentia {
  readonly version: string;
  /** The WASM module; its heap grows and never shrinks. */
  readonly module: { readonly HEAPU8: { readonly length: number } };
  arrayToVector(values: Float32Array): EssentiaVector;
  /** Beats (s) from an onset function, after Degara et al. 2012. `rateHz` is the function's frames a second. */
  TempoTapDegara(
    onsets: EssentiaVector,
    maxTempo: number,
    minTempo: number,
    resample: "none" | "x2" | "x3" | "x4",
    rateHz: number,
  ): { readonly ticks: EssentiaVector };
  RhythmExtractor2013(
    signal: EssentiaVector,
    maxTempo: number,
    method: "degara" | "multifeature",
    minTempo: number,
  ): {
    readonly bpm: number;
    readonly confidence: number;
    readonly ticks: EssentiaVector;
    readonly estimates: EssentiaVector;
    readonly bpmIntervals: EssentiaVector;
  };
  PercivalBpmEstimator(signal: EssentiaVector): { readonly bpm: number };
  KeyExtractor(
    signal: EssentiaVector,
    ...settings: (number | boolean | string)[]
  ): { readonly key: string; readonly scale: string; readonly strength: number };
  Key(
    pitchClasses: EssentiaVector,
    numHarmonics: number,
    pcpSize: number,
    profileType: string,
    slope: number,
    useMajMin: boolean,
    usePolyphony: boolean,
    useThreeChords: boolean,
  ): {
    readonly key: string;
    readonly scale: string;
    readonly strength: number;
    readonly firstToSecondRelativeStrength: number;
  };
}

const faultEvents = ["uncaughtException", "unhandledRejection"] as const;

/**
 * Loads essentia.js; the module is compiled once a process, whoever asks how often. It installs handlers of faults that
 * end the process in its own way: they are taken off again, and those that were there before stay.
 */
export async function loadEssentia(): Promise<Essentia> {
  const before = faultEvents.map((event) => new Set<unknown>(process.listeners(event as "uncaughtException")));
  // @ts-expect-error The package has no types for its modules.
  const { EssentiaWASM } = await import("essentia.js/dist/essentia-wasm.es.js");
  // @ts-expect-error The same.
  const { default: Core } = await import("essentia.js/dist/essentia.js-core.es.js");
  for (const [index, event] of faultEvents.entries()) {
    for (const listener of process.listeners(event as "uncaughtException")) {
      if (!before[index]?.has(listener)) process.removeListener(event, listener);
    }
  }
  return new Core(EssentiaWASM);
}

/** The numbers of a vector, which is deleted. */
export function takeVector(vector: EssentiaVector): Float32Array {
  const values = Float32Array.from({ length: vector.size() }, (_, index) => vector.get(index));
  vector.delete();
  return values;
}

/** Runs `work` with values on the heap of the module, and takes them off again whatever happens. */
export function withVector<T>(essentia: Essentia, values: Float32Array, work: (vector: EssentiaVector) => T): T {
  const vector = essentia.arrayToVector(values);
  try {
    return work(vector);
  } finally {
    vector.delete();
  }
}
