import { readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dir, "..", "..");

/** Text of a file of this repository, by its path from the root. */
export const readText = (path: string): string => readFileSync(join(root, path), "utf8");

interface PackageJson {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  trustedDependencies: string[];
  scarfSettings: { enabled: boolean };
  license: string;
}

export const readPackage = (): PackageJson => JSON.parse(readText("package.json"));

/** The rows of all tables in a Markdown text, cell by cell, without headers and rules. */
export function tableRows(markdown: string): string[][] {
  const isRule = (line = "") => /^\| ?-/.test(line);
  const lines = markdown.split("\n");
  return lines
    .filter((line, index) => line.startsWith("|") && !isRule(line) && !isRule(lines[index + 1]))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The part of a Markdown text below a heading, up to the next one of any level. */
export function section(markdown: string, heading: string): string {
  const start = markdown.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`There is no heading ${heading}`);
  const rest = markdown.slice(start + heading.length + 2);
  const end = rest.search(/^#{1,6} /m);
  return end < 0 ? rest : rest.slice(0, end);
}
