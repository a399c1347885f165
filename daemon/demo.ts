import { access, mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { type BuiltSound, makeSoundBuilder, type SoundBuilder } from "./demo/build-sound.ts";
import { companions, mediaFiles } from "./demo/library.ts";
import { demoJpeg } from "./demo/pictures.ts";
import type { BuiltFile, MediaFile } from "./demo/plan.ts";
import { makeTagger, type Tagger } from "./demo/tagger.ts";

export interface DemoOptions {
  readonly signal: AbortSignal;
  /** Media files written so far, and all that there will be. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface DemoResult {
  /** Media files made; 0 when the folder was there already. */
  readonly files: number;
  /** Time it took. */
  readonly seconds: number;
}

/**
 * Makes the demo library: real, playable, invented music with the names, tags and companions of a neglected archive.
 * The same bytes every time. Needs no ffmpeg and no network. The folder appears at once and whole, or not at all; if
 * it exists, nothing is done.
 */
export async function makeDemoLibrary(directory: string, options: DemoOptions): Promise<DemoResult> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  if (await exists(directory)) return { files: 0, seconds: seconds() };
  const building = join(dirname(directory), `.${basename(directory)}.building`);
  await rm(building, { recursive: true, force: true });
  try {
    await buildLibrary(building, options);
    await rename(building, directory);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
  return { files: mediaFiles.length, seconds: seconds() };
}

async function buildLibrary(building: string, options: DemoOptions): Promise<void> {
  /** Lets an abort, and whatever else the process does, be heard between songs. */
  const sounds = await makeSoundBuilder(async () => {
    await setImmediate();
    options.signal.throwIfAborted();
  });
  const tagger = await makeTagger();
  const originals = new Set(mediaFiles.flatMap((file) => (file.sound.kind === "copy" ? [file.sound.of] : [])));
  const written = new Map<string, BuiltSound>();
  const built: BuiltFile[] = [];
  for (const file of mediaFiles) {
    const { bytes, ...facts } = await makeFile(file, sounds, tagger, written);
    built.push({ path: file.path, crc32: crc32(bytes), ...facts });
    if (originals.has(file.path)) written.set(file.path, { bytes, ...facts });
    await write(building, file.path, bytes);
    options.onProgress?.(built.length, mediaFiles.length);
  }
  for (const companion of companions) await write(building, companion.path, companion.make(built));
}

async function makeFile(
  file: MediaFile,
  sounds: SoundBuilder,
  tagger: Tagger,
  written: ReadonlyMap<string, BuiltSound>,
): Promise<BuiltSound> {
  if (file.sound.kind === "copy") {
    const original = written.get(file.sound.of);
    if (original === undefined) throw new Error(`demo copy of ${file.sound.of}, which is not made yet`);
    return original;
  }
  const sound = await sounds.build(file.sound);
  if (file.tags === undefined && !file.cover) return sound;
  return { ...sound, bytes: await tagger(sound.bytes, file.tags ?? {}, file.cover ? demoJpeg() : null) };
}

/** The time all demo files bear. */
const madeAt = new Date("2020-01-01T12:00:00Z");

async function write(building: string, path: string, bytes: Uint8Array | string): Promise<void> {
  const target = join(building, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, bytes);
  // Old files are taken at once; new ones would be watched for a while first, as if they were still being written.
  await utimes(target, madeAt, madeAt);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
