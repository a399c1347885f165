import type { ByteSource } from "../audio/byte-source.ts";
import { contentKind, id3Bytes } from "../audio/content-kind.ts";
import { openChunks } from "./chunks.ts";
import { openFlac } from "./flac.ts";
import { type Layout, type OpenLayout, RefusedError } from "./layout.ts";
import { openMp4 } from "./mp4.ts";
import { openMpeg } from "./mpeg.ts";
import { openOgg } from "./ogg.ts";

const editors: Readonly<Record<string, OpenLayout>> = {
  flac: openFlac,
  ogg: openOgg,
  wav: openChunks,
  aiff: openChunks,
  mp4: openMp4,
};

/** What is refused, for a reason that people understand. */
const refused: Readonly<Record<string, string>> = {
  asf: "Tags of WMA and WMV files are not written: the format's own index would have to be written anew",
  matroska: "Tags of Matroska and WebM files are not written: their index would have to be written anew",
};

/**
 * The editor for a file, by its content and never by its name. `container` is what the tag reader says of it. Throws
 * RefusedError for formats that cannot be written without risk.
 */
export async function openLayout(source: ByteSource, container: string | null): Promise<Layout> {
  const start = id3Bytes(await source.read(0, 10));
  const kind = contentKind(await source.read(start, 16));
  const editor = kind && editors[kind.name];
  if (editor && (start === 0 || kind.name === "flac")) return editor(source);
  if (kind) throw new RefusedError(refused[kind.name] ?? `An ID3 tag stands before ${kind.name}: remove it first`);
  if (/^MPEG/.test(container ?? "")) return openMpeg(source, false);
  if (/^ADTS/.test(container ?? "")) return openMpeg(source, true);
  throw new RefusedError(`Tags of this format (${container ?? "not known"}) are not written`);
}
