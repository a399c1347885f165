import { open, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** What a download did not give; the message names the address and the reason. */
export class DownloadError extends Error {
  /** `absent`: not at this address; `passing`: another attempt may help; `final`: it will not. */
  readonly kind: "absent" | "passing" | "final";
  constructor(kind: DownloadError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The error for a file or folder that cannot be written. */
export function cannotWrite(path: string, error: unknown): DownloadError {
  const { code, message } = error as NodeJS.ErrnoException;
  const remedy = code === "ENOSPC" ? "Make room" : "Mend that";
  return new DownloadError("final", `Cannot write ${path}: ${message}. ${remedy}, or choose another MODELS_PATH`);
}

export interface DownloadOptions {
  /** Larger files are refused. */
  mostBytes: number;
  signal: AbortSignal;
  /** `totalBytes` is null while the server has not said it. */
  onProgress?: (doneBytes: number, totalBytes: number | null) => void;
  /** Attempts in turn that bring nothing new, before it is given up. */
  attempts?: number;
  /** Before the second attempt; doubled before each further one. */
  retryDelayMs?: number;
  /** Silence after which an attempt is given up. */
  idleMs?: number;
}

const mostRedirects = 5;

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

/** Follows redirects, but only to the same host or to https. */
async function request(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  let address = new URL(url);
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const response = await fetch(address, { headers, signal, redirect: "manual" });
    const target = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || !target) return response;
    await response.body?.cancel();
    const next = new URL(target, address);
    if (next.host !== address.host && next.protocol !== "https:")
      throw new DownloadError("final", `${url} redirects to ${next.origin}, which is neither the same host nor https`);
    address = next;
  }
  throw new DownloadError("final", `${url} redirects more than ${mostRedirects} times`);
}

/** What an answer other than 200 and 206 means. */
function refusal(url: string, status: number): DownloadError {
  if (status === 404 || status === 410) return new DownloadError("absent", `${url} is not there (HTTP ${status})`);
  const passing = status === 408 || status === 416 || status === 429 || status >= 500;
  return new DownloadError(passing ? "passing" : "final", `${url} answers HTTP ${status}`);
}

/** Where the content of an answer begins in the file, given `have` bytes of it. */
function startOf(url: string, response: Response, have: number): number {
  if (response.status === 200) return 0;
  const begin = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  if (begin === undefined || Number(begin) !== have)
    throw new DownloadError("passing", `${url} answers with another part of the file than was asked for`);
  return have;
}

/** Appends the answer's body to the part file from `start` on. */
async function save(
  url: string,
  part: string,
  response: Response,
  start: number,
  options: DownloadOptions,
  alive: () => void,
) {
  const announced = Number(response.headers.get("content-length") ?? Number.NaN);
  const total = Number.isNaN(announced) ? null : start + announced;
  const tooLarge = new DownloadError("final", `${url} is larger than the ${options.mostBytes} bytes it may have`);
  if (total !== null && total > options.mostBytes) throw tooLarge;
  const file = await open(part, start === 0 ? "w" : "a");
  let done = start;
  try {
    for await (const chunk of response.body ?? []) {
      alive();
      done += chunk.length;
      if (done > options.mostBytes) throw tooLarge;
      await file.writeFile(chunk);
      options.onProgress?.(done, total);
    }
  } finally {
    await file.close();
  }
  if (total !== null && done !== total)
    throw new DownloadError("passing", `${url} ended after ${done} of ${total} bytes`);
}

/** One attempt, which goes on where the part file ends. */
async function attempt(url: string, part: string, options: DownloadOptions): Promise<void> {
  const { idleMs = 30_000, signal } = options;
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), idleMs);
  const have = await sizeOf(part);
  try {
    const headers = { "accept-encoding": "identity", ...(have > 0 ? { range: `bytes=${have}-` } : {}) };
    const response = await request(url, headers, AbortSignal.any([signal, idle.signal]));
    if (response.status !== 200 && response.status !== 206) {
      await response.body?.cancel();
      // The part is not a beginning of what is there: start again.
      if (response.status === 416) await rm(part, { force: true });
      throw refusal(url, response.status);
    }
    await save(url, part, response, startOf(url, response, have), options, () => timer.refresh());
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DownloadError) throw error;
    if (idle.signal.aborted) throw new DownloadError("passing", `${url} sent nothing for ${idleMs / 1000} s`);
    const { message, syscall } = error as NodeJS.ErrnoException;
    throw syscall === "write" || syscall === "open"
      ? cannotWrite(part, error)
      : new DownloadError("passing", `${url}: ${message}`);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Loads a URL into the file `part`. What is there of it already is kept and gone on from; the caller checks the whole by
 * its hash. Throws DownloadError, or the signal's reason; what was loaded until then stays.
 */
export async function download(url: string, part: string, options: DownloadOptions): Promise<void> {
  const { attempts = 5, retryDelayMs = 1000, signal } = options;
  for (let vain = 1, reached = await sizeOf(part); ; vain++) {
    try {
      return await attempt(url, part, options);
    } catch (error) {
      if (!(error instanceof DownloadError) || error.kind !== "passing") throw error;
      const size = await sizeOf(part);
      if (size > reached) vain = 1;
      reached = Math.max(reached, size);
      if (vain >= attempts) throw new DownloadError("final", `${error.message} (after ${vain} attempts)`);
    }
    await sleep(retryDelayMs * 2 ** (vain - 1), undefined, { signal });
  }
}
