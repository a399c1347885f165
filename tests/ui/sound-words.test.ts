import { describe, expect, test } from "bun:test";
import type { AnalysisWindow } from "../../daemon/contract/analysis.ts";
import { fileDetailSchema, statsSchema } from "../../daemon/contract/api.ts";
import { showClock, showHours, showList, showNumber, toSentence } from "../../ui/format.ts";
import { changesOf, fieldsOf } from "../../ui/sound-edit.ts";
import { soundNews } from "../../ui/sound-news.ts";
import {
  coverageWords,
  keyClearness,
  labelOf,
  missingModels,
  noteWords,
  readingLine,
  readWindow,
  summariseSeries,
  tempoSureness,
} from "../../ui/sound-words.ts";
import { cannedStats, toFileDetail } from "./support/canned.ts";
import { cannedProposals } from "./support/canned-proposals.ts";
import { cannedWindows } from "./support/canned-sound.ts";

describe("places, numbers and lists", () => {
  test.each([
    [5, "0:05", "0:00"],
    [245, "4:05", "0:04"],
    [4323.4, "1:12:03", "1:12"],
    [43_200, "12:00:00", "12:00"],
  ])("%d s are %s, and %s in hours", (sec, clock, hours) =>
    expect([showClock(sec), showHours(sec)]).toEqual([clock, hours]),
  );

  test("numbers have a real minus and no needless digits; lists and sentences read well", () => {
    expect([showNumber(-9.84, 1), showNumber(128.04, 1), showNumber(-0.01, 1), showClock(65, true)]).toEqual([
      "−9.8",
      "128",
      "0",
      "0:01:05",
    ]);
    expect([showList([]), showList(["a"]), showList(["a", "b"]), showList(["a", "b", "c"])]).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c",
    ]);
    expect([toSentence("no beat"), toSentence("No beat. ")]).toEqual(["No beat.", "No beat."]);
  });
});

describe("the sound in words", () => {
  test("a series tells how tempo, key and mood move", () => {
    expect(summariseSeries(cannedWindows)).toBe(
      "The sound over 1:15. Tempo between 118 and 124.5 BPM; begins at 118, ends at 124.5. " +
        "Key mostly 8A (A minor), 33 % of the time; 2 keys, 1 change. " +
        "Strongest mood happy, 50 % on average, most at 0:30 with 90 %.",
    );
    expect(summariseSeries(cannedWindows.slice(0, 1))).toBe(
      "The sound over 0:30. Tempo 118 BPM throughout. Key 8A (A minor) throughout. Strongest mood sad, 30 % on average.",
    );
    expect(summariseSeries([{ startSec: 0, endSec: 5 }])).toBe("The sound over 0:05.");
  });

  test("a window is read in one line, moods in the order asked for", () => {
    const line = (at: number, isLong = false) =>
      readingLine(readWindow(cannedWindows[at] as AnalysisWindow, ["sad", "party"], isLong));
    expect(line(0)).toBe("0:00 to 0:30: 118 BPM; 8A, A minor; Danceability 50 %; Sad 30 %; Happy 20 %");
    expect(line(1, true)).toBe("0:00:30 to 0:01:00: no tempo; no key; Sad 10 %; Happy 90 %");
  });

  test("names, sureness and clearness", () => {
    expect([labelOf("hip-hop"), labelOf("Electronic---Dub Techno"), labelOf("very_sad")]).toEqual([
      "Hip-hop",
      "Electronic: Dub Techno",
      "Very sad",
    ]);
    expect([0.9, 0.7, 0.4, 0.1].map(tempoSureness)).toEqual(["sure", "fairly sure", "not sure", "a guess"]);
    expect([0.9, 0.6, 0.4, 0.1].map(keyClearness)).toEqual(["clear", "fairly clear", "faint", "very faint"]);
  });

  test("what could not be decoded is told once", () => {
    const notes = [
      { kind: "short" as const, text: "Its header says more" },
      { kind: "dc" as const, text: "Constant offset" },
    ];
    const cut = { durationSec: 4323, coverage: 0.6, corruptFrames: 2, notes };
    expect(noteWords(cut)).toEqual([
      "Only 1:12:03 of 2:00:05 could be decoded: the file is cut off or damaged, or its header promises too much.",
      "Constant offset",
      "2 damaged frames left out",
    ]);
    expect(noteWords({ ...cut, coverage: 0.995 })).toEqual([
      "Its header says more",
      "Constant offset",
      "2 damaged frames left out",
    ]);
    expect([coverageWords({ durationSec: 0, coverage: 0 }), coverageWords({})]).toEqual([
      "Only 0:00 could be decoded: the file is cut off or damaged, or its header promises too much.",
      null,
    ]);
  });

  test("models that are missing share a sentence when they share the reason", () => {
    const reasons = {
      bpm: "no beat",
      "mood_sad-musicnn-msd-2": "its file is not there",
      "danceability-musicnn-msd-2": "its file is not there",
      "msd-musicnn-1": "it is damaged",
    };
    expect(missingModels({ reasons })).toEqual([
      "Not judged: sad and danceability. Its file is not there.",
      "Not judged: style. It is damaged.",
    ]);
    expect(missingModels({})).toEqual([]);
  });
});

