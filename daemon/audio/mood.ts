import { makeMelPatches, melBandCount, melHopSamples, melPatchFrames, melPatchSamples, melRateHz } from "./mel.ts";
import { classIndex } from "./models/catalogue.ts";
import { loadModels, type ModelInfo, type Models } from "./models/session.ts";

/** Patches in a window of the mood stage, and what it is given before the window's start, samples at 16 kHz. */
export const patchesPerWindow = 10;
export const moodWindowSamples = patchesPerWindow * melPatchSamples;
export const moodLeadSamples = melHopSamples;
export const moodRateHz = melRateHz;

/** What the models say of the patches of one window. */
export interface MoodWindow {
  /** Which models gave this. */
  modelsId: string;
  patches: number;
  /** Of each model with one answer: the probability of its positive class, Float32Array[patches]. */
  answers: { gives: string; values: Float32Array }[];
  /** Of the model of many tags: Float32Array[patches × tags]. */
  tags: { names: readonly string[]; values: Float32Array } | null;
  missing: { name: string; reason: string }[];
}

export interface MoodAnalyser {
  /** `samples`: 16 kHz mono, finite, `moodLeadSamples` from before the window, then the window. */
  analyse(samples: Float32Array): Promise<MoodWindow>;
}

async function askModel(models: Models, model: ModelInfo, patches: Float32Array, count: number): Promise<Float32Array> {
  const values = await models.run(model.name, patches, count);
  if (model.positive === null) return values;
  const at = classIndex(model.classes, model.positive);
  return Float32Array.from({ length: count }, (_, patch) => values[patch * model.classes.length + at] as number);
}

/**
 * Loads all usable models of a folder, one after the other asked about each window. `modelsId`: the set that is expected.
 * Throws when there is none.
 */
export async function makeMoodAnalyser(folder: string, modelsId: string): Promise<MoodAnalyser> {
  const models = await loadModels(folder);
  if (models.models.length === 0) throw new Error(`No model can be used: ${models.missing[0]?.reason ?? folder}`);
  const melPatches = makeMelPatches();
  return {
    async analyse(samples) {
      const patches = melPatches(samples);
      const count = patches.length / (melPatchFrames * melBandCount);
      const window: MoodWindow = { modelsId, patches: count, answers: [], tags: null, missing: [...models.missing] };
      for (const model of models.models) {
        const values = await askModel(models, model, patches, count);
        if (model.positive === null) window.tags = { names: model.classes, values };
        else window.answers.push({ gives: model.gives, values });
      }
      return window;
    },
  };
}
