import { charsPerFile, type FileQuestion, questionText } from "./llm-question.ts";

/** No text has so many more tokens than are reckoned. */
const mostFactor = 4;
/** Largest context that is asked for, whatever the model could take: it costs memory. */
export const mostContextTokens = 65_536;
const answerTokensPerFile = 350;
const stepTokens = 1024;
/** Characters of a rejected answer that are shown to the model. */
export const maxRejectedChars = 2000;
/** Tokens that a retry adds to a question: the rejected answer and what is wrong with it. */
const retryTokens = 900;

/**
 * Tokens of a text, on the safe side: three characters of ASCII a token; of other scripts, two tokens for three bytes of
 * UTF-8, as vocabularies have that know few of their words.
 */
export function tokensIn(text: string): number {
  let ascii = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 128) ascii++;
  const bytes = ascii === text.length ? ascii : Buffer.byteLength(text);
  return Math.ceil(ascii / 3 + (bytes - ascii) / 1.5);
}

/** Tokens an answer about `count` files may have. */
export const answerTokensOf = (count: number) => answerTokensPerFile * count + 200;

const usualPromptChars = 3000;

/** A rejected answer, as far as it is shown again. */
export function cutRejected(text: string): string {
  let shown = text.slice(0, maxRejectedChars);
  while (tokensIn(shown) > retryTokens - 200) shown = shown.slice(0, Math.floor(shown.length / 2));
  return shown;
}

/** Room of the context for a question and its answer. */
export interface Room {
  /** Context for a question about `files`, in whole steps; it never shrinks, so that Ollama keeps the model loaded. */
  contextFor(system: string, files: readonly FileQuestion[]): number;
  /** The first of these files that can be asked about at once: at least one. */
  fitting(system: string, files: readonly FileQuestion[]): number;
  /** Whether a question about this file alone passes the largest context. */
  isTooLarge(system: string, file: FileQuestion): boolean;
  /** Learns how many tokens a prompt really had, and the most the model takes (null: unknown). */
  learn(estimated: number, counted: number): void;
  limitTo(tokens: number | null): void;
  /** Tokens of a prompt, by all that is known. */
  promptTokens(system: string, files: readonly FileQuestion[]): number;
}

/**
 * Keeps account of the context: Ollama cuts a prompt that is longer than it, so none is sent. Made for a full question
 * (`batchSize` files with companions of `maxCompanionChars`) from the start.
 */
export function makeRoom(batchSize: number, maxCompanionChars: number): Room {
  let contextTokens = 0;
  let most = mostContextTokens;
  /** How many tokens there were for one that was reckoned with, at the worst so far; never below 1. */
  let factor = 1;
  const whole = (tokens: number) => Math.min(most, Math.ceil(tokens / stepTokens) * stepTokens);
  const promptTokens = (system: string, files: readonly FileQuestion[]) =>
    Math.ceil(factor * (tokensIn(system) + tokensIn(questionText(files)) + retryTokens));
  const needed = (system: string, files: readonly FileQuestion[]) =>
    promptTokens(system, files) + answerTokensOf(files.length);
  return {
    promptTokens,
    contextFor(system, files) {
      const full = (batchSize * (Math.max(0, maxCompanionChars) + charsPerFile)) / 3;
      const usual = tokensIn(system) + full + retryTokens + answerTokensOf(batchSize);
      contextTokens = Math.min(most, Math.max(contextTokens, whole(usual), whole(needed(system, files))));
      return contextTokens;
    },
    fitting(system, files) {
      let count = Math.min(batchSize, files.length);
      while (count > 1 && needed(system, files.slice(0, count)) > most) count--;
      return count;
    },
    isTooLarge: (system, file) => needed(system, [file]) > most,
    learn(estimated, counted) {
      if (estimated > 0) factor = Math.min(mostFactor, Math.max(factor, counted / estimated));
    },
    limitTo(tokens) {
      most = Math.min(mostContextTokens, tokens ?? mostContextTokens);
    },
  };
}

/** The context that questions are asked with, as long as none is longer than usual: the model's memory follows from it. */
export function usualContextTokens(batchSize: number, maxCompanionChars: number): number {
  return makeRoom(batchSize, maxCompanionChars).contextFor("x".repeat(usualPromptChars), []);
}
