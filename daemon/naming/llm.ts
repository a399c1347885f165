import { readFile } from "node:fs/promises";
import { Ollama } from "ollama";
import type { NamingInput, ProposalDraft } from "../contract/naming.ts";
import { mergeAnswer, trustedInput } from "./llm-merge.ts";
import { type ModelAnswer, readReply, replyFormat } from "./llm-reply.ts";
import { type Clock, makeRateLimit, systemClock } from "./rate-limit.ts";
import type { Templates } from "./templates.ts";

/** Where the model is and how hard it may be asked. */
export interface OllamaNamerOptions {
  readonly host: string;
  readonly model: string;
  /** Files in one question. */
  readonly batchSize: number;
  /** Questions a minute; 0 means no limit. */
  readonly maxRpm: number;
  readonly maxCompanionChars: number;
  /** Silence after which a call counts as dead; a model that still answers is never cut. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
  readonly templates?: Templates;
}
/** Whether the model can be used; if not, why, and what helps. */
export type ProbeResult = { ok: true } | { ok: false; reason: string; remedy: string };
/** Asks a language model for fields. */
export interface OllamaNamer {
  /** Whether the model can be asked, and if not what a person can do. */
  probe(signal: AbortSignal): Promise<ProbeResult>;
  /** Better drafts where the model's answers hold, the given drafts with a note elsewhere. Throws only when aborted. */
  propose(inputs: NamingInput[], drafts: ProposalDraft[], signal: AbortSignal): Promise<ProposalDraft[]>;
}

const promptFile = new URL("./prompts/fields-v1.md", import.meta.url);
const probeMs = 10_000;
const answerTokensPerFile = 350;

/** A call's own signal: aborted by the caller, or after `ms` without a sign of life. `alive()` starts the wait anew. */
function watchSilence(ms: number, signal: AbortSignal): { signal: AbortSignal; alive(): void; end(): void } {
  const silence = new AbortController();
  const arm = () => setTimeout(() => silence.abort(new Error(`no sign of life for ${Math.round(ms / 1000)} s`)), ms);
  let timer = arm();
  return {
    signal: AbortSignal.any([signal, silence.signal]),
    alive() {
      clearTimeout(timer);
      timer = arm();
    },
    end: () => clearTimeout(timer),
  };
}

/** Settles as `work` does, or rejects as soon as the signal is aborted, whatever the library below does. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

function makeClient(host: string, signal: AbortSignal): Ollama {
  const send = (url: string | URL | Request, init?: RequestInit) => {
    const own = init?.signal;
    return fetch(url, { ...init, signal: own ? AbortSignal.any([own, signal]) : signal });
  };
  return new Ollama({ host, fetch: send as typeof fetch });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Question {
  readonly input: NamingInput;
  readonly draft: ProposalDraft;
}

function describe(questions: readonly Question[], maxCompanionChars: number): string {
  const files = questions.map(({ input, draft }, index) => {
    const { path, durationSec, tags, companions, siblings } = trustedInput(input);
    let left = Math.max(0, maxCompanionChars);
    const bounded = companions.map(({ name, text }) => {
      const cut = text.slice(0, left);
      left -= cut.length;
      return { name, text: cut };
    });
    const short = Object.fromEntries(Object.entries(tags).map(([key, text]) => [key, text.slice(0, 400)]));
    return {
      index,
      path,
      durationSec,
      tags: short,
      companions: bounded.filter(({ text }) => text !== ""),
      siblings: siblings.slice(0, 8),
      claims: { kind: draft.kind, confidence: draft.confidence, ...draft.fields },
    };
  });
  return JSON.stringify(files);
}

/** The schema's description of a call that came back incomplete or wrong. */
const retryText = (reason: string) =>
  `That answer could not be used: ${reason}. Answer again, with one item for every index, as JSON of the agreed shape.`;

/** Names files with a language model on the user's own Ollama. Nothing is sent anywhere else, and nothing on creation. */
export function makeOllamaNamer(options: OllamaNamerOptions): OllamaNamer {
  const { host, model, timeoutMs } = options;
  const waitTurn = makeRateLimit(options.maxRpm, options.clock ?? systemClock);
  const batchSize = Math.max(1, Math.floor(options.batchSize) || 1);

  async function ask(
    content: string,
    complaint: string | undefined,
    count: number,
    signal: AbortSignal,
  ): Promise<string> {
    const system = await readFile(promptFile, "utf8");
    const messages = [
      { role: "system", content: system },
      { role: "user", content },
    ];
    if (complaint) messages.push({ role: "user", content: retryText(complaint) });
    const answerTokens = answerTokensPerFile * count + 200;
    // Ollama cuts a prompt silently when the context is too small; three characters a token is on the safe side.
    const contextTokens = Math.ceil(((system.length + content.length) / 3 + answerTokens) / 1024) * 1024;
    const watch = watchSilence(timeoutMs, signal);
    try {
      const client = makeClient(host, watch.signal);
      const work = async () => {
        const stream = await client.chat({
          model,
          messages,
          format: replyFormat,
          stream: true,
          options: { temperature: 0, num_predict: answerTokens, num_ctx: Math.min(65_536, contextTokens) },
        });
        let text = "";
        for await (const chunk of stream) {
          watch.alive();
          text += chunk.message?.content ?? "";
          if (chunk.done && chunk.done_reason === "length") throw new Error("the answer was cut off");
        }
        return text;
      };
      return await untilAborted(work(), watch.signal);
    } finally {
      watch.end();
    }
  }

  /** Answers by index, for as many questions as the model answered properly; asked twice at most. */
  async function answer(
    questions: readonly Question[],
    signal: AbortSignal,
  ): Promise<{ answers: Map<number, ModelAnswer>; reason: string }> {
    const answers = new Map<number, ModelAnswer>();
    let pending = questions.map((_, index) => index);
    let reason = "";
    for (let attempt = 0; attempt < 2 && pending.length > 0; attempt++) {
      await waitTurn(signal);
      try {
        const asked = pending.map((index) => questions[index]).filter((question) => question !== undefined);
        const text = await ask(
          describe(asked, options.maxCompanionChars),
          attempt > 0 ? reason : undefined,
          asked.length,
          signal,
        );
        for (const [at, found] of readReply(text, asked.length)) answers.set(pending[at] ?? -1, found);
        pending = pending.filter((index) => !answers.has(index));
        reason = pending.length > 0 ? `${pending.length} of ${asked.length} files were not answered properly` : "";
      } catch (error) {
        signal.throwIfAborted();
        reason = reasonOf(error);
      }
    }
    return { answers, reason };
  }

  async function proposeBatch(questions: readonly Question[], signal: AbortSignal): Promise<ProposalDraft[]> {
    const { answers, reason } = await answer(questions, signal);
    return questions.map(({ input, draft }, index) => {
      const found = answers.get(index);
      if (found) return mergeAnswer(input, draft, found, options.templates);
      return {
        ...draft,
        notes: [...draft.notes, `The language model gave no usable answer: ${reason || "this file was left out"}.`],
      };
    });
  }

  return {
    async probe(signal) {
      if (model.trim() === "")
        return { ok: false, reason: "No model is chosen.", remedy: "Set LLM_MODEL to a model that Ollama has." };
      const watch = watchSilence(Math.min(timeoutMs, probeMs), signal);
      try {
        const client = makeClient(host, watch.signal);
        const { models } = await untilAborted(client.list(), watch.signal);
        const names = models.flatMap((one) => [one.name, one.model]);
        if (!names.some((name) => name === model || name === `${model}:latest`)) {
          return {
            ok: false,
            reason: `Ollama at ${host} does not have the model ${model}.`,
            remedy: `Run: ollama pull ${model}`,
          };
        }
        const shown: { capabilities?: string[] } = await untilAborted(client.show({ model }), watch.signal);
        if (shown.capabilities && !shown.capabilities.includes("completion")) {
          return {
            ok: false,
            reason: `The model ${model} cannot write answers.`,
            remedy: "Set LLM_MODEL to a model for chat.",
          };
        }
        return { ok: true };
      } catch (error) {
        signal.throwIfAborted();
        return {
          ok: false,
          reason: `Ollama does not answer at ${host}: ${reasonOf(error)}`,
          remedy: "Start Ollama (ollama serve) or set OLLAMA_HOST to where it runs.",
        };
      } finally {
        watch.end();
      }
    },
    async propose(inputs, drafts, signal) {
      const out = [...drafts];
      const asked: { at: number; question: Question }[] = [];
      for (const [at, draft] of drafts.entries()) {
        const input = inputs[at];
        if (input && draft.kind !== "other") asked.push({ at, question: { input, draft } });
        else
          out[at] = {
            ...draft,
            notes: [...draft.notes, "The file stays where it is; the language model was not asked."],
          };
      }
      for (let from = 0; from < asked.length; from += batchSize) {
        const batch = asked.slice(from, from + batchSize);
        const done = await proposeBatch(
          batch.map(({ question }) => question),
          signal,
        );
        for (const [i, draft] of done.entries()) out[batch[i]?.at ?? -1] = draft;
      }
      return out;
    },
  };
}
