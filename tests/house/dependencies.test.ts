import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readPackage, readText, section, tableRows } from "./repository.ts";

const { dependencies, devDependencies, license, scarfSettings, trustedDependencies } = readPackage();
const page = readText("docs/dependencies.md");
const nameOf = (cell = "") => cell.replaceAll("`", "");

describe("dependencies", () => {
  test.each([
    ["What runs", dependencies],
    ["What only development needs", devDependencies],
  ])("%s: each has a reason and the licence of its own metadata", (heading, wanted) => {
    const rows = tableRows(section(page, `## ${heading}`)).filter(([name]) => name?.startsWith("`"));
    expect(rows.map(([name]) => nameOf(name)).toSorted()).toEqual(Object.keys(wanted).toSorted());
    for (const [name, licence, why] of rows) {
      expect(JSON.parse(readText(`node_modules/${nameOf(name)}/package.json`)).license).toBe(licence ?? "");
      expect(why?.length).toBeGreaterThan(15);
    }
  });

  test("have exact versions", () => {
    for (const version of Object.values({ ...dependencies, ...devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test("run no scripts of their own", () => {
    expect(trustedDependencies).toEqual([]);
    expect(readText("bunfig.toml")).toMatch(/^ignoreScripts = true$/m);
    expect(readText("bin/bootstrap.mjs")).toContain('"--ignore-scripts"');
    expect(scarfSettings.enabled).toBe(false);
  });
});

test("the licence is the whole text of the AGPL, version 3", () => {
  expect(license).toBe("AGPL-3.0-or-later");
  const digest = createHash("sha256").update(readText("LICENSE")).digest("hex");
  expect(digest).toBe("8486a10c4393cee1c25392769ddd3b2d6c242d6ec7928e1414efff7dfb2f07ef");
});
