import { describe, expect, test } from "bun:test";
import { accessSync, constants, readdirSync } from "node:fs";
import { join } from "node:path";
import { makeFailures } from "../../bin/test.mjs";
import { readText, root } from "./repository.ts";

const scripts = [
  ".ci/run",
  ...readdirSync(join(root, "docker"))
    .filter((name) => name.endsWith(".sh"))
    .map((name) => `docker/${name}`),
];
const shellcheck = Bun.which("shellcheck");

describe.each(scripts)("%s", (file) => {
  test("is executable and stops at the first error", () => {
    accessSync(join(root, file), constants.X_OK);
    expect(readText(file)).toMatch(/^set -eu(o pipefail)?$/m);
  });

  test.skipIf(shellcheck === null)(`passes shellcheck${shellcheck ? "" : " (skipped: no shellcheck on PATH)"}`, () => {
    const { exitCode, stdout } = Bun.spawnSync([shellcheck ?? "", join(root, file)]);
    expect(stdout.toString()).toBe("");
    expect(exitCode).toBe(0);
  });
});

test(".ci/run ends with the README's test command, whose last line is the count", () => {
  const lines = readText(".ci/run").trim().split("\n");
  expect(lines.at(-1)).toStartWith("exec npm test");
});

test("setup runs Bun with the arguments it is given, and passes its exit code on", () => {
  const setup = (...args: string[]) => Bun.spawnSync([process.execPath, join(root, "bin", "setup.mjs"), ...args]);
  expect(setup("--version").stdout.toString().trim()).toBe(Bun.version);
  expect(setup("-e", "process.exit(7)").exitCode).toBe(7);
});

test("what failed is said again at the end, with its file and its reason", () => {
  const { failures, read } = makeFailures();
  const output = ["tests/a.test.ts:", "(pass) one [1ms]", "error: wrong", "(fail) two [2ms]", "(pass) three [1ms]"];
  for (const line of [...output, "tests/b.test.ts:", "(fail) four [0ms]"]) read(line);
  expect(failures).toEqual(["tests/a.test.ts\nerror: wrong\n(fail) two [2ms]", "tests/b.test.ts\n(fail) four [0ms]"]);
});
