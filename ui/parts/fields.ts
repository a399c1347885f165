import { html } from "htm/preact";
import type { ComponentChildren, Ref } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const typingMs = 250;

interface SearchProps {
  label: string;
  value: string;
  onSearch: (text: string) => void;
  inputRef?: Ref<HTMLInputElement> | undefined;
}

/** A search field that asks when the typing has paused. */
export function SearchField({ value, onSearch, label, inputRef }: SearchProps) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onInput = (event: Event) => {
    const typed = (event.target as HTMLInputElement).value;
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(onSearch, typingMs, typed);
  };
  return html`<label class="field grow">${label}<input ref=${inputRef} type="search" maxlength="500" value=${text} onInput=${onInput} /></label>`;
}

interface SelectProps {
  label: string;
  value: string;
  /** Value and word of each choice. */
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}

export function Select({ label, value, options, onChange }: SelectProps) {
  return html`<label class="field">${label}<select value=${value} onChange=${(event: Event) => onChange((event.target as HTMLSelectElement).value)}>
    ${options.map(([key, word]) => html`<option key=${key} value=${key} selected=${key === value}>${word}</option>`)}
  </select></label>`;
}

/** Search and filters of a list; on a narrow screen the filters wait behind a button. `active`: how many are set. */
export function FilterForm({
  search,
  active,
  children,
}: {
  search?: ComponentChildren;
  active: number;
  children?: ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  return html`<form class="filters" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
    ${search}
    <button type="button" class="narrow" aria-expanded=${open} onClick=${() => setOpen(!open)}>Filters${active > 0 ? ` (${active})` : ""}</button>
    <div class=${open ? "wide open" : "wide"}>${children}</div>
  </form>`;
}
