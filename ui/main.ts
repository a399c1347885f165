import { computed, signal } from "@preact/signals";
import { html } from "htm/preact";
import { render } from "preact";
import { type ApiError, makeApi, type Stats } from "./api.ts";
import { type App, AppContext, makeToasts } from "./app.ts";
import { coalesce, makeLive } from "./events.ts";
import { pagePaths } from "./parts/pages.ts";
import { Shell } from "./parts/shell.ts";
import { makeRouter } from "./router.ts";
import type { TemplateDraft } from "./template-draft.ts";

const statsGapMs = 700;

function start(root: HTMLElement): void {
  const base = document.body.dataset.base ?? "";
  const api = makeApi(base, () => location.assign(`${base}/sign-in`));
  const stats = signal<Stats | null>(null);
  const library = computed(() => stats.value?.library);
  const output = computed(() => stats.value?.output);
  const roots = computed(() =>
    library.value === undefined || output.value === undefined ? null : { library: library.value, output: output.value },
  );
  const statsError = signal<ApiError | null>(null);
  const toApply = signal(0);
  let counted = "";
  const loader = coalesce(async () => {
    try {
      const now = await api.stats();
      stats.value = now;
      statsError.value = null;
      const counts = JSON.stringify(now.proposals);
      if (counts === counted) return;
      toApply.value = now.proposals.approved
        ? (await api.proposals({ status: "approved", changed: true, page_size: 1 })).total
        : 0;
      counted = counts;
    } catch (error) {
      statsError.value = error as ApiError;
    }
  }, statsGapMs);
  const live = makeLive(api.eventsUrl, loader.ask);
  live.listen(({ type, data }) => {
    // How far a download is changes no count, and is told twice a second.
    if (type !== "llm" || data.state) loader.ask();
  });
  const router = makeRouter(base, pagePaths);
  const app: App = {
    api,
    live,
    router,
    toasts: makeToasts(),
    stats,
    toApply,
    roots,
    statsError,
    reloadStats: loader.ask,
    templateDraft: signal<TemplateDraft>({}),
  };

  // A hidden or left page holds no connection: browsers allow six to one host, over all tabs.
  const attend = () => {
    if (document.hidden) return live.stop();
    live.start();
    loader.ask();
  };
  document.addEventListener("visibilitychange", attend);
  addEventListener("pagehide", live.stop);
  // Other pages keep what is typed; only leaving the panel loses it.
  addEventListener("beforeunload", (event) => {
    if (Object.keys(app.templateDraft.value).length > 0) event.preventDefault();
  });
  addEventListener("pageshow", (event: PageTransitionEvent) => {
    if (event.persisted) attend();
  });
  attend();
  root.replaceChildren();
  render(html`<${AppContext.Provider} value=${app}><${Shell} /><//>`, root);
}

const root = document.getElementById("panel");
if (root) start(root);
