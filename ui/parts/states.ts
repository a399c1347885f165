import { html } from "htm/preact";
import type { ComponentChildren } from "preact";
import { inWords } from "../app.ts";
import { showCount, showPercent, visible } from "../format.ts";
import type { Tone } from "../words.ts";

/** A coloured word. */
export function Chip({
  tone = "plain",
  children,
  title,
}: {
  tone?: Tone | undefined;
  children?: ComponentChildren;
  title?: string;
}) {
  return html`<span class=${`chip ${tone}`} title=${title}>${children}</span>`;
}

/** A text from the outside: as text, with hidden characters made visible, in its own writing direction. */
export function Text({ of }: { of: string }) {
  return html`<bdi>${visible(of)}</bdi>`;
}

export function Loading({ what = "Loading" }: { what?: string }) {
  return html`<p class="loading" role="status">${what} …</p>`;
}

/** A failed load, with a way on. */
export function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  return html`<div class="banner bad" role="alert"><span>${inWords(error)}</span><button type="button" onClick=${retry}>Try again</button></div>`;
}

/** Nothing to show: says why, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return html`<div class="empty"><h2>${title}</h2>${children}</div>`;
}

interface PagerProps {
  page: number;
  pageSize: number;
  total: number;
  onPage: (page: number) => void;
  /** What `Next` does instead, when rows of this page have left the list. */
  onNext?: (() => void) | undefined;
  what: string;
}

export function Pager({ page, pageSize, total, onPage, onNext, what }: PagerProps) {
  const last = Math.max(1, Math.ceil(total / pageSize));
  const from = total === 0 ? 0 : (page - 1) * pageSize + 1;
  const range = `${showCount(Math.min(from, total))}–${showCount(Math.min(total, page * pageSize))} of ${showCount(total)}`;
  return html`<nav class="pager" aria-label=${`Pages of ${what}`}>
    <button type="button" disabled=${page <= 1} onClick=${() => onPage(Math.min(page - 1, last))}>Previous</button>
    <span>${range}${last > 1 ? html`<span class="muted"> · page ${showCount(page)} of ${showCount(last)}</span>` : null}</span>
    <button type="button" disabled=${page >= last && !onNext} onClick=${() => (onNext ? onNext() : onPage(page + 1))}>Next</button>
  </nav>`;
}

export interface Part {
  n: number;
  tone: Tone;
  word: string;
}

/** A bar of parts in their true proportions; a part that exists is never too thin to be seen. */
export function Bar({ parts, label }: { parts: readonly Part[]; label: string }) {
  const total = parts.reduce((sum, part) => sum + part.n, 0);
  const words = parts.filter((part) => part.n > 0).map((part) => `${showCount(part.n)} ${part.word}`);
  return html`<div class="bar" role="img" aria-label=${`${label}: ${words.join(", ") || "nothing yet"}`}>
    ${parts.map((part) => part.n > 0 && html`<span key=${part.word} class=${part.tone} style=${{ flexGrow: part.n / total }} title=${`${showCount(part.n)} ${part.word}`}></span>`)}
  </div>`;
}

/** Progress of work that is under way. */
export function Progress({ share, label }: { share: number; label: string }) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return html`<div class="progress" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent}>
    <span style=${{ width: `${percent}%` }}></span>
  </div>`;
}

/** A share as a small meter with its percentage. */
export function Sureness({ value, title }: { value: number; title: string }) {
  const tone = value >= 0.85 ? "good" : value >= 0.6 ? "warn" : "bad";
  return html`<span class="confidence" title=${title}><span class="meter" aria-hidden="true"><span class=${tone} style=${{ width: `${Math.round(value * 100)}%` }}></span></span><span class="sr">${title}: </span>${showPercent(value)}</span>`;
}
