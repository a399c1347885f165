import { describe, expect, test } from "bun:test";
import { commands } from "../../daemon/cli.ts";
import { laterSettings, settings } from "../../daemon/config.ts";
import { companionExtensions, musicExtensions, videoExtensions } from "../../daemon/contract/kinds.ts";
import { readPackage, readText, section, tableRows } from "./repository.ts";

const readme = readText("README.md");

/** Commands of the early description that wait for their part of the product. */
const laterCommands = ["download-models"];
/** Early commands whose script has another name, or that are no script. */
const renamed: Record<string, string | null> = { install: "setup", "pip-audit": "audit", "db-revision": null };
const earlyCommands = [
  ...["install", "up", "down", "rebuild", "logs", "test", "test-cov", "test-file", "lint", "lint-fix", "fmt"],
  ...["typecheck", "check", "pre-commit", "scan", "scan-status", "fingerprint", "fingerprint-progress"],
  ...["worker-logs", "worker-restart", "worker-health", "docker-build", "docker-shell", "docker-ps", "pip-audit"],
  ...["security", "security-all", "download-models", "update-hooks", "lock-upgrade"],
  ...["db-upgrade", "db-revision", "db-current", "db-downgrade", "db-history"],
];

describe("README", () => {
  const rows = tableRows(section(readme, "## Settings"));

  test.each(Object.entries(settings))("tells setting %s and its default", (name, { fallback }) => {
    const row = rows.find(([first]) => first === `\`${name}\``);
    expect(row?.[1]).toBe(fallback ? `\`${fallback}\`` : "–");
    expect(row?.[2]?.length).toBeGreaterThan(10);
  });

  test("tells no setting that does not exist", () => {
    const told = rows.map(([name]) => name?.replaceAll("`", "") ?? "");
    expect(told.toSorted()).toEqual(Object.keys(settings).toSorted());
  });

  test("names the settings that wait for their part", () => {
    for (const name of laterSettings) expect(section(readme, "## Settings")).toContain(`\`${name}\``);
  });

  test("tells every command of the command line", () => {
    const told = tableRows(section(readme, "## Command line")).flatMap(([cell]) =>
      [...(cell?.matchAll(/`([a-z]+)/g) ?? [])].map(([, word]) => word),
    );
    for (const { name } of commands) expect(told).toContain(name);
  });

  test("tells every supported file type", () => {
    const told = section(readme, "### File types").match(/[a-z0-9]+/g) ?? [];
    for (const extension of [...musicExtensions, ...videoExtensions, ...companionExtensions])
      expect(told).toContain(extension);
  });

  test("shows both commands and the library as an argument", () => {
    for (const text of ["`npm start`", "`npm test`", "`bun start`", "`bun test`", "npm start -- ~/Music"])
      expect(readme).toContain(text);
  });

  test("links to files that are there", () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? "");
    expect(links.length).toBeGreaterThan(0);
    for (const path of links) expect(readText(path).length).toBeGreaterThan(0);
  });
});

describe("scripts", () => {
  const { scripts } = readPackage();
  const rows = tableRows(section(readme, "### Scripts"));

  test.each(earlyCommands)("early command %s has its script, and its line in the README", (name) => {
    const row = rows.find(([first]) => first === `\`${name}\``);
    const script = name in renamed ? renamed[name] : name;
    if (laterCommands.includes(name) || !script) {
      expect(row?.[1]).toBe("–");
      expect(scripts[name]).toBeUndefined();
      return;
    }
    expect(scripts[script]).toBeString();
    expect(row?.[1]).toMatch(new RegExp(`^\`npm (run )?${script}( -- FILE)?\`$`));
  });

  test("none has a name that npm runs by itself", () => {
    const lifecycle = [
      "preinstall",
      "install",
      "postinstall",
      "prepare",
      "prepublish",
      "prepack",
      "postpack",
      "dependencies",
    ];
    for (const name of lifecycle) expect(scripts[name]).toBeUndefined();
    for (const name of Object.keys(scripts)) {
      expect(scripts[`pre${name}`]).toBeUndefined();
      expect(scripts[`post${name}`]).toBeUndefined();
    }
  });

  test("run only what the launcher installs, the launcher itself, or docker", () => {
    for (const line of Object.values(scripts)) {
      for (const part of line.split(" && "))
        expect(part).toMatch(/^(node bin\/(phaze|test|setup)\.mjs\b|npm run [a-z-]+$|docker compose )/);
    }
  });

  test("phaze commands in scripts exist", () => {
    const used = Object.values(scripts).flatMap((line) => /^node bin\/phaze\.mjs ([a-z]+)/.exec(line)?.[1] ?? []);
    const known = commands.map((command) => command.name);
    expect(used.length).toBeGreaterThan(5);
    for (const name of used) expect(known).toContain(name);
  });
});
