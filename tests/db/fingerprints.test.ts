import { describe, expect, test } from "bun:test";
import type { Fingerprint, Identified } from "../../daemon/contract/fingerprint.ts";
import { saveLoudness } from "../../daemon/db/analysis.ts";
import { getFileItem } from "../../daemon/db/file-list.ts";
import { ensureFolder, insertFile } from "../../daemon/db/files.ts";
import {
  filesLongerThan,
  fingerprintsOf,
  forgetFingerprints,
  matchesOfFile,
  saveFingerprint,
  saveMatches,
} from "../../daemon/db/fingerprints.ts";
import { openDatabase } from "../../daemon/db/open.ts";

function makeFiles() {
  const db = openDatabase(":memory:");
  const folder = ensureFolder(db, "/music", 1);
  const ids = ["set.mp3", "track.mp3", "other.mp3"].map((nameRaw, inode) =>
    insertFile(db, { folder, nameRaw, kind: "music", sizeBytes: 1, mtimeMs: 1, inode, device: 1 }, 1),
  );
  return { db, ids: ids as [number, number, number] };
}

const stored = (durationSec = 200): Fingerprint => ({
  engine: "panako",
  outcome: "stored",
  hashes: 100,
  durationSec,
  set: false,
  parameters: "p1",
});

const found = (...ids: number[]): Identified => ({
  engines: ["panako"],
  matches: ids.map((otherId) => ({
    otherId,
    probability: 0.9,
    score: 20,
    engines: ["panako"],
    queryStartSec: 100,
    queryEndSec: 200,
    refStartSec: 0,
    refEndSec: 100,
    tempoRatio: 1.02,
    pitchRatio: 1,
    reasons: ["panako: 84 of 130 peaks"],
  })),
});

describe("fingerprints of a file", () => {
  test("give it a state between its tags and its analysis, as long as they are there", () => {
    const { db, ids } = makeFiles();
    const state = () => getFileItem(db, ids[0])?.state;
    saveFingerprint(db, ids[0], stored(), 1);
    expect(state()).toBe("FINGERPRINTED");
    saveFingerprint(db, ids[0], { ...stored(), engine: "audfprint", outcome: "silent", hashes: 0 }, 2);
    expect(fingerprintsOf(db, ids[0])).toMatchObject([{ outcome: "silent" }, { outcome: "stored", storedAt: 1 }]);
    const decoded = { durationSec: 200, coverage: 1, corruptFrames: 0 };
    const silence = { loudnessLufs: null, loudnessRangeLu: null, truePeakDb: null };
    saveLoudness(db, ids[0], { decoded, ...silence, replayGainDb: null, replayGainPeak: null, notes: [] }, 1);
    expect(state()).toBe("ANALYZED");
    forgetFingerprints(db, ids[0]);
    db.run("delete from analysis");
    expect(state()).toBe("DISCOVERED");
  });

  test("matches are seen from both sides, replaced by the next search, and go with either file", () => {
    const { db, ids } = makeFiles();
    const [set, track, other] = ids;
    for (const id of ids) saveFingerprint(db, id, stored(), 1);
    saveMatches(db, set, found(track, other, 4711), 5);
    expect(matchesOfFile(db, set).map(({ otherId, path }) => [otherId, path])).toEqual([
      [track, "/music/track.mp3"],
      [other, "/music/other.mp3"],
    ]);
    expect(matchesOfFile(db, track)).toMatchObject([{ fileId: set, path: "/music/set.mp3", engines: ["panako"] }]);
    saveMatches(db, set, found(track), 6);
    expect(matchesOfFile(db, other)).toEqual([]);
    db.run(`delete from files where id = ${track}`);
    expect(matchesOfFile(db, set)).toEqual([]);
  });

  test("long files are found by what is known of their length", () => {
    const { db, ids } = makeFiles();
    saveFingerprint(db, ids[0], stored(3600), 1);
    saveFingerprint(db, ids[1], stored(200), 1);
    expect(filesLongerThan(db, 1200)).toEqual([ids[0]]);
  });
});
