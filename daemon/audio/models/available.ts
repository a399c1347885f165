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
