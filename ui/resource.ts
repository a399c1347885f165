import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { ApiError } from "./api.ts";

export interface Resource<T> {
  /** The newest answer; while another is awaited, the one before. */
  data: T | null;
  error: ApiError | null;
  loading: boolean;
  /** Asks again; settles when the answer is here. */
  reload: () => Promise<void>;
}

/** Loads when `key` changes and on `reload`. A later question cancels the one before, so answers never overtake. */
export function useResource<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [state, setState] = useState<{ data: T | null; error: ApiError | null; loading: boolean }>({
    data: null,
    error: null,
    loading: true,
  });
  const current = useRef<AbortController | null>(null);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(async () => {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    setState((before) => ({ ...before, loading: true }));
    try {
      const data = await latest.current(controller.signal);
      if (!controller.signal.aborted) setState({ data, error: null, loading: false });
    } catch (error) {
      if (!controller.signal.aborted) setState((before) => ({ ...before, error: error as ApiError, loading: false }));
    }
  }, []);
  // `key` stands for what `load` closes over.
  useEffect(() => {
    void reload();
    return () => current.current?.abort();
  }, [key, reload]);
  return { ...state, reload };
}
