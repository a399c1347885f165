#!/usr/bin/env node
// `npm test`: installs what is missing, runs every test, and closes with one line that people and machines can read.
import { ensureBun, ensurePackages, root, run } from "./bootstrap.mjs";

/** Runs the tests and resolves to an exit code. `args` go to Bun's test runner. */
export async function test(args) {
  const bun = ensureBun();
  ensurePackages(bun, false);
  let tail = "";
  const code = await run(bun, ["test", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PHAZE_TEST_RUNNER: "1" },
    onChild(child) {
      child.stdout.pipe(process.stdout);
      child.stderr.pipe(process.stderr);
      child.stderr.on("data", (chunk) => {
        tail = (tail + chunk).slice(-4000);
      });
    },
  });
  const count = (word) => Number([...tail.matchAll(new RegExp(`^ *(\\d+) ${word}\\b`, "gm"))].at(-1)?.[1] ?? 0);
  const ran = /^Ran \d+ tests?/m.test(tail);
  const failed = count("fail") + (count("error") || (!ran && code !== 0 ? 1 : 0));
  process.stdout.write(`\n${count("pass")} passed, ${failed} failed, ${count("skip") + count("todo")} skipped\n`);
  return code;
}

if (process.argv[1]?.endsWith("test.mjs")) process.exitCode = await test(process.argv.slice(2));
