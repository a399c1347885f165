import { describe, expect, test } from "bun:test";
import type { Fields } from "../../daemon/contract/fields.ts";
import { type Templates, templateKinds } from "../../daemon/contract/templates.ts";
import { cleanComponent, renderName } from "../../daemon/naming/render.ts";
import { matchTemplate, readByTemplates } from "../../daemon/naming/template-match.ts";
import { parseTemplate } from "../../daemon/naming/template-parse.ts";
import { defaultTemplates } from "../../daemon/naming/templates.ts";
import { randomTemplates, setFields, trackFields } from "./random-templates.ts";
import { makeRandom, randomText } from "./random-text.ts";

const track = defaultTemplates.track.filename;
const set = defaultTemplates.set.filename;

describe("a text read by one template", () => {
  const table: [string, string, Fields | null][] = [
    [track, "Burial - Archangel", { artist: "Burial", title: "Archangel" }],
    [track, "Burial - 02 - Archangel", { artist: "Burial", trackNumber: "2", title: "Archangel" }],
    [track, "A - 203 - T", { artist: "A", discNumber: "2", trackNumber: "3", title: "T" }],
    [track, "A - 1003 - T", { artist: "A", discNumber: "10", trackNumber: "3", title: "T" }],
    [track, "A - 007 - T", { artist: "A", trackNumber: "7", title: "T" }],
    [track, "A - B2 - T", { artist: "A", trackNumber: "B2", title: "T" }],
    [track, "A - B - C", { artist: "A", title: "B - C" }],
    [track, "A - 2 - C", { artist: "A", title: "2 - C" }],
    [track, "Burial", null],
    [track, "A  - T", null],
    [set, "A - Live @ E 430 Part 2", { artist: "A", event: "E", episode: "430", part: "2" }],
    [set, "A - Live 2008.10.xx Side A", { artist: "A", date: "2008-10-xx", part: "Side A" }],
    [
      set,
      "Carl Cox - Live @ Space Ibiza Day 2 2016.09.20",
      { artist: "Carl Cox", event: "Space Ibiza", day: "Day 2", date: "2016-09-20" },
    ],
    ['{Event or "Unknown event"} {Title}', "Unknown event T", { title: "T" }],
    ["{Artist}: {Title}", "A - T", { artist: "A", title: "T" }],
    ["{Title} by {Artist}", "Stand by Me by Ben E. King", { title: "Stand by Me", artist: "Ben E. King" }],
    ["{Artist} {Disc:00}", "A 08", { artist: "A", discNumber: "8" }],
    ["{Artist", "A", null],
  ];
  test.each(table)("%s, %s", (template, text, wanted) => expect(matchTemplate(template, text)).toEqual(wanted));

  test("a directory", () => {
    const read = (text: string) => matchTemplate("{Artist}/{Album} [{YYYY}]", text, "directory");
    expect(read("A/B 2007")).toEqual({ artist: "A", album: "B", date: "2007-xx-xx" });
    expect(read("A/B")).toEqual({ artist: "A", album: "B" });
    expect(read("A")).toEqual({ artist: "A" });
    expect(read("A/B/C")).toBeNull();
  });
});

describe("a path read by the templates there are", () => {
  const table: [string, Fields | null][] = [
    [
      "music/Burial/Untrue/Burial - 02 - Archangel.mp3",
      { artist: "Burial", album: "Untrue", trackNumber: "2", title: "Archangel" },
    ],
    ["music/M.I.A/Kala/M.I.A. - Boyz.flac", { artist: "M.I.A.", album: "Kala", title: "Boyz" }],
    ["music/Simon - Garfunkel/Simon - Garfunkel - The Boxer.mp3", { artist: "Simon - Garfunkel", title: "The Boxer" }],
    ["music/Various Artists/X/A - T.mp3", { artist: "A", albumArtist: "Various Artists", album: "X", title: "T" }],
    [
      "performances/festivals/Studio 54 2016/A - Live @ Studio 54 Main Room 2016.09.xx.mp3",
      { artist: "A", event: "Studio 54", stage: "Main Room", date: "2016-09-xx", source: "festival" },
    ],
    [
      "performances/radioshows/Essential Mix/A - Live @ Essential Mix 430.mp3",
      { artist: "A", event: "Essential Mix", episode: "430", source: "radioshow" },
    ],
    ["performances/artists/A/A - Live @ V.mp3", { artist: "A", event: "V" }],
    ["performances/artists/B/A - Live @ V.mp3", null],
    ["performances/festivals/E 2015/A - Live @ E 2016.09.xx.mp3", null],
    ["incoming/A - T.mp3", null],
    ["music/A/A - T.MP3", null],
    ["/music/A/A - T.mp3", null],
    ["music//A/A - T.mp3", null],
    ["", null],
  ];
  test.each(table)("%s", (path, wanted) =>
    expect(readByTemplates(defaultTemplates, path)?.fields ?? null).toEqual(wanted),
  );

  test("says which template it was, and what rendering needs", () => {
    expect(readByTemplates(defaultTemplates, "music/Various Artists/X/A - 103 - T.mp3")).toMatchObject({
      kind: "track",
      template: "compilation",
      manyDiscs: true,
    });
    expect(readByTemplates(defaultTemplates, "music/A/A - 003 - T.mp3")).toMatchObject({
      trackDigits: 3,
      manyDiscs: false,
    });
  });
});

