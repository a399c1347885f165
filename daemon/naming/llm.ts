import { readFile } from "node:fs/promises";
import { Ollama } from "ollama";
import type { NamingInput, ProposalDraft } from "../contract/naming.ts";
import type { Templates } from "../contract/templates.ts";
import { isModelNote, mergeAnswer, trustedInput } from "./llm-merge.ts";
import { type ModelAnswer, readReply, replyFormat } from "./llm-reply.ts";
import { type Clock, makeRateLimit, systemClock } from "./rate-limit.ts";

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
/** The model was not there to answer, or stopped in the middle: refused, cut, silent, an error of the server. */
export class CallError extends Error {}
/** Asks a language model for fields. */
export interface OllamaNamer {
  /** Whether the model can be asked, and if not what a person can do. */
  probe(signal: AbortSignal): Promise<ProbeResult>;
  /** Whether the model also answers: asks for one word, as the last question was asked. */
  tryOut(signal: AbortSignal, alive?: () => void): Promise<ProbeResult>;
  /**
   * Better drafts where the model's answers hold, the given drafts with a note elsewhere. Throws when aborted, and a
   * CallError when the model could not answer at all. `alive` is called at every sign that the work goes on.
   */
  propose(
    inputs: NamingInput[],
    drafts: ProposalDraft[],
    signal: AbortSignal,
    alive?: () => void,
  ): Promise<ProposalDraft[]>;
}

const promptFile = new URL("./prompts/fields-v2.md", import.meta.url);
const probeMs = 10_000;
const answerTokensPerFile = 350;
/** A file's path, tags, siblings and claims, in a question: what most stay below. */
const charsPerFile = 1500;
const maxContextTokens = 65_536;
const maxRejectedChars = 2000;
/** What a retry adds to a question. */
const retryChars = maxRejectedChars + 400;

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

const plainReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ConnectionRefused: "the connection was refused",
  ECONNRESET: "the connection broke off",
  ConnectionClosed: "the connection broke off",
  EPIPE: "the connection broke off",
  ENOTFOUND: "there is no machine of this name",
  ETIMEDOUT: "the connection took too long",
  EHOSTUNREACH: "the machine cannot be reached",
  ENETUNREACH: "the machine cannot be reached",
};

/** An error in plain words; the runtime's own hints to programmers are of no use to those who read notes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const plain = plainReasons[typeof code === "string" ? code : (/^E[A-Z]{4,}(?=:)/.exec(error.message)?.[0] ?? "")];
  return plain ?? error.message.replace(/\s*For more information, pass `?verbose: true`?.*$/s, "");
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

/** Room for a question of `count` files with `chars` of text and for its answer, in whole steps. */
function contextFor(chars: number, count: number): number {
  // Ollama cuts a prompt silently when the context is too small; three characters a token is on the safe side.
  const tokens = chars / 3 + answerTokensOf(count);
  return Math.min(maxContextTokens, Math.ceil(tokens / 1024) * 1024);
}
const answerTokensOf = (count: number) => answerTokensPerFile * count + 200;

/** What the model is told about an answer that could not be used. */
const retryText = (reason: string) =>
  `That answer could not be used: ${reason}. Answer again, with one item for every index, as JSON of the agreed shape.`;

