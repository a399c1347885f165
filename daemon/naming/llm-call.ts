import type { ChatRequest } from "ollama";
import { CallError, makeClient, reasonOf, untilAborted, watchSilence } from "./ollama.ts";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}
/** One question to the model. */
export interface Chat {
  readonly messages: Message[];
  /** Shape that the answer is held to. */
  readonly format: object;
  readonly answerTokens: number;
  readonly contextTokens: number;
}
/** What came back. `isCut`: it ended in the middle, or never would have. */
export interface Answer {
  readonly text: string;
  readonly isCut: boolean;
  /** From the question to the last word, whole ms. */
  readonly durationMs: number;
  /** Tokens of the question as the server counted them; null when it does not say. */
  readonly promptTokens: number | null;
}

/** A token has a handful of characters; a model that goes on beyond that does not stop by itself. */
const mostCharsPerToken = 16;

/**
 * Asks once, and reads the answer as it comes; each piece is a sign of life. Throws what the signal was aborted with, and
 * a CallError when the server fails, is silent for `silenceMs`, or breaks off.
 */
export async function chat(
  server: { host: string; model: string; silenceMs: number },
  { messages, format, answerTokens, contextTokens }: Chat,
  signal: AbortSignal,
  alive: () => void,
): Promise<Answer> {
  alive();
  const watch = watchSilence(server.silenceMs, signal);
  const started = performance.now();
  const request: ChatRequest & { stream: true; truncate: false; shift: false } = {
    model: server.model,
    messages,
    format,
    // A model that thinks would drop the format meanwhile; one that does not takes this as well.
    think: false,
    stream: true,
    // What does not fit the context is an error, not a question with a hole.
    truncate: false,
    shift: false,
    options: { temperature: 0, num_predict: answerTokens, num_ctx: contextTokens },
  };
  const work = async (): Promise<Omit<Answer, "durationMs">> => {
    const stream = await makeClient(server.host, watch.signal).chat(request);
    let text = "";
    for await (const chunk of stream) {
      watch.alive();
      alive();
      text += chunk.message?.content ?? "";
      if (text.length > answerTokens * mostCharsPerToken) {
        stream.abort();
        return { text, isCut: true, promptTokens: null };
      }
      if (chunk.done)
        return { text, isCut: chunk.done_reason === "length", promptTokens: chunk.prompt_eval_count ?? null };
    }
    return { text, isCut: true, promptTokens: null };
  };
  try {
    const answer = await untilAborted(work(), watch.signal);
    return { ...answer, durationMs: Math.round(performance.now() - started) };
  } catch (error) {
    signal.throwIfAborted();
    throw new CallError(reasonOf(error), { cause: error });
  } finally {
    watch.end();
  }
}
