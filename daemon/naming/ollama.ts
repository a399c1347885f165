import { Ollama } from "ollama";

/** The model was not there to answer, or stopped in the middle: refused, cut, silent, an error of the server. */
export class CallError extends Error {}

/** A call's own signal: aborted by the caller, or after `ms` without a sign of life. `alive()` starts the wait anew. */
export function watchSilence(ms: number, signal: AbortSignal): { signal: AbortSignal; alive(): void; end(): void } {
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
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** A client whose calls all end with the signal. */
export function makeClient(host: string, signal: AbortSignal): Ollama {
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
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const plain = plainReasons[typeof code === "string" ? code : (/^E[A-Z]{4,}(?=:)/.exec(error.message)?.[0] ?? "")];
  return plain ?? error.message.replace(/\s*For more information, pass `?verbose: true`?.*$/s, "");
}
