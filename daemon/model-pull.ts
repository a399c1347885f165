import { z } from "zod";
import type { LlmPull } from "./contract/llm.ts";
import { makeClient, reasonOf, watchSilence } from "./naming/ollama.ts";

const newsEveryMs = 500;
/** One line of Ollama's report. `completed` is missing until the first byte has come. */
const lineSchema = z.object({
  status: z.string(),
  digest: z.string().optional(),
  total: z.number().nonnegative().optional(),
  completed: z.number().nonnegative().optional(),
});

export interface ModelPullOptions {
  host: string;
  /** How long nothing may move. */
  silenceMs: number;
  now: () => number;
  /** Called about twice a second while something moves, and at the end. */
  onNews(pull: LlmPull): void;
  /** Called when a model has arrived. */
  onDone(): Promise<void>;
}
/** Ollama's downloads, one at a time. */
export interface ModelPull {
  /** Starts one; null when another is under way. */
  start(model: string): LlmPull | null;
  /** Stops it; Ollama keeps what it has, and goes on from there the next time. False when there is none. */
  cancel(): boolean;
  /** The one under way, or the last. */
  last(): LlmPull | null;
}

function remedyFor(error: string): string {
  if (/not exist|not found|unauthorized/i.test(error)) return "Look for the name's spelling on ollama.com/library.";
  if (/no space|disk/i.test(error)) return "Free some space where Ollama keeps its models.";
  if (/refused|broke off|cannot be reached|no machine/.test(error))
    return "Start Ollama (ollama serve), then start the download again: it goes on where it stopped.";
  return "Start the download again: it goes on where it stopped. If it fails again, look into Ollama's log.";
}

/** Has Ollama download models from its own registry, and keeps account of how far it is. Nothing is started unasked. */
export function makeModelPull({ host, silenceMs, now, onNews, onDone }: ModelPullOptions): ModelPull {
  let pull: LlmPull | null = null;
  let stopper: AbortController | null = null;

  async function follow(state: LlmPull, signal: AbortSignal): Promise<void> {
    const layers = new Map<string, { total: number; completed: number }>();
    const watch = watchSilence(silenceMs, signal);
    let toldAt = 0;
    let before = "";
    try {
      const stream = await makeClient(host, watch.signal).pull({ model: state.model, stream: true });
      for await (const raw of stream) {
        const line = lineSchema.safeParse(raw);
        if (!line.success) continue;
        const { status, digest, total, completed = 0 } = line.data;
        if (digest !== undefined && total !== undefined)
          layers.set(digest, { total, completed: Math.min(completed, total) });
        state.status = status;
        const sum = (what: "total" | "completed") => [...layers.values()].reduce((all, layer) => all + layer[what], 0);
        state.totalBytes = Math.round(sum("total"));
        state.completedBytes = Math.round(sum("completed"));
        // Ollama reports many times a second also when nothing comes: only what moves is a sign of life.
        const mark = `${status} ${state.completedBytes}`;
        if (mark !== before) watch.alive();
        if (mark !== before && now() - toldAt >= newsEveryMs) {
          toldAt = now();
          onNews({ ...state });
        }
        before = mark;
      }
    } finally {
      watch.end();
    }
  }

  async function run(state: LlmPull, controller: AbortController): Promise<void> {
    try {
      await follow(state, controller.signal);
      state.state = "done";
      state.status = "success";
    } catch (error) {
      state.state = controller.signal.aborted ? "cancelled" : "failed";
      if (state.state === "failed") {
        state.error = reasonOf(error);
        state.remedy = remedyFor(state.error);
      }
    }
    stopper = null;
    if (state.state === "done") await onDone();
    onNews({ ...state });
  }

  return {
    start(model) {
      if (stopper) return null;
      const controller = new AbortController();
      stopper = controller;
      const state: LlmPull = {
        ...{ model, state: "running", status: "asking Ollama" },
        ...{ completedBytes: 0, totalBytes: 0, startedAt: now(), error: null, remedy: null },
      };
      pull = state;
      onNews({ ...state });
      void run(state, controller);
      return { ...state };
    },
    cancel() {
      if (!stopper) return false;
      stopper.abort(new Error("the download was cancelled"));
      return true;
    },
    last: () => pull && { ...pull },
  };
}
