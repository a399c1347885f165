import { type Essentia, loadEssentia } from "../audio/essentia.ts";
import { analyseKey } from "../audio/key.ts";
import { type MoodAnalyser, makeMoodAnalyser } from "../audio/mood.ts";
import { analyseRhythm } from "../audio/rhythm.ts";
import type { Task } from "./messages.ts";

/** All a worker can do, by name. What a task needs is loaded with its first job. */
export function makeTasks(): Record<string, Task> {
  let essentia: Promise<Essentia> | undefined;
  const withEssentia =
    (work: (essentia: Essentia, samples: Float32Array) => unknown): Task =>
    async (samples) => {
      essentia ??= loadEssentia();
      return work(await essentia, samples);
    };
  const analysers = new Map<string, Promise<MoodAnalyser>>();
  const mood: Task = async (samples, options) => {
    const { modelsPath } = options as { modelsPath: string };
    const analyser = analysers.get(modelsPath) ?? makeMoodAnalyser(modelsPath);
    analysers.set(modelsPath, analyser);
    return (await analyser).analyse(samples);
  };
  return { rhythm: withEssentia(analyseRhythm), key: withEssentia(analyseKey), mood };
}
