import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { z } from "zod";
import type { RawPath } from "../contract/raw-path.ts";
import { PermanentError, type Stage, type StageTools } from "../pipeline/stage.ts";

export interface HashInput {
  path: RawPath;
  /** Size when the file was found; a hash of another size is of another file. */
  sizeBytes: number;
}

const blockBytes = 1 << 18;

/** SHA-256 (hex) of a whole file, read once in blocks. Throws when the file changes while it is read. */
export async function hashFile(
  path: RawPath,
  tools: Pick<StageTools, "progress">,
  signal: AbortSignal,
): Promise<{ sha256: string; sizeBytes: number }> {
  const file = await open(path as string, "r");
  try {
    const before = await file.stat();
    const hash = createHash("sha256");
    const block = Buffer.allocUnsafe(Math.min(blockBytes, Math.max(1, before.size)));
    let done = 0;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(block, 0, block.length, done);
      if (bytesRead === 0) break;
      hash.update(block.subarray(0, bytesRead));
      done += bytesRead;
      tools.progress(before.size > 0 ? done / before.size : 1);
    }
    const after = await file.stat();
    if (done !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs)
      throw new Error("The file changed while it was read");
    return { sha256: hash.digest("hex"), sizeBytes: done };
  } finally {
    await file.close();
  }
}

const output = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), sizeBytes: z.number().int().positive() });

/** SHA-256 of the content: what a move is verified against, and what tells a moved file from a new one. */
export const hashStage: Stage<HashInput, z.infer<typeof output>> = {
  name: "hash",
  version: 1,
  kinds: ["music", "video"],
  needs: [],
  after: [],
  pool: "io",
  output,
  async run(input, tools, signal) {
    const result = await hashFile(input.path, tools, signal);
    if (result.sizeBytes === 0)
      throw new PermanentError("The file is empty (0 bytes): copy it again from its source, or delete it");
    return result;
  },
};
