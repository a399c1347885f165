import { describe, expect, test } from "bun:test";
import type { Fields, ProposalKind } from "../../daemon/contract/fields.ts";
import { cleanComponent, renderName } from "../../daemon/naming/render.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";
import { defaultTemplates } from "../../daemon/naming/templates.ts";
import { makeRandom, randomText } from "./random-text.ts";

const bytes = (text: string) => new TextEncoder().encode(text).length;

function expectPortable(component: string): void {
  expect(component).not.toBe("");
  expect(component).toBe(component.normalize("NFC"));
  expect(component).not.toMatch(/[/\\:?"*<>|\p{Cc}]/u);
  expect(component).not.toMatch(/^\s|[\s.]$/);
  expect(component).not.toMatch(/\s\s/);
  expect(component).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d)\s*(?:\.|$)/i);
  expect(bytes(component)).toBeLessThanOrEqual(255);
  expect(component.isWellFormed()).toBe(true);
}

describe("clean components", () => {
  const table: [string, string][] = [
    ["Speaker/Love\\Below", "Speaker-Love-Below"],
    ["Bach: Goldberg", "Bach - Goldberg"],
    ["12:30", "12-30"],
    ['What? *Is* <This>|"', "What Is This"],
    ["  a   b  ", "a b"],
    ["Vol. 1...", "Vol. 1"],
    ["..", "_"],
    ["???", "_"],
    ["CON", "CON_"],
    ["aux.mp3", "aux_.mp3"],
    ["Contact", "Contact"],
    ["cafe\u0301", "café"],
    ["a\u0000b\u0007", "ab"],
  ];
  for (const [text, clean] of table) test(JSON.stringify(text), () => expect(cleanComponent(text)).toBe(clean));

  test("cuts at a character, leaves room for the extension, drops what would trail", () => {
    expect(bytes(cleanComponent("ä".repeat(300), 4))).toBe(250);
    expect(cleanComponent(`${"a".repeat(254)} b`)).toBe("a".repeat(254));
  });
});

describe("templates", () => {
  const place = { path: "in/x.MP3", manyDiscs: false };
  const name = (kind: ProposalKind, fields: Fields, more = {}) => {
    const { filename, directory } = renderName(kind, fields, { ...place, ...more });
    return `${directory} / ${filename}`;
  };
  const table: [string, string, string][] = [
    [
      "a track",
      name("track", { artist: "Burial", title: "Archangel", trackNumber: "2", album: "Untrue" }),
      "music/Burial/Untrue / Burial - 02 - Archangel.mp3",
    ],
    [
      "no number, no album",
      name("track", { artist: "Burial", title: "Archangel" }),
      "music/Burial / Burial - Archangel.mp3",
    ],
    [
      "many discs",
      name("track", { artist: "A", title: "T", trackNumber: "3", discNumber: "2" }, { manyDiscs: true }),
      "music/A / A - 203 - T.mp3",
    ],
    ["a vinyl side", name("track", { artist: "A", title: "T", trackNumber: "B2" }), "music/A / A - B2 - T.mp3"],
    [
      "an album artist",
      name("track", { artist: "A", title: "T", album: "X", albumArtist: "Various Artists" }),
      "music/Various Artists/X / A - T.mp3",
    ],
    [
      "event over venue, stage over day",
      name("set", {
        artist: "A",
        event: "E",
        venue: "V",
        stage: "S",
        day: "Day 1",
        date: "2016-09-xx",
        source: "festival",
      }),
      "performances/festivals/E 2016 / A - Live @ E S 2016.09.xx.mp3",
    ],
    [
      "a concert",
      name("set", { artist: "A", venue: "V", date: "2016-xx-xx", source: "concert" }),
      "performances/concerts/V 2016 / A - Live @ V 2016.xx.xx.mp3",
    ],
    [
      "a radio show",
      name("set", { artist: "A", event: "E", episode: "430", part: "2", source: "radioshow" }),
      "performances/radioshows/E / A - Live @ E 430 Part 2.mp3",
    ],
    [
      "neither event nor venue",
      name("set", { artist: "A", date: "2008-10-xx", part: "Side A" }),
      "performances/artists/A / A - Live 2008.10.xx Side A.mp3",
    ],
    [
      "many discs, no number",
      name("track", { artist: "A", title: "T", discNumber: "2" }, { manyDiscs: true }),
      "music/A / A - T.mp3",
    ],
    [
      "a hundred tracks",
      name("track", { artist: "A", title: "T", trackNumber: "7" }, { trackDigits: 3 }),
      "music/A / A - 007 - T.mp3",
    ],
    [
      "a festival of which the event is not known",
      name("set", { artist: "A", stage: "S", source: "festival" }),
      "performances/artists/A / A - Live S.mp3",
    ],
    [
      "a club",
      name("set", { artist: "A", venue: "V", source: "club", date: "2015-xx-xx" }),
      "performances/artists/A / A - Live @ V 2015.xx.xx.mp3",
    ],
    ["no artist", name("set", { event: "E" }), "in / x.MP3"],
    ["other", name("other", { artist: "A", title: "T" }), "in / x.MP3"],
    [
      "template marks in a value",
      name("track", { artist: "{Title}", title: "[x] {Artist}" }),
      "music/{Title} / {Title} - [x] {Artist}.mp3",
    ],
  ];
  for (const [what, got, wanted] of table) test(what, () => expect(got).toBe(wanted));

  test("own templates", () => {
    const templates = {
      ...defaultTemplates,
      track: { filename: "{Track:000} {Title}[ ({Year})]", directory: "lib/{Artist}/{Year} {Album}" },
    };
    const got = renderName("track", { artist: "A", title: "T", trackNumber: "7", album: "X" }, { ...place, templates });
    expect(got).toMatchObject({ filename: "007 T.mp3", directory: "lib/A/X" });
  });
});

