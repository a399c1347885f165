import { deflateRawSync, inflateRawSync } from "node:zlib";
import type {
  Analysis,
  AnalysisParts,
  Decoded,
  KeyResult,
  LoudnessResult,
  MoodResult,
  PersonValues,
  RhythmResult,
} from "../contract/analysis.ts";
import { mergeAnalysis } from "../contract/analysis-merge.ts";
import { genreTags } from "../contract/genres.ts";
import { camelotOf, type KeyName, type Scale } from "../contract/keys.ts";
import type { Db } from "./open.ts";

type PartName = keyof AnalysisParts;

/** Columns of `analysis` that a stage fills. */
type Columns = Record<string, string | number | null>;

function savePart(
  db: Db,
  fileId: number,
  stage: PartName,
  result: { decoded: Decoded },
  columns: Columns,
  now: number,
) {
  const values: Columns = {
    duration_sec: result.decoded.durationSec,
    coverage: result.decoded.coverage,
    corrupt_frames: result.decoded.corruptFrames,
    ...columns,
    updated_at: now,
  };
  const names = Object.keys(values);
  db.query(
    `insert into analysis (file_id, ${names.join(", ")}) values ($file_id, ${names.map((name) => `$${name}`).join(", ")})
     on conflict do update set ${names.map((name) => `${name} = excluded.${name}`).join(", ")}`,
  ).run({ $file_id: fileId, ...Object.fromEntries(names.map((name) => [`$${name}`, values[name] ?? null])) });
  db.query("insert into analysis_results values (?, ?, ?) on conflict do update set result = excluded.result").run(
    fileId,
    stage,
    deflateRawSync(JSON.stringify(result)),
  );
  return undefined;
}

export const saveLoudness = (db: Db, fileId: number, result: LoudnessResult, now: number) =>
  savePart(
    db,
    fileId,
    "loudness",
    result,
    { loudness_lufs: result.loudnessLufs, true_peak_db: result.truePeakDb },
    now,
  );

export const saveRhythm = (db: Db, fileId: number, result: RhythmResult, now: number) =>
  savePart(db, fileId, "rhythm", result, { bpm: result.bpm, bpm_confidence: result.bpmConfidence }, now);

export const saveKey = (db: Db, fileId: number, result: KeyResult, now: number) =>
  savePart(
    db,
    fileId,
    "key",
    result,
    { key: result.key, scale: result.scale, camelot: result.camelot, key_strength: result.keyStrength },
    now,
  );

export const saveMood = (db: Db, fileId: number, result: MoodResult, now: number) =>
  savePart(
    db,
    fileId,
    "mood",
    result,
    { danceability: result.danceability, mood: JSON.stringify(result.mood), style: JSON.stringify(result.style) },
    now,
  );

/** Values a person has set for a file's sound. */
export function personValues(db: Db, fileId: number): PersonValues {
  const row = db.query("select value from analysis_by_person where file_id = ?").get(fileId) as {
    value: string;
  } | null;
  return row ? JSON.parse(row.value) : {};
}

/** Sets values by hand, or takes them back (null); fields that are not named stay as they are. */
export function setPersonValues(
  db: Db,
  fileId: number,
  changes: { [K in keyof PersonValues]?: PersonValues[K] | null | undefined },
  now: number,
): void {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const merged = Object.entries({ ...personValues(db, fileId), ...Object.fromEntries(given) }).filter(
    ([, value]) => value !== null,
  );
  if (merged.length === 0) db.query("delete from analysis_by_person where file_id = ?").run(fileId);
  else
    db.query(
      `insert into analysis_by_person values ($id, $value, $now)
       on conflict do update set value = excluded.value, set_at = excluded.set_at`,
    ).run({ $id: fileId, $value: JSON.stringify(Object.fromEntries(merged)), $now: now });
}

/** All that is known of a file's sound, what a person set first. Null when no stage has listened to it yet. */
export function getAnalysis(db: Db, fileId: number): Analysis | null {
  const rows = db.query("select stage, result from analysis_results where file_id = ?").all(fileId) as {
    stage: PartName;
    result: Uint8Array;
  }[];
  const byPerson = personValues(db, fileId);
  if (rows.length === 0 && Object.keys(byPerson).length === 0) return null;
  const parts: AnalysisParts = Object.fromEntries(
    rows.map(({ stage, result }) => [stage, JSON.parse(inflateRawSync(result).toString())]),
  );
  const analysis = mergeAnalysis(parts);
  const { key, scale, ...rest } = byPerson;
  const named = key && scale ? { key, scale, camelot: camelotOf(key, scale) } : {};
  return { ...analysis, ...rest, ...named, byPerson: Object.keys(byPerson).sort() };
}

/** Forgets what was measured: the file has another content now. What a person set stays. */
export function forgetAnalysis(db: Db, fileId: number): void {
  db.query("delete from analysis where file_id = ?").run(fileId);
  db.query("delete from analysis_results where file_id = ?").run(fileId);
}

/** What is less sure than this is shown, but not written into tags. */
const leastConfidence = 0.4;

interface TagRow {
  bpm: number | null;
  bpmConfidence: number | null;
  keyStrength: number | null;
  key: KeyName | null;
  scale: Scale | null;
  mood: string | null;
  style: string | null;
}

/** What may be written into a file's tags, what a person set first; null when nothing is known. */
export function analysisForTags(
  db: Db,
  fileId: number,
): { bpm: number | null; key: KeyName | null; scale: Scale | null; mood: string | null; genre: string | null } | null {
  const row = db
    .query(
      `select bpm, bpm_confidence as bpmConfidence, key, scale, key_strength as keyStrength, mood, style
       from analysis where file_id = ?`,
    )
    .get(fileId) as TagRow | null;
  const person = personValues(db, fileId);
  if (!row && Object.keys(person).length === 0) return null;
  const sure = (confidence: number | null) => (confidence ?? 0) >= leastConfidence;
  const moods = Object.entries(row?.mood ? (JSON.parse(row.mood) as Record<string, number>) : {});
  const likely = moods.filter(([, share]) => share >= 0.5).sort((a, b) => b[1] - a[1]);
  const styles = row?.style ? (JSON.parse(row.style) as { name: string; probability: number }[]) : [];
  const best = styles.find(({ name }) => genreTags.has(name));
  const measured = row && sure(row.keyStrength) ? row : null;
  const named = person.key && person.scale ? person : measured;
  return {
    bpm: person.bpm ?? (row && sure(row.bpmConfidence) ? row.bpm : null),
    key: named?.key ?? null,
    scale: named?.scale ?? null,
    mood: person.moodText ?? (likely.length > 0 ? likely.map(([name]) => name).join(", ") : null),
    genre: person.genre ?? (best && best.probability >= 0.3 ? best.name : null),
  };
}
