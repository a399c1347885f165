import type { NamingInput, ProposalDraft } from "../contract/naming.ts";
import { type Answer, chat, type Message } from "./llm-call.ts";
import { type Look, lookAt, type ProbeResult } from "./llm-look.ts";
import { isModelNote, mergeAnswer } from "./llm-merge.ts";
import { promptVersion, readPrompt } from "./llm-prompt.ts";
import { describeFile, type FileQuestion, type Question, questionText } from "./llm-question.ts";
import { type ModelAnswer, readReply, replyFormat } from "./llm-reply.ts";
import { answerTokensOf, cutRejected, makeRoom, tokensIn } from "./llm-room.ts";
import { CallError, reasonOf } from "./ollama.ts";
import { type Clock, makeRateLimit, systemClock } from "./rate-limit.ts";
import type { RulesOptions } from "./rules.ts";

export { CallError, type Look, type ProbeResult };

/** Where the model is and how hard it may be asked. */
export interface OllamaNamerOptions {
  readonly host: string;
  readonly model: string;
  /** Files in one question at most. */
  readonly batchSize: number;
  /** Questions a minute; 0 means no limit. */
  readonly maxRpm: number;
  readonly maxCompanionChars: number;
  /** Silence after which a call counts as dead; a model that still answers is never cut. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
  /** Templates and what a person has taught, as of now. */
  readonly naming?: () => RulesOptions;
}
/** Asks a language model for fields. */
export interface OllamaNamer {
  /** Whether the model can be asked, and if not what a person can do. */
  probe(signal: AbortSignal): Promise<ProbeResult>;
  /** The same, with what else Ollama has. */
  look(signal: AbortSignal): Promise<Look>;
  /** Whether the model also answers: asks for one word, in the shape and with the context of a full question. */
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

/** A file to ask about: its place among all, and what is said of it. */
interface Asked {
  readonly at: number;
  readonly question: Question;
  readonly file: FileQuestion;
  /** Its companions did not fit the model's context. */
  readonly isShortened: boolean;
}
interface Given {
  readonly answer: ModelAnswer;
  readonly durationMs: number;
}

/** What the model is told about an answer that could not be used. */
const retryText = (reason: string) =>
  `That answer could not be used: ${reason}. Answer again, with one item for every index, as JSON of the agreed shape.`;
const shortenedNote = "The model's context holds only a part of the texts beside the file.";

/** The messages of a question; `rejected` is the answer that could not be used. */
function messagesOf(
  system: string,
  content: string,
  rejected: { text: string; reason: string } | undefined,
): Message[] {
  const messages: Message[] = [
    { role: "system", content: system },
    { role: "user", content },
  ];
  if (rejected) {
    messages.push({ role: "assistant", content: cutRejected(rejected.text) || "(nothing)" });
    messages.push({ role: "user", content: retryText(rejected.reason) });
  }
  return messages;
}

/** Names files with a language model on the user's own Ollama. Nothing is sent anywhere else, and nothing on creation. */
export function makeOllamaNamer(options: OllamaNamerOptions): OllamaNamer {
  const { host, model, maxCompanionChars } = options;
  const server = { host, model, silenceMs: options.timeoutMs };
  const waitTurn = makeRateLimit(options.maxRpm, options.clock ?? systemClock);
  const batchSize = Math.max(1, Math.floor(options.batchSize) || 1);
  const room = makeRoom(batchSize, maxCompanionChars);

  async function ask(
    files: readonly FileQuestion[],
    rejected: { text: string; reason: string } | undefined,
    signal: AbortSignal,
    alive: () => void,
  ): Promise<Answer> {
    const system = await readPrompt();
    const messages = messagesOf(system, questionText(files), rejected);
    await waitTurn(signal, alive);
    const answer = await chat(
      server,
      {
        messages,
        format: replyFormat(files.length),
        answerTokens: answerTokensOf(files.length),
        contextTokens: room.contextFor(system, files),
      },
      signal,
      alive,
    );
    if (answer.promptTokens !== null)
      room.learn(tokensIn(messages.map(({ content }) => content).join("\n")), answer.promptTokens);
    return answer;
  }

  /** Answers by index, for as many files as the model answered properly; asked twice at most. */
  async function askTwice(
    files: readonly FileQuestion[],
    signal: AbortSignal,
    alive: () => void,
  ): Promise<{ answers: Map<number, Given>; reason: string }> {
    const answers = new Map<number, Given>();
    let pending = files.map((_, index) => index);
    let reason = "";
    let rejected: { text: string; reason: string } | undefined;
    for (let attempt = 0; attempt < 2 && pending.length > 0; attempt++) {
      const asked = pending.map((index) => files[index]).filter((file) => file !== undefined);
      const { text, isCut, durationMs } = await ask(asked, rejected, signal, alive);
      try {
        if (isCut) throw new Error("the answer was cut off");
        for (const [at, answer] of readReply(text, asked.length))
          answers.set(pending[at] ?? -1, { answer, durationMs });
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

  /** Drafts for files that are asked about at once. */
  async function proposeBatch(batch: readonly Asked[], signal: AbortSignal, alive: () => void) {
    const files = batch.map(({ file }) => file);
    const { answers, reason } = await askTwice(files, signal, alive);
    return batch.map(({ question: { input, draft }, isShortened }, index): ProposalDraft => {
      const notes = isShortened ? [...draft.notes, shortenedNote] : draft.notes;
      const given = answers.get(index);
      if (!given) {
        const note = `The language model gave no usable answer: ${reason || "this file was left out"}.`;
        return { ...draft, notes: [...notes, note] };
      }
      const made = { model, prompt: promptVersion, durationMs: given.durationMs };
      return mergeAnswer(input, { ...draft, notes }, given.answer, made, options.naming?.());
    });
  }

  /** What is said of a file, with shorter companions where all of them would pass the largest context. */
  function describeToFit(system: string, at: number, question: Question): Asked {
    let chars = maxCompanionChars;
    let file = describeFile(question, chars);
    const isTooLarge = room.isTooLarge(system, file);
    while (file.companions.length > 0 && room.isTooLarge(system, file)) {
      chars = Math.floor(chars / 2);
      file = describeFile(question, chars);
    }
    return { at, question, file, isShortened: isTooLarge };
  }

  async function look(signal: AbortSignal): Promise<Look> {
    const seen = await lookAt(server, signal);
    if (seen.found.ok) room.limitTo(seen.contextTokens);
    return seen;
  }

  return {
    look,
    probe: async (signal) => (await look(signal)).found,
    async tryOut(signal, alive = () => {}) {
      alive();
      const { found } = await look(signal);
      if (!found.ok) return found;
      try {
        const system = await readPrompt();
        await waitTurn(signal, alive);
        const messages: Message[] = [{ role: "user", content: "[]" }];
        const contextTokens = room.contextFor(system, []);
        const format = replyFormat(batchSize);
        await chat(server, { messages, format, answerTokens: 1, contextTokens }, signal, alive);
        return { ok: true };
      } catch (error) {
        signal.throwIfAborted();
        return {
          ok: false,
          state: "cannot-answer",
          reason: `Ollama at ${host} cannot answer: ${reasonOf(error)}`,
          remedy: "Look into Ollama's log: there may be too little memory for the model.",
        };
      }
    },
    async propose(inputs, given, signal, alive = () => {}) {
      const out = given.map((draft) => ({ ...draft, notes: draft.notes.filter((note) => !isModelNote(note)) }));
      const system = await readPrompt();
      let left: Asked[] = [];
      for (const [at, draft] of out.entries()) {
        const input = inputs[at];
        if (input && draft.kind !== "other") left.push(describeToFit(system, at, { input, draft }));
        else draft.notes.push("The file stays where it is; the language model was not asked.");
      }
      while (left.length > 0) {
        const fit = room.fitting(
          system,
          left.map(({ file }) => file),
        );
        const batch = left.slice(0, fit);
        const drafts = await proposeBatch(batch, signal, alive);
        for (const [i, draft] of drafts.entries()) out[batch[i]?.at ?? -1] = draft;
        left = left.slice(fit);
      }
      return out;
    },
  };
}
