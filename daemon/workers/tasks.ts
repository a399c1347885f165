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
      essentia.catch(() => {
        essentia = undefined;
      });
      return work(await essentia, samples);
    };
  const analysers = new Map<string, Promise<MoodAnalyser>>();
  const mood: Task = async (samples, options) => {
    const { modelsPath, modelsId } = options as { modelsPath: string; modelsId: string };
    const name = `${modelsId} ${modelsPath}`;
    const analyser = analysers.get(name) ?? makeMoodAnalyser(modelsPath, modelsId);
    analysers.set(name, analyser);
    analyser.catch(() => analysers.delete(name));
    return (await analyser).analyse(samples);
  };
  return { rhythm: withEssentia(analyseRhythm), key: withEssentia(analyseKey), mood };
}
