import { AbstractTokenizer, EndOfStreamError, type IRandomAccessFileInfo, type IReadChunkOptions } from "strtok3";
import type { ByteSource } from "./byte-source.ts";

/**
 * Files need some dozen requests, but one that was streamed makes the parser hop over every second of sound, and a
 * broken one may lead it in circles. After this many the file seems to end, and what was found until then counts.
 */
const maxRequests = 50_000;
/** Values over this size (tags with huge pictures, in practice) are delivered with their first and last bytes only. */
const wholeBytes = 16 * 1024 * 1024;
const edgeBytes = 64 * 1024;
const markBytes = 32;
/** MP4's tables of samples grow with the length and tell nothing that is asked for. */
const sampleTables = new Set(["stsz", "stco", "co64", "stsc", "stts"]);

/** music-metadata's way into a file: spares it what is long and of no use for tags. */
export class SourceTokenizer extends AbstractTokenizer {
  override fileInfo: IRandomAccessFileInfo;
  private readonly source: ByteSource;
  private requests = 0;

  constructor(source: ByteSource, mimeType: string) {
    super({ maxBufferSize: 256 * 1024 * 1024 });
    this.source = source;
    this.fileInfo = { size: source.size, mimeType };
  }

  /** Whether the parser was stopped before it saw all it asked for. */
  get stoppedEarly(): boolean {
    return this.requests > maxRequests;
  }

  override supportsRandomAccess(): boolean {
    return true;
  }

  setPosition(position: number): void {
    this.position = position;
  }

  async readBuffer(target: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const length = await this.peekBuffer(target, options);
    this.position = (options?.position ?? this.position) + length;
    return length;
  }

  async peekBuffer(target: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    if (++this.requests > maxRequests) throw new EndOfStreamError();
    const { length, position, mayBeLess } = this.normalizeOptions(target, options);
    const available = Math.max(0, Math.min(length, this.source.size - position));
    if (available < length && !mayBeLess) throw new EndOfStreamError();
    if (available > wholeBytes) await this.readEdges(target.subarray(0, available), position);
    else target.set(await this.source.read(position, available));
    if (available > edgeBytes) markZeros(target.subarray(0, available));
    if (length === 8) await this.hideBox(target, position);
    return available;
  }

  private async readEdges(target: Uint8Array, position: number): Promise<void> {
    target.set(await this.source.read(position, edgeBytes));
    const tailAt = target.length - edgeBytes;
    target.set(await this.source.read(position + tailAt, edgeBytes), tailAt);
  }

  /**
   * Names MP4 boxes that are to be passed over `free`: sample tables, and QuickTime's second handler (of data), which
   * the parser would take for the track's kind.
   */
  private async hideBox(header: Uint8Array, position: number): Promise<void> {
    const name = latin1(header.subarray(4, 8));
    const isHidden =
      sampleTables.has(name) || (name === "hdlr" && latin1(await this.source.read(position + 12, 4)) === "dhlr");
    if (isHidden) header.set(new TextEncoder().encode("free"), 4);
  }
}

/**
 * The ID3 parser would go through padding, or what was left out, in steps of ten bytes: marks that are no frame stop it.
 */
function markZeros(target: Uint8Array): void {
  const end = target.length - edgeBytes;
  for (let at = edgeBytes; at < end; at += edgeBytes) {
    const gap = target.subarray(at, at + markBytes);
    if (gap.every((byte) => byte === 0)) gap.fill(0xff);
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
