import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readCatalogue } from "./catalogue.ts";
import { modelsReason, readInstalled, sha256Of } from "./installed.ts";

export interface AvailableModels {
  /** 16 hexadecimal digits that change with the set of usable models; empty when there is none. */
  id: string;
  /** Why there is none, and the remedy; null when there is one. */
  reason: string | null;
}

/** Which models of a folder can be used. Reads and hashes them: about 20 MB. */
export async function availableModels(folder: string): Promise<AvailableModels> {
  const lines: string[] = [];
  for (const model of readCatalogue().models) {
    if ((await readInstalled(folder, model)).state !== "usable") continue;
    lines.push(...model.files.map((file) => `${model.name} ${file.name} ${file.sha256}`));
  }
  if (lines.length === 0) return { id: "", reason: await modelsReason(folder) };
  return { id: sha256Of(new TextEncoder().encode(lines.join("\n"))).slice(0, 16), reason: null };
}

/** Sizes and times of the models' files: another text when one has come, gone or changed. Reads none of them. */
async function traceOf(folder: string): Promise<string> {
  const paths = readCatalogue().models.flatMap(({ name, files }) => files.map((file) => join(folder, name, file.name)));
  const facts = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
        () => "-",
      ),
    ),
  );
  return facts.join("\n");
}

export interface ModelsWatch {
  now(): AvailableModels;
  stop(): void;
}

/**
 * Keeps an eye on a folder of models. A change counts once the folder has been still from one look to the next, so that
 * a download of several is one change. `onChange`: another set can be used now, or none.
 */
export async function watchModels(folder: string, everyMs: number, onChange: () => void): Promise<ModelsWatch> {
  let models = await availableModels(folder);
  let known = await traceOf(folder);
  let seen = known;
  const look = async () => {
    const trace = await traceOf(folder);
    const still = trace === seen;
    seen = trace;
    if (!still || trace === known) return;
    known = trace;
    const before = models.id;
    models = await availableModels(folder);
    if (models.id !== before) onChange();
  };
  // A look that fails is followed by the next one.
  const timer = setInterval(() => void look().catch(() => {}), everyMs);
  timer.unref();
  return { now: () => models, stop: () => clearInterval(timer) };
}
