#!/usr/bin/env node
// `npm test`: installs what is missing, runs every test, and closes with one line that people and machines can read.
import { createInterface } from "node:readline";
import { ensureBun, ensurePackages, root, run } from "./bootstrap.mjs";

/** What a test may take that asks for no time of its own, ms: much, since the machine may have other work. */
const patienceMs = 30_000;
/** Lines that tests must reach, in percent over all files; a test loads every module, so that none is left out. */
const leastCoverage = 85;

/** Says when the coverage is too low, or was not measured. */
function coverageProblem(output) {
  const lines = /^All files *\| *[\d.]+ *\| *([\d.]+)/m.exec(output)?.[1];
  if (lines === undefined) return "The coverage was not measured";
  return Number(lines) < leastCoverage
    ? `Tests reach ${lines} % of all lines; at least ${leastCoverage} % are asked for`
    : null;
}

/**
 * Gathers what the runner says of each failed test, so that it can be said again at the end: in a long output, and in the
 * tail of one, it would be looked for in vain. `read` takes the runner's lines one by one.
 */
export function makeFailures() {
  const failures = [];
  let file = "";
  let lines = [];
  return {
    failures,
    read(line) {
      const heading = /^(\S+\.test\.ts):$/.exec(line)?.[1];
      if (heading) file = heading;
      if (line.startsWith("(fail)")) failures.push([file, ...lines, line].join("\n"));
      lines = heading || /^\((pass|fail|skip|todo)\)/.test(line) ? [] : [...lines, line].slice(-40);
    },
  };
}

/** Runs the tests and resolves to an exit code. `args` go to Bun's test runner; a run of all tests also asks for coverage. */
export async function test(args) {
  const whole = args.every((arg) => arg === "--coverage");
  const bun = ensureBun();
  ensurePackages(bun, false);
  let tail = "";
  const { failures, read } = makeFailures();
  const code = await run(bun, ["test", `--timeout=${patienceMs}`, ...(whole ? ["--coverage"] : args)], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PHAZE_TEST_RUNNER: "1" },
    onChild(child) {
      child.stdout.pipe(process.stdout);
      child.stderr.pipe(process.stderr);
      child.stderr.on("data", (chunk) => {
        tail = (tail + chunk).slice(-200_000);
      });
      createInterface({ input: child.stderr }).on("line", read);
    },
  });
  const count = (word) => Number([...tail.matchAll(new RegExp(`^ *(\\d+) ${word}\\b`, "gm"))].at(-1)?.[1] ?? 0);
  const ran = /^Ran \d+ tests?/m.test(tail);
  const failed = count("fail") + (count("error") || (!ran && code !== 0 ? 1 : 0));
  const problem = whole && ran ? coverageProblem(tail) : null;
  if (problem) process.stderr.write(`\n${problem}\n`);
  for (const failure of failures) process.stdout.write(`\n${failure}\n`);
  process.stdout.write(`\n${count("pass")} passed, ${failed} failed, ${count("skip") + count("todo")} skipped\n`);
  return problem ? code || 1 : code;
}

if (process.argv[1]?.endsWith("test.mjs")) process.exitCode = await test(process.argv.slice(2));
