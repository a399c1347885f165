import { describe, expect, test } from "bun:test";
import type { Fields } from "../../daemon/contract/fields.ts";
import type { TemplatePart } from "../../daemon/contract/templates.ts";
import { fillDirectory, fillStem, renderName } from "../../daemon/naming/render.ts";
import { parseTemplate } from "../../daemon/naming/template-parse.ts";
import { defaultTemplates, templateFields } from "../../daemon/naming/templates.ts";
import { makeRandom, randomText } from "./random-text.ts";

const fields: Fields = { artist: "A", title: "T", trackNumber: "3", discNumber: "2", date: "2016-09-xx", part: "2" };

function fill(template: string, given: Fields, part: TemplatePart = "filename", manyDiscs = true): string {
  const { nodes, errors } = parseTemplate(template, part);
  expect(errors).toEqual([]);
  const options = { manyDiscs };
  return part === "filename" ? fillStem(nodes, given, options) : fillDirectory(nodes, given, options);
}

describe("what a file name template makes", () => {
  const table: [string, string, Fields?][] = [
    ["{artist} {TITLE}", "A T"],
    ["{Title} {Album} {Year}!", "T!"],
    ['{Event or Venue or "Unknown event"}', "Unknown event"],
    ['{Event or Venue or "Unknown event"}', "V", { venue: "V" }],
    ['{Event OR "say \\"or\\" \\\\"} {Title}', 'say "or" \\', {}],
    ["{Track:000}.{Track}", "003.3"],
    ["{Track:00}", "B2", { trackNumber: "B2" }],
    ["{Track:00}", "10000000000000000000000", { trackNumber: "10000000000000000000000" }],
    ["{Part N}", "Part 2"],
    ["{part n:00}", "part 02"],
    ["{Part N}", "Side A", { part: "Side A" }],
    ["{Day N or Stage}", "S", { stage: "S" }],
    ["{YYYY.MM.DD}|{YYYY-MM}|{MM}|{yyyymmdd}", "2016.09.xx|2016-09|09|201609xx"],
    ["{YYYY.MM.DD} {Title}", "2016.xx.xx T", { title: "T", date: "2016-9-1" }],
    ['{YYYY or Year or "no year"}', "2001", { year: "2001" }],
    ["{YYYY} {Title}", "T", { title: "T", date: "16-09-01" }],
    ["{Title}[ ({Album}, {Year})]", "T", { title: "T", album: "X" }],
    ["{Title}[ ({Album}, {Year})]", "T (X, 2001)", { title: "T", album: "X", year: "2001" }],
    ["[{Album}[ CD{Disc}] - ]{Title}", "T"],
    ["[{Album}[ CD{Disc}] - ]{Title}", "X CD2 - T", { title: "T", album: "X", discNumber: "2" }],
    ["[{Album}[ CD{Disc}] - ]{Title}", "X - T", { title: "T", album: "X" }],
    ["{Title}[ ([{Album}][{Year}])]", "T (X)", { title: "T", album: "X" }],
    ["{Title}[ ([{Album}][{Year}])]", "T"],
    ["\\[{Title}\\] \\{x\\} \\\\", "[T] {x} \\"],
    ["{Title}", "[x] {Artist}", { title: "[x] {Artist}" }],
  ];
  test.each(table)("%s → %s", (template, wanted, given = fields) => expect(fill(template, given)).toBe(wanted));

  test("a disc number is known only when there are several", () => {
    expect(fill("[CD{Disc} ]{Title}", fields, "filename", false)).toBe("T");
    expect(fill("music/{Album or Artist}[/CD{Disc}]", fields, "directory", false)).toBe("music/A");
  });
});

describe("what a directory template makes", () => {
  const table: [string, string, Fields?][] = [
    ["music/{Artist}/{Album}/{Year}", "music/A"],
    ["music/{Artist}[/{Album}[/CD{Disc}]]", "music/A/X/CD2", { artist: "A", album: "X", discNumber: "2" }],
    ["music/{Artist}[/{Album}[/CD{Disc}]]", "music/A"],
    ["{Artist}/{Title}", "AC-DC/..-", { artist: "AC/DC", title: "../.." }],
    ["{Artist}", "_", { artist: ".." }],
    ["", ""],
    ["{Album}", ""],
  ];
  test.each(table)("%s → %s", (template, wanted, given = fields) =>
    expect(fill(template, given, "directory")).toBe(wanted),
  );
});

