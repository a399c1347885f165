import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../../daemon/config.ts";
import { openDatabase } from "../../daemon/db/open.ts";
import { examine } from "../../daemon/doctor.ts";
import { tempFolder } from "../support/world.ts";

const levels = (config: ReturnType<typeof readConfig>) =>
  Object.fromEntries(examine(config, []).map((check) => [check.name, check.level]));

test("the doctor tells good from bad: library, output, database", () => {
  const folder = tempFolder();
  mkdirSync(join(folder, "music"));
  const config = readConfig({ SCAN_PATH: join(folder, "music"), DATABASE_URL: join(folder, "phaze.db") }, folder);
  openDatabase(config.databasePath).close();
  expect(levels(config)).toMatchObject({ runtime: "ok", database: "ok", library: "ok" });
  writeFileSync(config.databasePath, "ruined ".repeat(3000));
  expect(levels(config)).toMatchObject({ database: "problem" });
  expect(levels(readConfig({ DATABASE_URL: join(folder, "new.db") }, folder))).toMatchObject({
    database: "ok",
    library: "warning",
  });
  expect(levels(readConfig({ SCAN_PATH: join(folder, "gone") }, folder))).toMatchObject({ library: "problem" });
  const service = { name: "ollama", ok: false, detail: "away", cost: "rules only", remedy: "start it" };
  expect(examine(config, [service]).at(-1)).toEqual({
    name: "ollama",
    level: "warning",
    detail: "away. rules only",
    fix: "start it",
  });
});