/** The path that fields get, and what they get when they are read back from it. */
function thereAndBack(kind: "track" | "set", fields: Fields, manyDiscs: boolean, templates: Templates) {
  const options = { templates, path: "in/x.mp3", manyDiscs };
  const first = renderName(kind, fields, options);
  const path = [first.directory, first.filename].filter(Boolean).join("/");
  const read = readByTemplates(templates, path);
  if (!read) return { path, isNew: first.isNew, read, again: null };
  const second = renderName(read.kind, read.fields, { ...read, templates, path: "x.mp3" });
  return { path, isNew: first.isNew, read, again: [second.directory, second.filename].filter(Boolean).join("/") };
}

/** Where the templates of two sources are the same, a name does not tell them apart. */
const told = ({ source, ...fields }: Fields): Fields =>
  source === "club" || source === "stream" || source === undefined ? fields : { ...fields, source };

describe("names made and read back", () => {
  test("by the defaults, real names give the very fields", () => {
    const random = makeRandom(41);
    for (let i = 0; i < 3000; i++) {
      const isTrack = i % 2 === 0;
      const { fields, manyDiscs } = isTrack ? trackFields(random) : { fields: setFields(random), manyDiscs: false };
      const { path, read, again } = thereAndBack(isTrack ? "track" : "set", fields, manyDiscs, defaultTemplates);
      expect([path, read?.fields]).toEqual([path, told(fields)]);
      expect(again).toBe(path);
    }
  }, 30_000);

  test("by any valid templates, real names give the very path", () => {
    const random = makeRandom(43);
    for (let i = 0; i < 1200; i++) {
      const templates = randomTemplates(random);
      for (const kind of templateKinds)
        for (const part of ["filename", "directory"] as const)
          expect([templates[kind][part], parseTemplate(templates[kind][part], part).errors]).toEqual([
            templates[kind][part],
            [],
          ]);
      const isTrack = i % 2 === 0;
      const { fields, manyDiscs } = isTrack ? trackFields(random) : { fields: setFields(random), manyDiscs: false };
      const { path, again } = thereAndBack(isTrack ? "track" : "set", fields, manyDiscs, templates);
      expect([JSON.stringify({ fields, templates }), again]).toEqual([JSON.stringify({ fields, templates }), path]);
    }
  }, 60_000);

  test("hostile text gives portable paths; what is read back gives the very path", () => {
    const random = makeRandom(47);
    let readable = 0;
    let made = 0;
    for (let i = 0; i < 1500; i++) {
      const templates = i % 2 === 0 ? defaultTemplates : randomTemplates(random);
      const text = () => randomText(random);
      const fields: Fields = {
        artist: text(),
        title: text(),
        album: text(),
        event: text(),
        trackNumber: text(),
        part: text(),
      };
      const { path, isNew, read, again } = thereAndBack(i % 4 < 2 ? "track" : "set", fields, i % 3 === 0, templates);
      if (!isNew) continue;
      made++;
      for (const component of path.split("/")) {
        expect(cleanComponent(component)).toBe(component);
        expect([".", "..", ""]).not.toContain(component);
        expect(new TextEncoder().encode(component).length).toBeLessThanOrEqual(255);
      }
      if (read) expect(again).toBe(path);
      if (read) readable++;
    }
    expect(made).toBeGreaterThan(1000);
    expect(readable / made).toBeGreaterThan(0.5);
  }, 60_000);
});