describe("errors and their places", () => {
  /** The line below a template marks each error's place; errors follow in their order. */
  const table: [string, string, TemplatePart, ...RegExp[]][] = [
    ["{Artst} - {Title}", " ^^^^^", "filename", /no field Artst.*mean Artist\?/],
    ["{Artist or Evnt:00}", "           ^^^^", "filename", /no field Evnt.*mean Event/],
    ["{Date}", " ^^^^", "filename", /YYYY\.MM\.DD/],
    ["{Somewhat}", " ^^^^^^^^", "filename", /Fields are Artist, /],
    ["{Title} {Artist", "        ^^^^^^^", "filename", /not closed.*}/],
    ["{Artist - {Title}", "^^^^^^^^^^", "filename", /not closed/],
    ["{Title}[ {Album}", "       ^^^^^^^^^", "filename", /\[ is not closed/],
    ['{Title} {Event or "x}', "                  ^^", "filename", /quote is not closed/],
    ["{Title}] }", "       ^ ^", "filename", /This \] closes nothing/, /This } closes nothing/],
    ["{Title}{}{ }", "       ^^^^^", "filename", /empty/, /empty/],
    ["{Artist:00}", "       ^^^", "filename", /Only numbers.*Artist/],
    ["{Track:2}", "      ^^", "filename", /zeros/],
    ["{YYYY:00}", "     ^^^", "filename", /date cannot be padded/],
    ["{Artist N}", " ^^^^^^^^", "filename", /N puts a word/],
    ["{or Artist} {Artist or}", " ^^                 ^^", "filename", /Beside or/, /Beside or/],
    ['{Event or ""}', "          ^^", "filename", /quotes are empty/],
    ['{Event or "a" b}', "             ^^", "filename", /stands alone/],
    ["{Title}/{Album}", "       ^", "filename", /cannot hold a \//],
    ["{YYYY/MM}", " ^^^^^^^", "directory", /\{YYYY\}\/\{MM\}/],
    ["/music/{Artist}", "^", "directory", /absolute/],
    ["C:/music", "^^", "directory", /absolute/],
    ["music/../{Artist}/..", "      ^^          ^^", "directory", /\.\./, /\.\./],
    ["music", "^^^^^", "filename", /no field in this name.*same/],
    ["{Title} [x]", "        ^^^", "filename", /no field in these brackets/],
    ["{Title} \\x", "        ^", "filename", /stands before/],
    ["{Artst} / {Titel} ]", " ^^^^^  ^  ^^^^^  ^", "filename", /Artst/, /cannot hold/, /mean Title/, /closes nothing/],
  ];
  test.each(table)("%s", (template, marks, part, ...messages) => {
    const { errors } = parseTemplate(template, part);
    const line = [...template]
      .map((_, i) => (errors.some((e) => i >= e.at && i < e.at + e.length) ? "^" : " "))
      .join("");
    expect(line.trimEnd()).toBe(marks);
    expect(errors.length).toBe(messages.length);
    for (const [i, message] of messages.entries()) expect(errors[i]?.message).toMatch(message);
  });

  test("an empty file name, and one that is too long", () => {
    expect(parseTemplate("", "filename").errors).toMatchObject([{ at: 0, length: 0 }]);
    const long = `{Artist}${"x".repeat(300)}`;
    expect(parseTemplate(long, "filename").errors).toMatchObject([{ at: 300, length: 8 }]);
    expect(parseTemplate("[".repeat(1_000_000), "directory").errors.length).toBe(1);
  });

  test("any text is read without a throw, and errors lie in it", () => {
    const random = makeRandom(31);
    const scraps = ["{", "}", "[", "]", "\\", '"', " or ", ":00", " N", "/", "..", "YYYY", "Artist", "Track", "x"];
    let wrong = 0;
    for (let i = 0; i < 6000; i++) {
      let text = randomText(random).slice(0, 400);
      for (let n = random(12); n > 0; n--) text += scraps[random(scraps.length)];
      for (const part of ["filename", "directory"] as const) {
        const { errors } = parseTemplate(text, part);
        for (const { at, length, message } of errors) {
          expect(at).toBeGreaterThanOrEqual(0);
          expect(length).toBeGreaterThanOrEqual(text === "" ? 0 : 1);
          expect(at + length).toBeLessThanOrEqual(text.length);
          expect(message).not.toBe("");
        }
        expect(errors.map(({ at }) => at)).toEqual(errors.map(({ at }) => at).toSorted((a, b) => a - b));
        wrong += errors.length > 0 ? 1 : 0;
      }
    }
    expect(wrong).toBeGreaterThan(3000);
  });
});

describe("the templates there are", () => {
  test("defaults parse", () => {
    for (const { filename, directory } of Object.values(defaultTemplates)) {
      expect(parseTemplate(filename, "filename").errors).toEqual([]);
      expect(parseTemplate(directory, "directory").errors).toEqual([]);
    }
  });

  test("every field can be used, and shows its example", () => {
    for (const { word, field, example } of templateFields)
      expect(fill(`{${word}}`, { [field]: example })).toBe(example);
  });

  test("a template that cannot be read gives way to the default", () => {
    const templates = { ...defaultTemplates, track: { filename: "{Artst}", directory: "/{Artist}" } };
    const got = renderName("track", { artist: "A", title: "T" }, { templates, path: "x.mp3", manyDiscs: false });
    expect(got).toEqual({ filename: "A - T.mp3", directory: "music/A", isNew: true });
  });

  test("a name of which nothing is known stays what it was", () => {
    const templates = { ...defaultTemplates, track: { filename: "{Album}", directory: "music" } };
    const got = renderName("track", { artist: "A", title: "T" }, { templates, path: "in/x.mp3", manyDiscs: false });
    expect(got).toEqual({ filename: "x.mp3", directory: "in", isNew: false });
  });

  test("albums of various artists have their own", () => {
    const templates = {
      ...defaultTemplates,
      compilation: { filename: "{Track:00} {Artist} - {Title}", directory: "music/Compilations/{Album}" },
    };
    const track: Fields = { artist: "A", title: "T", trackNumber: "7", album: "X", albumArtist: "Various Artists" };
    const got = renderName("track", track, { templates, path: "x.mp3", manyDiscs: false });
    expect(got).toMatchObject({ filename: "07 A - T.mp3", directory: "music/Compilations/X" });
  });
});
