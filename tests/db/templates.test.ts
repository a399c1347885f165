import { expect, test } from "bun:test";
import { join } from "node:path";
import { readFact, writeFact } from "../../daemon/db/facts.ts";
import { openDatabase } from "../../daemon/db/open.ts";
import { readTemplates, writeTemplates } from "../../daemon/db/templates.ts";
import { defaultTemplates } from "../../daemon/naming/templates.ts";
import { tempFolder } from "../support/world.ts";

const open = () => openDatabase(join(tempFolder(), "phaze.db"));

test("templates are the defaults until some are changed, and only these are kept", () => {
  const db = open();
  expect(readTemplates(db)).toEqual(defaultTemplates);
  const filename = "{Artist} @ {Event}";
  writeTemplates(db, { festival: { filename } });
  writeTemplates(db, { track: { directory: "{Artist}", filename: defaultTemplates.track.filename } });
  expect(JSON.parse(readFact(db, "templates") ?? "")).toEqual({
    festival: { filename },
    track: { directory: "{Artist}" },
  });
  const { directory } = defaultTemplates.festival;
  expect(readTemplates(db)).toEqual({
    ...defaultTemplates,
    festival: { filename, directory },
    track: { filename: defaultTemplates.track.filename, directory: "{Artist}" },
  });
  expect(writeTemplates(db, { festival: null, track: { directory: null } })).toEqual(defaultTemplates);
  expect(JSON.parse(readFact(db, "templates") ?? "")).toEqual({});
  db.close();
});

test("a stored template that cannot be used gives way to the default, and is told", () => {
  const db = open();
  const stored = { festival: { filename: "{Artst}", directory: "{Event}" }, club: { directory: "/x" } };
  writeFact(db, "templates", JSON.stringify(stored));
  const told: string[] = [];
  expect(readTemplates(db, (path) => told.push(path))).toEqual({
    ...defaultTemplates,
    festival: { filename: defaultTemplates.festival.filename, directory: "{Event}" },
  });
  expect(told).toEqual(["festival.filename", "club.directory"]);
  for (const broken of ["{", "[]", '{"festival":{"filename":7}}', '{"nothing":null}']) {
    writeFact(db, "templates", broken);
    const whole: string[] = [];
    expect(readTemplates(db, (path) => whole.push(path))).toEqual(defaultTemplates);
    expect([broken, whole]).toEqual([broken, [""]]);
  }
  db.close();
});
