import { describe, expect, test } from "bun:test";
import { type CodePage, codePages, decodeCodePage } from "../../daemon/naming/code-pages.ts";
import { decodeText, type Encoding } from "../../daemon/naming/encoding.ts";

/** The bytes of a text in a one-byte table; throws where the table lacks a character. */
function encode(text: string, page: CodePage): Uint8Array {
  const all = Uint8Array.from({ length: 128 }, (_, i) => 0x80 + i);
  const byteOf = new Map([...decodeCodePage(all, page)].map((character, i) => [character, 0x80 + i]));
  return Uint8Array.from([...text], (character) => {
    const byte = character.charCodeAt(0) < 0x80 ? character.charCodeAt(0) : byteOf.get(character);
    if (byte === undefined) throw new Error(`${character} is not in ${page}`);
    return byte;
  });
}
const utf16 = (text: string, big = false, mark = "") => {
  const bytes = Buffer.from(mark + text, "utf16le");
  return Uint8Array.from(big ? bytes.swap16() : bytes);
};
const hex = (digits: string) => Uint8Array.from(Buffer.from(digits, "hex"));

test("the table of CP437 holds what DOS drew", () => {
  expect(decodeCodePage(Uint8Array.of(0x41, 0x80, 0x81, 0x94, 0x82, 0xa4, 0xb0, 0xc4, 0xdb, 0xe1, 0xfe), "cp437")).toBe(
    "AÇüöéñ░─█ß■",
  );
});

const frame = "╔══════════════════╗\r\n║ Björk für Zoé     ║\r\n╚══════════════════╝\r\n";
const tables: [CodePage, string[]][] = [
  [
    "cp437",
    [
      frame,
      "░▒▓█ RÖYKSOPP █▓▒░\r\n▐▌ Live in Tromsö ▐▌\r\n",
      "│ Artist : Mötley Crüe │",
      "Sven Väth",
      "Château Flight - Été",
      "Die Toten Hosen - Auf dem Kreuzzug ins Glück, Düsseldorf\r\nStraße der Lüfte",
      "Sigur Rós - ágætis byrjun",
    ],
  ],
  [
    "windows-1252",
    [
      "Sven Väth",
      "Björk – Jóga (it’s “good”)",
      "Guns N’ Roses… Live",
      "MÖTLEY CRÜE",
      "Live à Paris",
      "Señor Coconut ¡Ay!",
      "João Gilberto – Águas de Março",
      "L’Impératrice • 320 kbps ©2010, 20 °C",
      "Straße",
    ],
  ],
  [
    "windows-1251",
    ["Кино - Группа крови", "ДДТ", "Исполнитель: Наутилус Помпилиус\r\nАльбом: «Разлука» — 1986\r\n", "Алла Пугачёва"],
  ],
  ["koi8-r", ["Кино - Группа крови", "Исполнитель: Наутилус Помпилиус\r\nАльбом: Разлука\r\n"]],
  ["ibm866", ["Кино - Группа крови", "╔═══════╗\r\n║ Сплин ║\r\n╚═══════╝\r\n"]],
];

describe("one-byte tables by what reads most like words and frames", () => {
  for (const [page, texts] of tables) {
    for (const text of texts)
      test(`${page}: ${JSON.stringify(text).slice(0, 24)}`, () =>
        expect(decodeText(encode(text, page))).toEqual({ text, encoding: page }));
  }

  test("of two tables that fit alike, DOS for an nfo and Windows for the rest", () => {
    const bytes = encode("Live à Paris", "cp437");
    expect(decodeText(bytes, "x.nfo")?.text).toBe("Live à Paris");
    expect(decodeText(encode("Live … Paris", "windows-1252"), "x.txt")?.text).toBe("Live … Paris");
  });

  test("every table is tried", () => expect(tables.map(([page]) => page).sort()).toEqual([...codePages].sort()));
});

const wide: [string, Uint8Array, string, Encoding][] = [
  ["UTF-8", Buffer.from("Väth ╔═╗ テスト"), "Väth ╔═╗ テスト", "utf-8"],
  ["UTF-8 with its mark", Buffer.from("\uFEFFVäth"), "Väth", "utf-8"],
  ["UTF-16 LE with its mark", utf16("Väth\0 live", false, "\uFEFF"), "Väth live", "utf-16le"],
  ["UTF-16 BE with its mark", utf16("Väth live", true, "\uFEFF"), "Väth live", "utf-16be"],
  ["UTF-16 LE without a mark", utf16("ARTIST: Väth\r\n"), "ARTIST: Väth\r\n", "utf-16le"],
  ["UTF-16 BE without a mark", utf16("ARTIST: Väth\r\n", true), "ARTIST: Väth\r\n", "utf-16be"],
  ["UTF-16 LE, Russian, no mark", utf16("Кино - Группа крови\r\n"), "Кино - Группа крови\r\n", "utf-16le"],
  ["UTF-16 cut in a character", utf16("ARTIST: Foo").subarray(0, 21), "ARTIST: Fo\uFFFD", "utf-16le"],
  ["Shift_JIS", hex("834a835e8374836a202d2082d382a882af"), "カタフニ - ふおけ", "shift_jis"],
  ["EUC-KR", hex("b0adb3b2bdbac5b8c0cf202d20bdcec0cc"), "강남스타일 - 싸이", "euc-kr"],
  ["GB18030", hex("d6dcbdddc2d7202d20c7e0bba8b4c920c6dfc0efcfe3"), "周捷伦 - 青花瓷 七里香", "gb18030"],
  ["ASCII", Buffer.from("plain\n"), "plain\n", "utf-8"],
  ["nothing", Buffer.from(""), "", "utf-8"],
  ["NULs behind a text", Buffer.from("Live at Tresor\0\0\0\0\0\0\0\0\0\0"), "Live at Tresor", "utf-8"],
  ["the drawer's record", Buffer.from("Live\r\n\x1aSAUCE00Title\0\0\0\0\x01\x02"), "Live\r\n", "utf-8"],
  ["terminal colours", Buffer.from("\x1b[1;31mLive\x1b[0m"), "Live", "utf-8"],
];

describe("wide encodings", () => {
  for (const [what, bytes, text, encoding] of wide)
    test(what, () => expect(decodeText(bytes)).toEqual({ text, encoding }));

  test("an m3u8 is UTF-8, whatever its bytes look like", () =>
    expect(decodeText(encode("Väth", "windows-1252"), "x.m3u8")).toEqual({ text: "V\uFFFDth", encoding: "utf-8" }));
});

const binary: [string, Uint8Array][] = [
  ["a picture", hex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8")],
  [
    "a sound of small numbers",
    Uint8Array.from({ length: 4000 }, (_, i) => (i % 2 ? (i % 8 < 4 ? 0 : 0xff) : (i * 7) % 32)),
  ],
  ["a document of pages", Buffer.from("%PDF-1.4 text text text")],
  ["controls among letters", Buffer.from("ab\x01cd\x02ef\x03gh\x04")],
];
for (const [what, bytes] of binary) test(`no text: ${what}`, () => expect(decodeText(bytes)).toBeNull());

test("no control character comes through but tabs and line ends", () => {
  const bytes = Uint8Array.from({ length: 2000 }, (_, i) => (i % 50 === 0 ? i / 50 : 0x61));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
  expect(decodeText(bytes)?.text).not.toMatch(/[\x00-\x08\x0B\x0E-\x1F\x7F]/);
});
