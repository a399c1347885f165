import { readTags } from "../audio/read-tags.ts";
import { type Metadata, metadataSchema } from "../contract/metadata.ts";
import type { RawPath } from "../contract/raw-path.ts";
import { PermanentError, type Stage } from "../pipeline/stage.ts";

export interface TagsInput {
  path: RawPath;
  extension: string;
}

/** Reads tags and technical data. `ffprobePath` reads the containers the tag library does not know (avi, flv). */
export function makeTagsStage(options: { ffprobePath: string | null }): Stage<TagsInput, Metadata> {
  return {
    name: "tags",
    version: 1,
    kinds: ["music", "video"],
    needs: ["hash"],
    after: [],
    pool: "io",
    output: metadataSchema,
    async run(input, _tools, signal) {
      try {
        return await readTags(input.path, { extension: input.extension, signal, ffprobePath: options.ffprobePath });
      } catch (error) {
        signal.throwIfAborted();
        // The same bytes would fail the same way again; trouble with the disk may pass.
        if ((error as NodeJS.ErrnoException).code) throw error;
        throw new PermanentError((error as Error).message);
      }
    },
  };
}
