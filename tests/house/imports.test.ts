import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { Glob } from "bun";

const root = join(import.meta.dir, "..", "..");
const files = [...new Glob("{daemon,ui,sidecars,bench}/**/*.ts").scanSync(root)].sort();

/** The house's floors: a file may import from its own folder and from the floors named here. */
const allowed: [RegExp, RegExp][] = [
  [/^daemon\/contract\//, /^daemon\/contract\//],
  [/^daemon\/(config|log|events)\.ts$/, /^daemon\/contract\//],
  [/^daemon\/naming\//, /^daemon\/(naming|contract)\//],
  [/^daemon\/audio\//, /^daemon\/(audio|contract)\//],
  [/^daemon\/db\/templates\.ts$/, /^daemon\/(db|contract)\/|^daemon\/naming\/(templates|template-parse)\.ts$/],
  [/^daemon\/db\//, /^daemon\/(db|contract)\//],
  [
    /^daemon\/stages\//,
    /^daemon\/(contract|audio|naming)\/|^daemon\/fingerprint\/(combine|engines)\.ts$|^daemon\/pipeline\/stage\.ts$/,
  ],
  [/^daemon\/fingerprint\/reconcile\.ts$/, /^daemon\/(fingerprint|db|contract)\/|^daemon\/log\.ts$/],
  [/^daemon\/fingerprint\//, /^daemon\/(fingerprint|contract)\/|^daemon\/log\.ts$/],
  [/^sidecars\//, /^sidecars\/|^daemon\/contract\//],
  [/^daemon\/workers\//, /^daemon\/(workers|audio|contract)\//],
  [
    /^daemon\/pipeline\/stage\.ts$/,
    /^daemon\/contract\/|^daemon\/audio\/decode\.ts$|^daemon\/db\/open\.ts$|^daemon\/log\.ts$/,
  ],
  [
    /^daemon\/pipeline\//,
    /^daemon\/(pipeline|stages|workers|audio|naming|db|contract)\/|^daemon\/fingerprint\/engines\.ts$|^daemon\/(log|events)\.ts$/,
  ],
  [/^daemon\/watch\//, /^daemon\/(watch|db|contract|pipeline)\/|^daemon\/(log|events|config)\.ts$/],
  [/^daemon\/tagging\//, /^daemon\/(tagging|audio|rename|db|contract)\/|^daemon\/(log|events)\.ts$/],
  [/^daemon\/rename\//, /^daemon\/(rename|db|contract)\/|^daemon\/(log|events)\.ts$/],
  [/^daemon\/tagging\//, /^daemon\/(tagging|rename|audio|db|contract)\/|^daemon\/(log|events)\.ts$/],
  [
    /^daemon\/http\/routes\/naming\.ts$/,
    /^daemon\/(http|pipeline|db|contract)\/|^daemon\/naming\/template[a-z-]*\.ts$/,
  ],
  [
    /^daemon\/http\//,
    /^daemon\/(http|rename|tagging|fingerprint|watch|pipeline|naming|db|contract)\/|^daemon\/(log|events|config)\.ts$/,
  ],
  [/^daemon\/demo/, /^daemon\/demo/],
  [/^ui\//, /^ui\/|^daemon\/contract\//],
];

const source = (file: string) => readFileSync(join(root, file), "utf8");
const importsOf = (file: string): string[] =>
  [...source(file).matchAll(/^\s*(?:import|export)\b[^"']*?from "([^"]+)"|^import "([^"]+)"/gm)].map(
    (match) => match[1] ?? match[2] ?? "",
  );
const insideImports = (file: string): string[] =>
  importsOf(file)
    .filter((name) => name.startsWith("."))
    .map((name) => relative(".", normalize(join(dirname(file), name))));

describe("who may import whom", () => {
  for (const file of files) {
    const rule = allowed.find(([pattern]) => pattern.test(file));
    if (!rule) continue;
    test(file, () => expect(insideImports(file).filter((name) => !rule[1].test(name))).toEqual([]));
  }

  test("the contract imports nothing but zod", () => {
    const outside = files
      .filter((file) => file.startsWith("daemon/contract/"))
      .flatMap((file) => importsOf(file).filter((name) => !name.startsWith(".")));
    expect([...new Set(outside)].sort()).toEqual(["@hono/zod-openapi", "zod"]);
  });

  test("only config.ts and the command line read the environment", () => {
    const readers = files.filter(
      (file) => file.startsWith("daemon/") && /process\.env\b|Bun\.env\b/.test(source(file)),
    );
    expect(readers).toEqual(["daemon/cli.ts"]);
  });
});

test("every module can be loaded (and counts for the coverage)", async () => {
  const workers = /-worker\.ts$|workers\/worker\.ts$|^ui\/main\.ts$|^ui\//;
  for (const file of files.filter((name) => name.startsWith("daemon/") && !workers.test(name)))
    await import(join(root, file));
});
