import type { Config } from "./config.ts";
import type { ServiceStatus } from "./contract/service.ts";
import type { Log } from "./log.ts";
import { makeBatcher } from "./naming/batch.ts";
import { CallError, makeOllamaNamer, type OllamaNamer, type ProbeResult } from "./naming/llm.ts";
import { BlockedError } from "./pipeline/stage.ts";
import type { AskModel } from "./stages/refine.ts";

/** The language model on the user's own Ollama: asked when it is there, missed without harm when it is not. */
export interface LanguageModel {
  ask: AskModel;
  /** Why the model cannot be asked, as of the last look; null when it can. */
  unavailable(): string | null;
  status(): ServiceStatus;
  /** Looks now. */
  check(): Promise<void>;
  stop(): void;
}

const probeTimeoutMs = 10_000;
const gatherMs = 200;

/** Looks at Ollama every WORKER_HEALTH_CHECK_INTERVAL seconds; `onReturn` is called when it has become usable. */
export function makeLanguageModel(config: Config, log: Log, onReturn: () => void): LanguageModel {
  const { OLLAMA_HOST: host, LLM_MODEL: model, LLM_BATCH_SIZE: batchSize, LLM_MAX_RPM: maxRpm } = config.values;
  const {
    LLM_MAX_COMPANION_CHARS: maxCompanionChars,
    WORKER_JOB_TIMEOUT,
    WORKER_HEALTH_CHECK_INTERVAL,
  } = config.values;
  const namer = makeOllamaNamer({
    host,
    model,
    batchSize,
    maxRpm,
    maxCompanionChars,
    // A little before the scheduler's own limit: silence is then known to be the model's.
    timeoutMs: WORKER_JOB_TIMEOUT * 900,
  });
  const controller = new AbortController();
  let state: ProbeResult = {
    ok: false,
    state: "unknown",
    reason: "Ollama has not been looked for yet",
    remedy: "Wait a moment",
  };

  function learn(found: ProbeResult): void {
    const before = state.ok;
    state = found;
    if (controller.signal.aborted) return;
    if (state.ok && !before) onReturn();
    if (before !== state.ok) log.info("ollama", { ok: state.ok, model, ...(state.ok ? {} : { reason: state.reason }) });
  }

  async function check(): Promise<void> {
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(probeTimeoutMs)]);
    const found = await namer.probe(signal).catch((error: Error) => ({
      ok: false as const,
      state: "no-server" as const,
      reason: `Ollama at ${host} does not answer: ${error.message}`,
      remedy: "Start Ollama, or set OLLAMA_HOST to where it runs",
    }));
    learn(found);
  }

  /** Asks; when the call fails, finds out whether the model is away (nobody's fault) or fails at these files only. */
  const propose: OllamaNamer["propose"] = async (inputs, drafts, signal, alive) => {
    if (!state.ok) throw new BlockedError(state.reason);
    try {
      return await namer.propose(inputs, drafts, signal, alive);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const reason = `Ollama at ${host} does not answer: ${error.message}`;
      learn({ ok: false, state: "cannot-answer", reason, remedy: "Start Ollama, or look into its log" });
      const found = await namer.tryOut(signal, alive);
      learn(found);
      throw found.ok ? error : new BlockedError(found.reason);
    }
  };

  const timer = setInterval(check, WORKER_HEALTH_CHECK_INTERVAL * 1000);
  return {
    ask: makeBatcher({ size: batchSize, gatherMs, propose }),
    unavailable: () => (state.ok ? null : state.reason),
    check,
    status: () => ({
      name: "ollama",
      ok: state.ok,
      detail: state.ok ? `${model} at ${host}` : state.reason,
      cost: state.ok ? null : "Proposals are made by rules alone",
      remedy: state.ok ? null : state.remedy,
    }),
    stop() {
      clearInterval(timer);
      controller.abort();
    },
  };
}
