import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { makeMelPatches, melHopSamples, melRateHz } from "../../../daemon/audio/mel.ts";
import { patchBands, patchFrames } from "../../../daemon/audio/models/musicnn-weights.ts";
import { findFfmpeg } from "../../support/audio-files.ts";

const shared = join(import.meta.dir, "../../../../shared");
/** The six real models, which are not part of the repository. */
export const modelsFolder = join(shared, "models");
export const haveModels = existsSync(join(modelsFolder, "msd-musicnn-1", "model.json"));
if (!haveModels) process.stderr.write("No real models: the tests that need them are skipped\n");
/** `name`, with the reason added where the models are absent and the test is skipped. */
export const modelTestName = (name: string): string => (haveModels ? name : `${name} (skipped: no models)`);

/** Numbers that look random and are always the same, −1…1. */
export function makeNoise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Files of real music from Debian's packages, shared with the other tests that use some; none where they are out of reach. */
export function realMusic(): string[] {
  const tool = join(shared, "bin", "get-music");
  if (!existsSync(tool) || findFfmpeg() === null) return [];
  const folder = join(tmpdir(), "phaze-real-music");
  mkdirSync(folder, { recursive: true });
  const got = Bun.spawnSync([tool, folder, "extremetuxracer-data", "fretsonfire-songs-sectoid"], { timeout: 240_000 });
  if (!got.success) rmSync(folder, { recursive: true, force: true });
  if (!got.success) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ogg"))
    .sort()
    .map((name) => join(folder, name));
}

/** Mel patches of `seconds` of a file from second `from` on. */
export async function patchesOf(path: string, from: number, seconds: number): Promise<Float32Array> {
  const args = ["-nostdin", "-v", "error", "-ss", `${from}`, "-t", `${seconds}`, "-i", path, "-ac", "1"];
  const child = Bun.spawn(["ffmpeg", ...args, "-ar", `${melRateHz}`, "-f", "f32le", "-"], { stdout: "pipe" });
  const bytes = await new Response(child.stdout).arrayBuffer();
  const sound = new Float32Array(bytes, 0, Math.floor(bytes.byteLength / 4));
  const samples = new Float32Array(melHopSamples + sound.length);
  samples.set(sound, melHopSamples);
  return makeMelPatches()(samples);
}

/** `count` patches of noise in the range of mel bands. */
export function noisePatches(count: number, seed = 1): Float32Array {
  const noise = makeNoise(seed);
  return Float32Array.from({ length: count * patchFrames * patchBands }, () => 3 + 3 * noise());
}

export interface TinyOptions {
  /** Of the batch normalisations: the older graphs have no V3. */
  version?: "" | "V3";
  heads?: 1 | 2;
  /** Share of filters whose weights are zero. */
  dead?: number;
  seed?: number;
}

/** A MusiCNN with few filters and random weights, in the files of a TensorFlow.js graph model: 3 classes. */
export function tinyModel(options: TinyOptions = {}): { topology: Uint8Array; shard: Uint8Array } {
  const { version = "V3", heads = 2, dead = 0.3, seed = 7 } = options;
  const noise = makeNoise(seed);
  const weights: { name: string; shape: number[]; dtype: string }[] = [];
  const values: number[] = [];
  const add = (name: string, shape: number[], size: number, deadShare = 0) => {
    const filters = shape.at(-1) ?? 1;
    const isDead = Array.from({ length: filters }, () => (noise() + 1) / 2 < deadShare);
    weights.push({ name, shape, dtype: "float32" });
    const length = shape.reduce((a, b) => a * b, 1);
    for (let n = 0; n < length; n++) values.push(isDead[n % filters] ? 0 : size * noise());
  };
  const affine = (name: string, length: number, [scale, offset]: [string, string]) => {
    add(`${name}/${scale}`, [length], 1);
    add(`${name}/${offset}`, [length], 0.5);
  };
  const fused = (n: number, length: number) =>
    affine(`model/batch_normalization${n ? `_${n}` : ""}/FusedBatchNorm${version}`, length, ["Scaled", "Offset"]);
  const banks = [
    [7, 38, 7],
    [7, 67, 5],
    [128, 1, 4],
    [64, 1, 3],
    [32, 1, 5],
  ] as const;
  const features = banks.reduce((sum, bank) => sum + bank[2], 0);
  const layers = [...banks, [7, features, 8], [7, 8, 8], [7, 8, 8]] as const;
  // A weight that is no number of the model, as the real files have some.
  weights.push({ name: "model/concat/axis", shape: [], dtype: "int32" });
  values.push(0);
  fused(0, 1);
  for (const [n, [taps, width, filters]] of layers.entries()) {
    const name = n === 0 ? "conv2d" : `conv2d_${n}`;
    add(`${name}/kernel`, [taps, width, 1, filters], 1.5 / Math.sqrt(taps * width), n < 5 ? dead : 0);
    add(`${name}/bias`, [filters], 0.5);
    fused(n + 1, filters);
  }
  const pooled = 2 * (features + 3 * 8);
  affine("model/batch_normalization_9/batchnorm", pooled, ["mul", "sub"]);
  add("dense/kernel", [pooled, 10], 0.3);
  add("dense/bias", [10], 0.5);
  affine("model/batch_normalization_10/batchnorm", 10, ["mul", "sub"]);
  const outputs = heads === 2 ? [6, 3] : [3];
  for (const [n, output] of outputs.entries()) {
    add(`dense_${n + 1}/kernel`, [n === 0 ? 10 : 6, output], 0.5);
    add(`dense_${n + 1}/bias`, [output], 0.5);
  }
  const manifest = { format: "graph-model", weightsManifest: [{ paths: ["group1-shard1of1.bin"], weights }] };
  return {
    topology: new TextEncoder().encode(JSON.stringify(manifest)),
    shard: new Uint8Array(Float32Array.from(values).buffer),
  };
}

export interface ZipOptions {
  /** Bytes between header and content that no length field knows of. */
  stray?: number;
  stored?: boolean;
}

/** A ZIP archive of these files, without a central directory. */
export function zip(files: Record<string, Uint8Array>, { stray = 0, stored = false }: ZipOptions = {}): Buffer {
  return Buffer.concat(
    Object.entries(files).flatMap(([name, content]) => {
      const packed = stored ? Buffer.from(content) : deflateRawSync(content);
      const header = Buffer.alloc(30);
      header.write("PK\x03\x04", "latin1");
      header.writeUInt16LE(20, 4);
      header.writeUInt16LE(stored ? 0 : 8, 8);
      header.writeUInt32LE(crc32(content), 14);
      header.writeUInt32LE(packed.length, 18);
      header.writeUInt32LE(content.length, 22);
      header.writeUInt16LE(name.length, 26);
      return [header, Buffer.from(name), Buffer.alloc(stray, 1), packed];
    }),
  );
}
