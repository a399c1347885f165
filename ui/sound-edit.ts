import type { Analysis, SoundChanges } from "./api.ts";
import { wheel } from "./camelot.ts";

/** The form's fields as they are typed; empty: as measured. */
export interface SoundFields {
  bpm: string;
  /** Place on the wheel, such as `8A`. */
  code: string;
  moodText: string;
  genre: string;
}

/** Limits of the API. */
const [leastBpm, mostBpm, mostChars] = [20, 400, 200];

export const isByPerson = (analysis: Analysis | null, field: string): boolean =>
  analysis?.byPerson?.includes(field) ?? false;

/** What a person has set so far. */
export function fieldsOf(analysis: Analysis | null): SoundFields {
  const set = (field: keyof Analysis) => (isByPerson(analysis, field) ? `${analysis?.[field] ?? ""}` : "");
  return {
    bpm: set("bpm"),
    code: set("key") && (analysis?.camelot ?? ""),
    moodText: set("moodText"),
    genre: set("genre"),
  };
}

/** What has to be sent for the form to become true, or why it cannot be sent. */
export function changesOf(before: SoundFields, now: SoundFields): { changes: SoundChanges } | { error: string } {
  const changes: SoundChanges = {};
  const bpmText = now.bpm.trim().replace(",", ".");
  if (bpmText !== before.bpm) {
    const bpm = Number(bpmText);
    if (bpmText !== "" && !(/^\d+(\.\d+)?$/.test(bpmText) && bpm >= leastBpm && bpm <= mostBpm))
      return { error: `A tempo is a number from ${leastBpm} to ${mostBpm}, such as 128 or 127.5.` };
    changes.bpm = bpmText === "" ? null : bpm;
  }
  if (now.code !== before.code) {
    const chosen = wheel.find(({ code }) => code === now.code);
    Object.assign(changes, chosen ? { key: chosen.key, scale: chosen.scale } : { key: null, scale: null });
  }
  for (const field of ["moodText", "genre"] as const) {
    const text = now[field].trim();
    if (text.length > mostChars) return { error: `At most ${mostChars} characters, please.` };
    if (text !== before[field]) changes[field] = text === "" ? null : text;
  }
  return { changes };
}

/** Takes back all that was set by hand. */
export const allMeasured: SoundChanges = { bpm: null, key: null, scale: null, moodText: null, genre: null };
