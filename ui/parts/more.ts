import { html } from "htm/preact";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { showCount } from "../format.ts";

const step = 50;

interface MoreProps<T> {
  items: readonly T[];
  /** How many there truly are; the API cuts long lists. */
  total: number;
  render: (item: T) => ComponentChildren;
}

/** A long list, shown piece by piece. */
export function More<T>({ items, total, render }: MoreProps<T>) {
  const [shown, setShown] = useState(step);
  const rest = Math.min(items.length, total) - shown;
  return html`<ul class="items">${items.slice(0, shown).map(render)}</ul>
    ${rest > 0 && html`<p><button type="button" onClick=${() => setShown(shown + step * 4)}>Show more (${showCount(rest)} left)</button></p>`}
    ${rest <= 0 && total > items.length && html`<p class="muted">${showCount(total - items.length)} more are not listed.</p>`}`;
}