describe("editing by hand", () => {
  const set = {
    bpm: 64,
    key: "G" as const,
    scale: "minor" as const,
    camelot: "6A",
    genre: "Dub",
    byPerson: ["bpm", "genre", "key", "scale"],
  };
  const before = fieldsOf(set);

  test("the form holds what a person has set, and nothing that was measured", () => {
    expect(before).toEqual({ bpm: "64", code: "6A", moodText: "", genre: "Dub" });
    expect(fieldsOf({ bpm: 128, camelot: "8A", byPerson: [] })).toEqual({ bpm: "", code: "", moodText: "", genre: "" });
  });

  test.each([
    ["nothing changed", {}, { changes: {} }],
    ["another tempo, with a comma", { bpm: " 127,5 " }, { changes: { bpm: 127.5 } }],
    ["tempo as measured", { bpm: "" }, { changes: { bpm: null } }],
    ["another key", { code: "8B" }, { changes: { key: "C", scale: "major" } }],
    ["key as measured", { code: "" }, { changes: { key: null, scale: null } }],
    ["words", { moodText: " late night ", genre: " " }, { changes: { moodText: "late night", genre: null } }],
    ["no number", { bpm: "fast" }, { error: "A tempo is a number from 20 to 400, such as 128 or 127.5." }],
    ["too fast", { bpm: "401" }, { error: "A tempo is a number from 20 to 400, such as 128 or 127.5." }],
    ["hexadecimal", { bpm: "0x40" }, { error: "A tempo is a number from 20 to 400, such as 128 or 127.5." }],
    ["too many words", { genre: "x".repeat(201) }, { error: "At most 200 characters, please." }],
  ])("%s", (_name, typed, wanted) => expect(changesOf(before, { ...before, ...typed }) as object).toEqual(wanted));
});

describe("what is under way", () => {
  const proposal = cannedProposals(1)[0] as ReturnType<typeof cannedProposals>[number];
  const run = (
    stage: string,
    status: "pending" | "running" | "done" | "failed" | "skipped",
    error: string | null = null,
  ) => ({
    ...{ stage, status, error, attempts: 1 },
    ...{ startedAt: null, finishedAt: null, durationMs: null },
  });
  const detail = (runs: ReturnType<typeof run>[], missing = false) =>
    fileDetailSchema.parse({ ...toFileDetail(proposal, { analysis: null, runs }), missing });
  const statsOf = (waits: Record<string, string> = {}, running: readonly [string, number | null][] = []) =>
    statsSchema.parse(
      cannedStats([proposal], {
        ...{ paused: false, scanning: false, batchRunning: false, waits },
        running: running.map(([stage, progress]) => ({ fileId: 101, stage, startedAt: 1, progress })),
      }),
    );
  const all = (status: "pending" | "failed" | "done", error: string | null = null) =>
    ["loudness", "rhythm", "key", "mood"].map((stage) => run(stage, status, error));
  const told = (...args: Parameters<typeof soundNews>) => soundNews(...args).map(({ text, share }) => [text, share]);

  test("stages with the same news share a sentence", () => {
    expect(told(detail(all("pending")), statsOf())).toEqual([
      ["Loudness, tempo, key and mood wait in the queue.", null],
    ]);
    expect(told(detail(all("done")), statsOf())).toEqual([]);
    expect(told(detail([]), statsOf())).toEqual([["Loudness, tempo, key and mood come after the checksum.", null]]);
    expect(told(detail([]), null)).toEqual([]);
    expect(told(detail(all("failed", "no sound in it")), statsOf())).toEqual([
      ["Loudness, tempo, key and mood: failed. No sound in it.", null],
    ]);
    expect(told(detail(all("pending"), true), statsOf())).toEqual([
      ["Loudness, tempo, key and mood wait: The file is missing.", null],
    ]);
  });

  test("what runs has the progress of the slowest, what waits its reason, what failed its error", () => {
    const runs = [
      run("loudness", "pending"),
      run("rhythm", "running"),
      run("key", "failed", "the worker died"),
      run("mood", "pending"),
    ];
    const now = statsOf({ mood: "No models" }, [
      ["loudness", 0.5],
      ["rhythm", 0.25],
    ]);
    expect(told(detail(runs), now)).toEqual([
      ["Listening for loudness and tempo", 0.25],
      ["Key: failed. The worker died.", null],
      ["Mood waits: No models.", null],
    ]);
    expect(
      told(detail([run("rhythm", "pending", "the disk was away"), run("key", "skipped", "cancelled")]), null),
    ).toEqual([
      ["Tempo: will be tried again. The disk was away.", null],
      ["Key: left out. Cancelled.", null],
    ]);
  });
});
