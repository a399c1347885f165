import { inflateRawSync } from "node:zlib";
import type { CatalogueFile } from "./catalogue.ts";
import { sha256Of } from "./installed.ts";

const localHeader = Buffer.from("PK\x03\x04", "latin1");
const headerBytes = 30;
const deflated = 8;
/** Entries of a small archive; what claims to have more is no archive of a model. */
const mostEntries = 100;
/** Bytes that some archives at the models' home have more between header and content than the header says. */
const mostStrayBytes = 64;

/** What begins at `start`, uncompressed; null if that is no deflated data, or more than `most` bytes. */
function inflateAt(zip: Buffer, start: number, most: number): Uint8Array | null {
  try {
    return inflateRawSync(zip.subarray(start), { maxOutputLength: most });
  } catch {
    return null;
  }
}

/** The entry at `header`, if it is one of the wanted files. */
function matchEntry(zip: Buffer, header: number, wanted: readonly CatalogueFile[]): [CatalogueFile, Uint8Array] | null {
  const method = zip.readUInt16LE(header + 8);
  const named = header + headerBytes + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const most = Math.max(...wanted.map((file) => file.bytes));
  for (let stray = 0; stray <= mostStrayBytes; stray++) {
    const start = named + stray;
    const whole = method === deflated ? inflateAt(zip, start, most) : null;
    for (const file of wanted) {
      const content = method === 0 ? zip.subarray(start, start + file.bytes) : whole;
      if (content?.length === file.bytes && sha256Of(content) === file.sha256) return [file, content];
    }
  }
  return null;
}

/**
 * The wanted files of a ZIP archive, found by their content: whatever an entry is called, it counts if size and SHA-256
 * are right. Names and central directory are not looked at, because some archives at the models' home have damaged ones.
 */
export function extractKnown(zip: Buffer, wanted: readonly CatalogueFile[]): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  let header = zip.indexOf(localHeader);
  for (let entries = 0; header !== -1 && header + headerBytes <= zip.length && entries < mostEntries; entries++) {
    const missing = wanted.filter((file) => !found.has(file.name));
    if (missing.length === 0) break;
    const match = matchEntry(zip, header, missing);
    if (match) found.set(match[0].name, match[1]);
    header = zip.indexOf(localHeader, header + headerBytes);
  }
  return found;
}
