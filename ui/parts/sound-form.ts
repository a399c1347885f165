import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { FileDetail, SoundChanges } from "../api.ts";
import { inWords, useApp } from "../app.ts";
import { keyWords, wheel } from "../camelot.ts";
import { allMeasured, changesOf, fieldsOf, type SoundFields } from "../sound-edit.ts";
import { Select } from "./fields.ts";

const keys: readonly (readonly [string, string])[] = [
  ["", "As measured"],
  ...wheel.map(({ code, key, scale }) => [code, `${code}, ${keyWords(key, scale)}`] as const),
];

interface FormProps {
  file: FileDetail;
  /** Called with what has happened, in words. */
  onDone: (words: string) => void;
  onCancel: () => void;
}

/** Values of the sound, set by hand: they win over what is measured. */
export function SoundForm({ file, onDone, onCancel }: FormProps) {
  const { api } = useApp();
  const before = fieldsOf(file.analysis);
  const [now, setNow] = useState<SoundFields>(before);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const set = (field: keyof SoundFields) => (value: string) => setNow({ ...now, [field]: value });
  const onType = (field: keyof SoundFields) => (event: Event) => set(field)((event.target as HTMLInputElement).value);
  const send = async (changes: SoundChanges, words: string) => {
    setBusy(true);
    setError("");
    try {
      await api.setAnalysis(file.id, changes);
      onDone(words);
    } catch (failure) {
      setError(inWords(failure));
      setBusy(false);
    }
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    const wanted = changesOf(before, now);
    if ("error" in wanted) return setError(wanted.error);
    if (Object.keys(wanted.changes).length === 0) return onCancel();
    return void send(wanted.changes, "Saved. No new analysis changes what you have set.");
  };
  const isSet = Object.values(before).some((value) => value !== "");
  return html`<form class="sound-form" novalidate onSubmit=${onSubmit}>
    <p class="hint">What you set here wins over what is measured, also after a new analysis. An empty field: as measured.</p>
    <div class="sound-fields">
      <label class="field">Tempo (BPM)<input inputmode="decimal" maxlength="10" autocomplete="off" value=${now.bpm} onInput=${onType("bpm")} /></label>
      <${Select} label="Key" value=${now.code} options=${keys} onChange=${set("code")} />
      <label class="field">Mood<input maxlength="200" autocomplete="off" value=${now.moodText} onInput=${onType("moodText")} /></label>
      <label class="field">Genre<input maxlength="200" autocomplete="off" value=${now.genre} onInput=${onType("genre")} /></label>
    </div>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    <div class="buttons">
      <button type="submit" class="primary" disabled=${busy}>Save</button>
      <button type="button" disabled=${busy} onClick=${onCancel}>Cancel</button>
      ${isSet && html`<button type="button" disabled=${busy} onClick=${() => send(allMeasured, "Back to what was measured.")}>Back to measured</button>`}
    </div>
  </form>`;
}
