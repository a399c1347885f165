import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { inWords, useApp } from "../app.ts";
import { plural, showCount } from "../format.ts";
import { pageAt, pages } from "./pages.ts";

/** Something typed there is not saved. */
function Unsaved({ path }: { path: string }) {
  const { templateDraft } = useApp();
  if (path !== "/naming" || Object.keys(templateDraft.value).length === 0) return null;
  return html`<span class="badge" title="Not saved"><span aria-hidden="true">•</span><span class="sr"> not saved</span></span>`;
}

/** How many things wait on a page, beside its name in the navigation. */
function Waiting({ path }: { path: string }) {
  const { stats, toApply } = useApp();
  const n = path === "/proposals" ? stats.value?.proposals.pending : path === "/execution" ? toApply.value : 0;
  if (!n) return null;
  const meaning = path === "/proposals" ? "to review" : "approved, to apply";
  return html`<span class="badge" title=${`${showCount(n)} ${meaning}`}>${n > 9999 ? `${Math.floor(n / 1000)}k` : n}<span class="sr"> ${meaning}</span></span>`;
}

function Navigation({ path }: { path: string }) {
  return html`<nav aria-label="Pages">
    ${pages.map(
      (
        entry,
      ) => html`<a class="top-link" key=${entry.path} href=${`${document.body.dataset.base}${entry.path}`} aria-current=${pageAt(path) === entry ? "page" : undefined}>
        ${entry.title}<${Waiting} path=${entry.path} /><${Unsaved} path=${entry.path} />
      </a>`,
    )}
  </nav>`;
}

/** What Phaze does right now, in a few words. */
function Activity() {
  const { stats, live } = useApp();
  const now = stats.value;
  if (live.state.value === "lost")
    return html`<span class="activity warn" role="status">Connection lost, trying again …</span>`;
  const busy = now?.stages.reduce((sum, stage) => sum + stage.running, 0) ?? 0;
  const words = now?.batchRunning
    ? "Moving files"
    : now?.scan?.status === "running"
      ? `Scanning: ${plural(now.scan.files.seen, "file")}`
      : now?.paused
        ? "Paused"
        : busy > 0
          ? `Working on ${plural(busy, "file")}`
          : now?.idle
            ? "Up to date"
            : "Nothing to do";
  const tone = now?.paused ? "warn" : busy === 0 && now?.idle ? "good" : "busy";
  return html`<span class=${`activity ${tone}`}>${now ? words : "Connecting …"}</span>`;
}

function ToastList() {
  const { toasts } = useApp();
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.list.value.map(
      (
        toast,
      ) => html`<div key=${toast.id} class=${`toast ${toast.tone}`} role=${toast.tone === "bad" ? "alert" : undefined}>
        <span class="toast-text">${toast.text}</span>
        ${
          toast.action &&
          html`<button type="button" class="quiet" onClick=${() => {
            toasts.close(toast.id);
            toast.action?.run();
          }}>${toast.action.label}</button>`
        }
        <button type="button" class="quiet icon" aria-label="Close message" onClick=${() => toasts.close(toast.id)}>×</button>
      </div>`,
    )}
  </div>`;
}

function Trouble() {
  const { statsError, reloadStats } = useApp();
  if (!statsError.value) return null;
  return html`<div class="banner bad" role="alert"><span>${inWords(statsError.value)}</span><button type="button" onClick=${reloadStats}>Try again</button></div>`;
}

/** The frame around all pages. */
export function Shell() {
  const { router } = useApp();
  const { path } = router.place.value;
  const entry = pageAt(path);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // Another path is another page.
  useEffect(() => {
    document.title = `${entry?.title ?? "Not found"} · Phaze`;
    // A new page starts at its top, also for those who hear it.
    if (!first.current) {
      scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [path]);
  return html`<a class="skip" href="#main" onClick=${(event: Event) => {
    event.preventDefault();
    main.current?.focus();
  }}>Skip to the page</a>
    <header class="top">
      <a class="brand" href=${`${document.body.dataset.base}/`} aria-label="Phaze, overview"><img src=${`${document.body.dataset.base}/assets/icon.svg`} alt="" width="22" height="22" />Phaze</a>
      <${Navigation} path=${path} />
      <${Activity} />
    </header>
    <main id="main" tabindex="-1" ref=${main}>
      <${Trouble} />
      ${entry ? html`<${entry.page} key=${entry.path} />` : html`<h1>Nothing here</h1><p>This page does not exist. Choose one above.</p>`}
    </main>
    <${ToastList} />`;
}
