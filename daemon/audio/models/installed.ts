import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type CatalogueFile, type CatalogueModel, readCatalogue } from "./catalogue.ts";

/** What is in the models' folder of one supported model. */
export type Installed =
  | { readonly state: "usable"; readonly files: ReadonlyMap<string, Uint8Array> }
  | { readonly state: "absent" | "refused"; readonly reason: string };

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const remedy = (name: string) => `phaze models download ${name}`;

/** The bytes of one file, or why they are not those of the catalogue. */
async function readChecked(
  folder: string,
  model: CatalogueModel,
  file: CatalogueFile,
): Promise<Uint8Array | Installed> {
  const path = join(folder, model.name, file.name);
  const refuse = (why: string): Installed => ({
    state: "refused",
    reason: `${path} ${why}. Get it anew: ${remedy(model.name)}`,
  });
  try {
    // The size first: a file of another size is not read, however large it is.
    const { size } = await stat(path);
    if (size !== file.bytes) return refuse(`has ${size} bytes, but the known file has ${file.bytes}`);
    const bytes = await readFile(path);
    const found = sha256Of(bytes);
    if (found === file.sha256) return bytes;
    return refuse(`has the unknown SHA-256 ${found}; the known one is ${file.sha256}`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") return refuse(`cannot be read: ${message}`);
    return { state: "absent", reason: `${model.name} is not installed. Get it: ${remedy(model.name)}` };
  }
}

/** Reads a model's files and checks them against the catalogue: a file with an unknown SHA-256 is refused. */
export async function readInstalled(folder: string, model: CatalogueModel): Promise<Installed> {
  const files = new Map<string, Uint8Array>();
  for (const file of model.files) {
    const found = await readChecked(folder, model, file);
    if (!(found instanceof Uint8Array)) return found;
    files.set(file.name, found);
  }
  return { state: "usable", files };
}

/** All supported models with what is there of them, in the catalogue's order. */
async function readAll(folder: string): Promise<{ model: CatalogueModel; found: Installed }[]> {
  const all: { model: CatalogueModel; found: Installed }[] = [];
  for (const model of readCatalogue().models) all.push({ model, found: await readInstalled(folder, model) });
  return all;
}

/** Null if all supported models are usable; otherwise why mood, style or danceability are absent, and the remedy. */
export async function modelsReason(folder: string): Promise<string | null> {
  const all = await readAll(folder);
  if (all.every(({ found }) => found.state === "absent"))
    return `There are no models in ${folder}, so mood, style and danceability are absent. Get them: phaze models download`;
  const reasons = all.flatMap(({ found }) => (found.state === "usable" ? [] : [found.reason]));
  return reasons.length === 0 ? null : reasons.join("; ");
}
