import type { Config } from "./config.ts";
import type { LlmControl } from "./contract/llm.ts";
import type { ServiceStatus } from "./contract/service.ts";
import { recommendedModels } from "./llm-models.ts";
import type { Log } from "./log.ts";
import { makeModelPull } from "./model-pull.ts";
import { makeBatcher } from "./naming/batch.ts";
import { CallError, type Look, makeOllamaNamer, type OllamaNamer, type ProbeResult } from "./naming/llm.ts";
import { promptVersion } from "./naming/llm-prompt.ts";
import { usualContextTokens } from "./naming/llm-room.ts";
import type { RulesOptions } from "./naming/rules.ts";
import { BlockedError } from "./pipeline/stage.ts";
import type { AskModel } from "./stages/refine.ts";

/** The language model on the user's own Ollama: asked when it is there, missed without harm when it is not. */
export interface LanguageModel extends LlmControl {
  ask: AskModel;
  /** Why the model cannot be asked, as of the last look; null when it can. */
  unavailable(): string | null;
  status(): ServiceStatus;
  /** Looks now. */
  check(): Promise<void>;
  stop(): void;
}

export interface ModelDeps {
  /** Templates and what a person has taught, as of now. */
  naming?(): RulesOptions;
  /** Called when the model has become usable. */
  onReturn(): void;
  /** Called with what changed: the model's state, or how far a download is. */
  onNews?(data: Record<string, unknown>): void;
}

const probeTimeoutMs = 10_000;
const gatherMs = 200;
/** A little before the scheduler's own limit (its seconds as ms, less a tenth): silence is then known to be the model's. */
const silenceShare = 900;

const notLooked: ProbeResult = {
  ok: false,
  state: "unknown",
  reason: "Ollama has not been looked for yet",
  remedy: "Wait a moment",
};

/** A namer with the settings' model. */
export function namerFor(config: Config, naming?: () => RulesOptions): OllamaNamer {
  const { values } = config;
  return makeOllamaNamer({
    host: values.OLLAMA_HOST,
    model: values.LLM_MODEL,
    batchSize: values.LLM_BATCH_SIZE,
    maxRpm: values.LLM_MAX_RPM,
    maxCompanionChars: values.LLM_MAX_COMPANION_CHARS,
    timeoutMs: values.WORKER_JOB_TIMEOUT * silenceShare,
    ...(naming ? { naming } : {}),
  });
}

function statusOf(state: ProbeResult, host: string, model: string): ServiceStatus {
  return {
    name: "ollama",
    ok: state.ok,
    detail: state.ok ? `${model} at ${host}` : state.reason,
    cost: state.ok ? null : "Proposals are made by rules alone",
    remedy: state.ok ? null : state.remedy,
  };
}

/** Looks at Ollama every WORKER_HEALTH_CHECK_INTERVAL seconds. */
export function makeLanguageModel(
  config: Config,
  log: Log,
  { naming, onReturn, onNews = () => {} }: ModelDeps,
): LanguageModel {
  const { OLLAMA_HOST: host, LLM_MODEL: model, LLM_BATCH_SIZE: batchSize } = config.values;
  const {
    LLM_MAX_COMPANION_CHARS: maxCompanionChars,
    WORKER_JOB_TIMEOUT,
    WORKER_HEALTH_CHECK_INTERVAL,
  } = config.values;
  const namer = namerFor(config, naming);
  const controller = new AbortController();
  let state = notLooked;
  let installed: Look["installed"] = [];

  function learn(found: ProbeResult): void {
    const before = state;
    state = found;
    if (controller.signal.aborted) return;
    if (state.ok && !before.ok) onReturn();
    const isNews = before.ok !== state.ok || (!state.ok && !before.ok && before.state !== state.state);
    if (isNews) onNews({ state: state.ok ? "ok" : state.state });
    if (before.ok !== state.ok)
      log.info("ollama", { ok: state.ok, model, ...(state.ok ? {} : { reason: state.reason }) });
  }

  async function check(): Promise<void> {
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(probeTimeoutMs)]);
    try {
      const look = await namer.look(signal);
      installed = look.installed;
      learn(look.found);
    } catch (error) {
      const reason = `Ollama at ${host} does not answer: ${(error as Error).message}`;
      learn({ ok: false, state: "no-server", reason, remedy: "Start Ollama, or set OLLAMA_HOST to where it runs" });
    }
  }

  const pulls = makeModelPull({
    host,
    silenceMs: WORKER_JOB_TIMEOUT * silenceShare,
    now: Date.now,
    onNews: (pull) => controller.signal.aborted || onNews({ pull }),
    onDone: check,
  });

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
    status: () => statusOf(state, host, model),
    describe: () => ({
      host,
      model,
      state: state.ok ? "ok" : state.state,
      reason: state.ok ? null : state.reason,
      remedy: state.ok ? null : state.remedy,
      prompt: promptVersion,
      installed: [...installed],
      recommended: recommendedModels(
        usualContextTokens(batchSize, maxCompanionChars),
        installed.map(({ name }) => name),
      ),
      pull: pulls.last(),
    }),
    async pull(name) {
      if (pulls.last()?.state !== "running") await check();
      if (!state.ok && state.state === "no-server")
        return { ok: false, why: "away", reason: state.reason, remedy: state.remedy };
      const pull = pulls.start(name);
      if (pull) return { ok: true, pull };
      const reason = `Ollama is downloading ${pulls.last()?.model} already`;
      return { ok: false, why: "busy", reason, remedy: "Wait until it is done, or cancel it" };
    },
    cancelPull: () => pulls.cancel(),
    stop() {
      clearInterval(timer);
      pulls.cancel();
      controller.abort();
    },
  };
}
