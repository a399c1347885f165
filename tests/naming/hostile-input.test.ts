import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NamingInput } from "../../daemon/contract/naming.ts";
import { trustedInput } from "../../daemon/naming/llm-orders.ts";
import { readInput } from "../../daemon/naming/read-input.ts";
import { proposeByRules } from "../../daemon/naming/rules.ts";
import { isSupported, textOfInput } from "../../daemon/naming/support.ts";
import { tempFolder } from "../support/world.ts";
import { makeRandom, randomText } from "./random-text.ts";

const longest = 40_000;
/** Texts on which careless patterns go astray: much that almost matches, and an end that does not. */
const pieces = [
  "\n",
  " ",
  "\t",
  ".",
  "-",
  "_",
  "=",
  "|",
  "(",
  "()",
  "( ",
  "[",
  "{",
  "(()",
  "1",
  "1 ",
  "1-",
  "1.1.",
  "12-12-12-",
  "2001-",
  "2001-01-",
  "may ",
  "may 1 ",
  "1 may ",
  "1st of ",
  "2001 may ",
  "live at ",
  " - ",
  " @ ",
  "a.b.",
  "aA",
  "a ",
  "A. ",
  "é",
  "Ã¤",
  "Êè",
  "И",
  "%41",
  "%",
  "&amp;",
  "&",
  '"',
  "<",
  "< ",
  "ignore ",
  "system ",
  "forget all ",
  "set artist ",
  "mp3 ",
  "[mp3]",
  " mp3",
  "320kbps",
  "key: ",
  "key : ",
  "a:b:",
  "..:",
  "D1T1 ",
  "[00:00] ",
  "1. x ",
  "A1",
  "b2b ",
  "cd 1 ",
  "set 1",
  "x--> ",
  "http://",
  "www.a.",
  "年",
  "\u0301",
  "👩‍",
  "#EXTINF:1,",
  'TITLE "',
] as const;

/** The quickest of some runs, ms: other work of the machine must not count. */
function quickestMs(runs: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs && best > 100; run++) {
    const started = performance.now();
    work();
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

function inputOf(text: string): NamingInput {
  const companions = ["a.nfo", "b.txt", "c.cue", "d.m3u"].map((name) => ({ name, text }));
  companions.push({ name: "e.log", text: `EAC extraction logfile from 1. May 2004\n${text}` });
  const tags = Object.fromEntries(
    ["artist", "title", "album", "albumArtist", "comment", "genre", "date", "trackNumber"].map((tag) => [tag, text]),
  );
  return { path: "x/rec.mp3", durationSec: 7000, tags, companions, siblings: [] };
}

describe("no text slows the rules or the model's question down", () => {
  proposeByRules(inputOf("warm up"));
  for (const piece of pieces)
    test(JSON.stringify(piece), () => {
      const whole = `${piece.repeat(Math.ceil(longest / piece.length))}\u0001x`.slice(-longest);
      const lines = whole.replace(/(.{200})/gsu, "$1\n");
      for (const text of [whole, lines]) {
        const input = inputOf(text);
        expect(quickestMs(3, () => proposeByRules(input))).toBeLessThan(600);
        const short = { ...input, tags: {}, companions: input.companions.slice(0, 1) };
        const asked = () => isSupported("date", "2004-05-06", textOfInput(trustedInput(short)));
        expect(quickestMs(3, asked)).toBeLessThan(600);
      }
    });
});

describe("random bytes beside a file", () => {
  const tags = {
    artist: "Boards of Canada",
    title: "Roygbiv",
    album: "Music Has the Right to Children",
    trackNumber: "10",
    year: "1998",
  };
  const known = {
    path: "Boards of Canada/Music/10 - Roygbiv.flac",
    durationSec: 150,
    tags,
    siblings: ["09 - Smokes.flac"],
  };
  const names = ["10 - Roygbiv.cue", "a.cue", "a.nfo", "10 - Roygbiv.txt", "a.m3u", "a.m3u8", "a.pls"];
  const alone = proposeByRules({ ...known, companions: [] });
  const words = [
    "TRACK 01 AUDIO\n",
    'TITLE "',
    'FILE "',
    "INDEX 01 ",
    "#EXTINF:1,",
    "10 - Roygbiv.flac\n",
    "\n",
    "artist: ",
    "01. ",
  ];

  function randomBytes(random: (below: number) => number): Uint8Array {
    const length = random(4) === 0 ? random(20_000) : random(300);
    const kind = random(4);
    if (kind === 0) return Uint8Array.from({ length }, () => random(256));
    if (kind === 1) return Uint8Array.from({ length }, () => 0x80 + random(128));
    let text = "";
    while (text.length < length) text += random(2) ? randomText(random) : (words[random(words.length)] ?? "");
    return Buffer.from(text, kind === 2 ? "utf8" : "utf16le");
  }

  test("never throws, never takes long, never changes what complete tags say", async () => {
    const folder = tempFolder();
    const random = makeRandom(7);
    for (let round = 0; round < 150; round++) {
      const companions = names.map((name) => ({ name, path: join(folder, name) }));
      for (const { path } of companions) writeFileSync(path, randomBytes(random));
      const started = performance.now();
      const input = await readInput({ ...known, companions }, 3000);
      const draft = proposeByRules(input);
      expect(performance.now() - started).toBeLessThan(1000);
      expect(draft.fields).toEqual(alone.fields);
      expect([draft.kind, draft.directory, draft.filename]).toEqual([alone.kind, alone.directory, alone.filename]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not come through.
      for (const { text } of input.companions) expect(text).not.toMatch(/[\x00-\x08\x0E-\x1F]/);
    }
  });
});