/** Names files with a language model on the user's own Ollama. Nothing is sent anywhere else, and nothing on creation. */
export function makeOllamaNamer(options: OllamaNamerOptions): OllamaNamer {
  const { host, model, timeoutMs } = options;
  const waitTurn = makeRateLimit(options.maxRpm, options.clock ?? systemClock);
  const batchSize = Math.max(1, Math.floor(options.batchSize) || 1);

  // As long as it stays the same, Ollama need not load the model anew: made for a full question, it never shrinks.
  let contextTokens = 0;
  async function readPrompt(): Promise<string> {
    const system = await readFile(promptFile, "utf8");
    const chars = system.length + batchSize * (Math.max(0, options.maxCompanionChars) + charsPerFile) + retryChars;
    contextTokens = Math.max(contextTokens, contextFor(chars, batchSize));
    return system;
  }

  async function chat(
    messages: { role: string; content: string }[],
    count: number,
    answerTokens: number,
    signal: AbortSignal,
    alive: () => void,
  ): Promise<{ text: string; isCut: boolean }> {
    await waitTurn(signal, alive);
    alive();
    const watch = watchSilence(timeoutMs, signal);
    try {
      const client = makeClient(host, watch.signal);
      const work = async () => {
        const stream = await client.chat({
          model,
          messages,
          format: replyFormat(count),
          // A model that thinks would drop the format meanwhile; one that does not takes this as well.
          think: false,
          stream: true,
          options: { temperature: 0, num_predict: answerTokens, num_ctx: contextTokens },
        });
        let text = "";
        let isCut = false;
        for await (const chunk of stream) {
          watch.alive();
          alive();
          text += chunk.message?.content ?? "";
          if (chunk.done && chunk.done_reason === "length") isCut = true;
        }
        return { text, isCut };
      };
      return await untilAborted(work(), watch.signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new CallError(reasonOf(error), { cause: error });
    } finally {
      watch.end();
    }
  }

  async function ask(
    content: string,
    rejected: { text: string; reason: string } | undefined,
    count: number,
    signal: AbortSignal,
    alive: () => void,
  ): Promise<{ text: string; isCut: boolean }> {
    const system = await readPrompt();
    const messages = [
      { role: "system", content: system },
      { role: "user", content },
    ];
    if (rejected) {
      messages.push({ role: "assistant", content: rejected.text.slice(0, maxRejectedChars) || "(nothing)" });
      messages.push({ role: "user", content: retryText(rejected.reason) });
    }
    // A retry's additions are reckoned in from the start, so that one does not make the context grow.
    const chars = system.length + content.length + retryChars;
    contextTokens = Math.max(contextTokens, contextFor(chars, count));
    return await chat(messages, count, answerTokensOf(count), signal, alive);
  }

  /** Answers by index, for as many questions as the model answered properly; asked twice at most. */
  async function answer(
    questions: readonly Question[],
    signal: AbortSignal,
    alive: () => void,
  ): Promise<{ answers: Map<number, ModelAnswer>; reason: string }> {
    const answers = new Map<number, ModelAnswer>();
    let pending = questions.map((_, index) => index);
    let reason = "";
    let rejected: { text: string; reason: string } | undefined;
    for (let attempt = 0; attempt < 2 && pending.length > 0; attempt++) {
      const asked = pending.map((index) => questions[index]).filter((question) => question !== undefined);
      const { text, isCut } = await ask(
        describe(asked, options.maxCompanionChars),
        rejected,
        asked.length,
        signal,
        alive,
      );
      try {
        if (isCut) throw new Error("the answer was cut off");
        for (const [at, found] of readReply(text, asked.length)) answers.set(pending[at] ?? -1, found);
        pending = pending.filter((index) => !answers.has(index));
        reason = pending.length > 0 ? `${pending.length} of ${asked.length} files were not answered properly` : "";
      } catch (error) {
        reason = reasonOf(error);
      }
      // The rest of an answer that was good in part is a new question: the old answer's indexes would mean other files.
      rejected = pending.length === asked.length ? { text, reason } : undefined;
    }
    return { answers, reason };
  }

  async function proposeBatch(
    questions: readonly Question[],
    signal: AbortSignal,
    alive: () => void,
  ): Promise<ProposalDraft[]> {
    const { answers, reason } = await answer(questions, signal, alive);
    return questions.map(({ input, draft }, index) => {
      const found = answers.get(index);
      if (found) return mergeAnswer(input, draft, found, options.templates);
      return {
        ...draft,
        notes: [...draft.notes, `The language model gave no usable answer: ${reason || "this file was left out"}.`],
      };
    });
  }

  const namer: OllamaNamer = {
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
    async tryOut(signal, alive = () => {}) {
      alive();
      const found = await namer.probe(signal);
      if (!found.ok) return found;
      try {
        await readPrompt();
        await chat([{ role: "user", content: "[]" }], 1, 1, signal, alive);
        return { ok: true };
      } catch (error) {
        signal.throwIfAborted();
        return {
          ok: false,
          reason: `Ollama at ${host} cannot answer: ${reasonOf(error)}`,
          remedy: "Look into Ollama's log: there may be too little memory for the model.",
        };
      }
    },
    async propose(inputs, given, signal, alive = () => {}) {
      const drafts = given.map((draft) => ({ ...draft, notes: draft.notes.filter((note) => !isModelNote(note)) }));
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
          alive,
        );
        for (const [i, draft] of done.entries()) out[batch[i]?.at ?? -1] = draft;
      }
      return out;
    },
  };
  return namer;
}
