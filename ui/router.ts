import { type ReadonlySignal, signal } from "@preact/signals";

export interface Place {
  /** Without the base path and without a slash at the end; `/` for the start. */
  path: string;
  query: URLSearchParams;
}

export interface Router {
  readonly place: ReadonlySignal<Place>;
  go(to: string, replace?: boolean): void;
  /** Changes some query parameters of this page; empty values leave it. */
  set(changes: Readonly<Record<string, string>>, replace?: boolean): void;
  stop(): void;
}

/** Real paths below `base`; plain links to `pages` are followed without loading the panel anew. */
export function makeRouter(base: string, pages: readonly string[]): Router {
  const toPath = (pathname: string) => pathname.slice(base.length).replace(/\/+$/, "") || "/";
  const read = (): Place => ({ path: toPath(location.pathname), query: new URLSearchParams(location.search) });
  const place = signal(read());
  const update = () => {
    place.value = read();
  };
  const go = (to: string, replace = false) => {
    history[replace ? "replaceState" : "pushState"](null, "", `${base}${to}`);
    update();
  };
  const follow = (event: MouseEvent) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (
      !link ||
      link.target ||
      link.origin !== location.origin ||
      !link.pathname.startsWith(`${base}/`) ||
      !pages.includes(toPath(link.pathname))
    )
      return;
    event.preventDefault();
    if (link.href !== location.href) go(`${link.pathname.slice(base.length)}${link.search}`);
  };
  addEventListener("popstate", update);
  document.addEventListener("click", follow);
  return {
    place,
    go,
    set(changes, replace = false) {
      const query = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(changes)) value === "" ? query.delete(name) : query.set(name, value);
      go(`${location.pathname.slice(base.length)}${query.size > 0 ? `?${query}` : ""}`, replace);
    },
    stop() {
      removeEventListener("popstate", update);
      document.removeEventListener("click", follow);
    },
  };
}
