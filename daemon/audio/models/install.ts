import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Catalogue, CatalogueModel } from "./catalogue.ts";
import { cannotWrite, DownloadError, type DownloadOptions, download } from "./download.ts";
import { readInstalled } from "./installed.ts";
import { extractKnown } from "./zip-entries.ts";

export interface InstallOptions extends Omit<DownloadOptions, "mostBytes"> {
  /** Address to use in place of the models' home; ends in a slash. */
  from?: string;
}

/** Writes a file so that its name shows either nothing or all of it. Throws DownloadError. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const fresh = `${path}.new`;
  try {
    const file = await open(fresh, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** The known files in the archive at `url`; null if the archive has others. */
async function fetchArchive(
  url: string,
  part: string,
  model: CatalogueModel,
  options: DownloadOptions,
): Promise<Map<string, Uint8Array> | null> {
  await download(url, part, options);
  const found = extractKnown(await readFile(part), model.files);
  await rm(part, { force: true });
  return found.size === model.files.length ? found : null;
}

/** Tries the model's addresses in turn. Throws DownloadError. */
async function fetchFiles(
  part: string,
  model: CatalogueModel,
  catalogue: Catalogue,
  options: InstallOptions,
): Promise<Map<string, Uint8Array>> {
  const refused: string[] = [];
  for (const archive of model.archives) {
    const url = options.from === undefined ? archive : archive.replace(catalogue.home, options.from);
    const bounds = { ...options, mostBytes: catalogue.mostArchiveBytes };
    try {
      const resumed = await stat(part).then(
        () => true,
        () => false,
      );
      // A part may come from another version of the archive: then once more, from the start.
      const files =
        (await fetchArchive(url, part, model, bounds)) ??
        (resumed ? await fetchArchive(url, part, model, bounds) : null);
      if (files) return files;
      refused.push(`${url} holds other files than the catalogue's (unknown SHA-256), so it was refused`);
    } catch (error) {
      if (!(error instanceof DownloadError) || error.kind !== "absent") throw error;
      refused.push(error.message);
    }
  }
  throw new DownloadError("final", `${refused.join("; ")}. Perhaps a newer Phaze knows where ${model.name} is now`);
}

/**
 * Makes one model usable: loads its archive and puts the known files into `<folder>/<name>`. Gives false if it was
 * usable before. Throws DownloadError.
 */
export async function installModel(
  folder: string,
  model: CatalogueModel,
  catalogue: Catalogue,
  options: InstallOptions,
): Promise<boolean> {
  if ((await readInstalled(folder, model)).state === "usable") return false;
  const own = join(folder, model.name);
  try {
    await mkdir(own, { recursive: true });
  } catch (error) {
    throw cannotWrite(own, error);
  }
  const files = await fetchFiles(join(folder, `${model.name}.zip.part`), model, catalogue, options);
  for (const [name, bytes] of files) await writeWhole(join(own, name), bytes);
  return true;
}
