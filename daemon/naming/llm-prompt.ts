import { readFile } from "node:fs/promises";

/** Versions of the prompt, each a file of its own in `prompts/`: a proposal names the one it was made with. */
export const promptVersions = ["fields-v3"] as const;
export type PromptVersion = (typeof promptVersions)[number];
/** The one that is asked with. */
export const promptVersion: PromptVersion = "fields-v3";

export function readPrompt(version: PromptVersion = promptVersion): Promise<string> {
  return readFile(new URL(`./prompts/${version}.md`, import.meta.url), "utf8");
}
