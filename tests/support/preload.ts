// `bun test` on a fresh clone: the outer run installs what is missing and starts the real one (see bin/test.mjs).
import { existsSync, readFileSync } from "node:fs";

/** What was given after `bun test`; Bun shows a preload only the first test file. */
function ownArguments(): string[] {
  const file = "/proc/self/cmdline";
  if (!existsSync(file)) return [];
  const words = readFileSync(file, "utf8").split("\0").slice(0, -1);
  return words.slice(words.indexOf("test") + 1);
}

if (!process.env.PHAZE_TEST_RUNNER) {
  const { test } = await import("../../bin/test.mjs");
  process.exit(await test(ownArguments()));
}

// A hook at the top of a module that tests share would be bound to the first file that loads it.
const { afterEach } = await import("bun:test");
const { cleanUp } = await import("./world.ts");
afterEach(cleanUp);
