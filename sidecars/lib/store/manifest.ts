import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { publish, StoreError, writeAll } from "./files.ts";

const segmentName = /^\d{10}\.seg$/;

const manifestSchema = z.object({
  format: z.literal(1),
  engine: z.string(),
  parameters: z.string(),
  /** Number of the next segment: a name is never used twice. */
  next: z.number().int().min(1),
  segments: z.array(
    z.object({
      name: z.string().regex(segmentName),
      bytes: z.number().int(),
      /** Places in its table whose recordings were deleted or replaced. */
      dead: z.array(z.number().int()),
    }),
  ),
});

/** What a store consists of. To replace it is the one step that makes a change real. */
export type Manifest = z.infer<typeof manifestSchema>;

const fileName = "manifest";
export const nameOf = (number: number): string => `${String(number).padStart(10, "0")}.seg`;

export const manifestPath = (folder: string): string => join(folder, fileName);

/** A JSON line, and its checksum as a line. */
const fileOf = (text: string): string => `${text}\n${crc32(text).toString(16).padStart(8, "0")}\n`;

/** Replaces the manifest in one step, durably. */
export function writeManifest(folder: string, manifest: Manifest): void {
  const temporary = join(folder, `${fileName}.tmp`);
  const fd = openSync(temporary, "w", 0o600);
  try {
    writeAll(fd, Buffer.from(fileOf(JSON.stringify(manifest))));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  publish(temporary, manifestPath(folder));
}

/** The value in a manifest's file; null when it is not what was written. */
function parseFile(file: string): { format?: unknown } | null {
  const text = file.slice(0, file.indexOf("\n"));
  if (fileOf(text) !== file) return null;
  try {
    return JSON.parse(text) as { format?: unknown } | null;
  } catch {
    return null;
  }
}

/** Reads the manifest; null for a new, empty folder. Throws StoreError when there is one that cannot be used. */
export function readManifest(folder: string, engine: string, parameters: string): Manifest | null {
  const path = manifestPath(folder);
  if (!existsSync(path)) {
    const left = readdirSync(folder).filter((name) => segmentName.test(name));
    if (left.length === 0) return null;
    throw new StoreError(
      `The store ${folder} has ${left.length} segments but no manifest: it is damaged. Restore it from a backup, or move it away and start again`,
    );
  }
  const damaged = `The manifest ${path} is damaged. Restore it from a backup, or move the folder away and start again`;
  const value = parseFile(readFileSync(path, "utf8"));
  if (typeof value?.format === "number" && value.format > 1)
    throw new StoreError(
      `The store ${folder} is of format ${value.format}, newer than this Phaze knows: use the Phaze that wrote it`,
    );
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw new StoreError(damaged);
  if (parsed.data.engine !== engine)
    throw new StoreError(`The store ${folder} belongs to the engine ${parsed.data.engine}, not to ${engine}`);
  if (parsed.data.parameters !== parameters)
    throw new StoreError(
      `The store ${folder} was made with other parameters (${parsed.data.parameters} instead of ${parameters}): move it away and start again, and Phaze makes the fingerprints anew`,
    );
  return parsed.data;
}