describe("any text", () => {
  test("a cleaned component is portable, and cleaning it again changes nothing", () => {
    const random = makeRandom(7);
    for (let i = 0; i < 4000; i++) {
      const clean = cleanComponent(randomText(random));
      expectPortable(clean);
      expect(cleanComponent(clean)).toBe(clean);
    }
  });

  test("rendered paths are portable and contained, and rendering their fields again changes nothing", () => {
    const random = makeRandom(11);
    for (let i = 0; i < 1500; i++) {
      const kind = random(2) === 0 ? "track" : "set";
      const fields: Fields = {
        artist: randomText(random),
        title: randomText(random),
        album: randomText(random),
        event: randomText(random),
        venue: randomText(random),
        trackNumber: randomText(random),
        date: randomText(random),
        part: randomText(random),
      };
      const options = { path: `in/${randomText(random).replace(/[/\0]/g, "")}.flac`, manyDiscs: random(2) === 0 };
      const first = renderName(kind, fields, options);
      expect(renderName(kind, fields, options)).toEqual(first);
      if (!first.isNew) continue;
      for (const part of [...first.directory.split("/"), first.filename]) expectPortable(part);
      expect(cleanComponent(first.filename)).toBe(first.filename);
    }
  });

  test("rules never throw, and whatever they propose stays inside", () => {
    const random = makeRandom(23);
    for (let i = 0; i < 1500; i++) {
      const text = () => randomText(random);
      const draft = proposeByRules({
        path: `${text()}/${text()}.mp3`,
        durationSec: [null, 0, 200, 4000][random(4)] as number | null,
        tags: {
          artist: text(),
          title: text(),
          album: text(),
          trackNumber: text(),
          year: text(),
          date: text(),
          genre: text(),
        },
        companions: [
          { name: ["a.cue", "a.nfo", text()][random(3)] as string, text: [text(), text(), text()].join("\n") },
        ],
        siblings: [text(), text()],
      });
      const parts = [...draft.directory.split("/"), draft.filename];
      expect(draft.filename).not.toContain("/");
      if (draft.directory !== "") for (const part of parts) expect(["", ".", ".."]).not.toContain(part);
      expect(draft.confidence).toBeGreaterThanOrEqual(0);
      for (const [field, value] of Object.entries(draft.fields)) {
        expect(value).not.toBe("");
        expect(draft.evidence[field as keyof Fields]?.length).toBeGreaterThan(0);
      }
    }
  });
});
