import { describe, expect, test } from "bun:test";
import {
  analysisForTags,
  getAnalysis,
  saveKey,
  saveLoudness,
  saveMood,
  saveRhythm,
  setPersonValues,
} from "../../daemon/db/analysis.ts";
import { getFileItem } from "../../daemon/db/file-list.ts";
import { ensureFolder, insertFile } from "../../daemon/db/files.ts";
import { type Db, openDatabase } from "../../daemon/db/open.ts";

const decoded = { durationSec: 61.5, coverage: 1, corruptFrames: 0 };
const windowSec = 30;

function makeFile(): { db: Db; id: number } {
  const db = openDatabase(":memory:");
  const folder = ensureFolder(db, "/music", 1);
  const id = insertFile(
    db,
    { folder, nameRaw: "a.mp3", kind: "music", sizeBytes: 1, mtimeMs: 1, inode: 1, device: 1 },
    1,
  );
  return { db, id };
}

function saveAll(db: Db, id: number): void {
  saveLoudness(
    db,
    id,
    {
      decoded,
      loudnessLufs: -9,
      loudnessRangeLu: 4,
      truePeakDb: 0.5,
      replayGainDb: -9,
      replayGainPeak: 1.06,
      notes: [],
    },
    1,
  );
  saveRhythm(db, id, { decoded, bpm: 124, bpmConfidence: 0.9, windowSec, curve: [124, null, 124.1] }, 2);
  const point = { key: "A", scale: "minor", strength: 0.8 } as const;
  saveKey(
    db,
    id,
    { decoded, key: "A", scale: "minor", camelot: "8A", keyStrength: 0.8, windowSec, curve: [point, point, point] },
    3,
  );
  const style = [
    { name: "female vocalists", probability: 0.8 },
    { name: "house", probability: 0.6 },
  ];
  const mood = { happy: 0.7, sad: 0.1, relaxed: 0.5 };
  saveMood(
    db,
    id,
    {
      decoded,
      modelsId: "x",
      mood,
      danceability: 0.9,
      style,
      missing: [],
      windowSec,
      curve: [{ mood, danceability: 0.9, style }],
    },
    4,
  );
}

describe("the analysis of a file", () => {
  test("is put together from what its stages gave, the series side by side", () => {
    const { db, id } = makeFile();
    expect(getAnalysis(db, id)).toBeNull();
    saveAll(db, id);
    expect(getAnalysis(db, id)).toMatchObject({
      ...decoded,
      bpm: 124,
      key: "A",
      camelot: "8A",
      loudnessLufs: -9,
      danceability: 0.9,
      byPerson: [],
    });
    expect(getAnalysis(db, id)?.windows).toEqual([
      expect.objectContaining({ startSec: 0, endSec: 30, bpm: 124, key: "A", danceability: 0.9 }),
      { startSec: 30, endSec: 60, bpm: null, key: "A", scale: "minor", keyStrength: 0.8 },
      { startSec: 60, endSec: 61.5, bpm: 124.1, key: "A", scale: "minor", keyStrength: 0.8 },
    ]);
  });

  test("a part is replaced alone, and the state of the file follows", () => {
    const { db, id } = makeFile();
    expect(getFileItem(db, id)?.state).toBe("DISCOVERED");
    saveAll(db, id);
    expect(getFileItem(db, id)?.state).toBe("ANALYZED");
    saveRhythm(db, id, { decoded, bpm: null, bpmConfidence: 0, reason: "no beat", windowSec, curve: [null] }, 9);
    expect(getAnalysis(db, id)).toMatchObject({ bpm: null, key: "A", reasons: { bpm: "no beat" } });
    db.query("delete from files where id = ?").run(id);
    for (const table of ["analysis", "analysis_results", "analysis_by_person"])
      expect(db.query(`select count(*) as n from ${table}`).get()).toEqual({ n: 0 });
  });

  test("what a person set is no analysis of its own, wins over one, and can be taken back field by field", () => {
    const { db, id } = makeFile();
    setPersonValues(db, id, { bpm: 62, genre: "Dub" }, 1);
    expect(getFileItem(db, id)?.state).toBe("DISCOVERED");
    expect(getAnalysis(db, id)).toEqual({ bpm: 62, genre: "Dub", byPerson: ["bpm", "genre"] });
    saveAll(db, id);
    expect(getAnalysis(db, id)).toMatchObject({ bpm: 62, key: "A", byPerson: ["bpm", "genre"] });
    setPersonValues(db, id, { bpm: null, key: "F", scale: "major" }, 2);
    expect(getAnalysis(db, id)).toMatchObject({
      bpm: 124,
      key: "F",
      camelot: "7B",
      byPerson: ["genre", "key", "scale"],
    });
  });
});

describe("what may be written into tags", () => {
  test("a genre is a genre, moods are those that are likely, a person's words come first", () => {
    const { db, id } = makeFile();
    expect(analysisForTags(db, id)).toBeNull();
    saveAll(db, id);
    expect(analysisForTags(db, id)).toEqual({
      bpm: 124,
      key: "A",
      scale: "minor",
      mood: "happy, relaxed",
      genre: "house",
    });
    setPersonValues(db, id, { genre: "Deep House", moodText: "late" }, 1);
    expect(analysisForTags(db, id)).toMatchObject({ genre: "Deep House", mood: "late" });
  });

  test("a tempo or key that is only guessed is not", () => {
    const { db, id } = makeFile();
    saveRhythm(db, id, { decoded, bpm: 124, bpmConfidence: 0.2, windowSec, curve: [124] }, 1);
    saveKey(db, id, { decoded, key: "A", scale: "minor", camelot: "8A", keyStrength: 0.1, windowSec, curve: [] }, 1);
    expect(analysisForTags(db, id)).toEqual({ bpm: null, key: null, scale: null, mood: null, genre: null });
    setPersonValues(db, id, { bpm: 124 }, 1);
    expect(analysisForTags(db, id)?.bpm).toBe(124);
  });
});
