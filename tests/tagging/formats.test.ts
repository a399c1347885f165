import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { extname } from "node:path";
import type { TagTexts } from "../../daemon/tagging/layout.ts";
import { type Patch, packPatches, unpackPatches } from "../../daemon/tagging/patch.ts";
import { readForEdit } from "../../daemon/tagging/verify.ts";
import { ffmpegTestName, findFfmpeg } from "../support/audio-files.ts";
import { sha } from "./bench.ts";
import { soundOf, variants } from "./files.ts";
import { tempFolder } from "./folder.ts";
import { patchFile, write } from "./write.ts";

const never = new AbortController().signal;
const withFfmpeg = test.skipIf(findFfmpeg() === null);

const rounds: TagTexts[] = [
  { bpm: "128", key: "F#m", mood: "happy, relaxed", genre: "Deep House" },
  { bpm: "64", genre: "Ambient – 静か" },
  { mood: "a long mood, ".repeat(12).trim() },
  { mood: "sad", key: "C" },
];

describe("each format: tags read back, all else byte for byte the same, undo to the very file", () => {
  for (const [name, make] of variants) {
    withFfmpeg(ffmpegTestName(name), async () => {
      const path = await make(tempFolder());
      const [original, sound, facts] = [sha(path), await soundOf(path), statSync(path, { bigint: true })];
      const undo: Patch[][] = [];
      for (const changes of rounds) undo.push(unpackPatches(packPatches(await write(path, changes))));
      expect(await soundOf(path)).toBe(sound);
      const { layout, metadata } = await readForEdit(path, extname(path).slice(1), never);
      expect(layout.values).toEqual({ bpm: "64", key: "C", mood: "sad", genre: "Ambient – 静か" });
      expect({ bpm: metadata.bpm, genre: metadata.genre }).toEqual({ bpm: 64, genre: "Ambient – 静か" });
      for (const back of undo.toReversed()) await patchFile(path, back, `${facts.mtimeNs}`);
      expect(sha(path)).toBe(original);
      expect(statSync(path, { bigint: true }).mtimeNs).toBe(facts.mtimeNs);
    });
  }
});
