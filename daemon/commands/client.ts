import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "../config.ts";
import { belowBasePath, makeApp } from "../http/app.ts";
import { silentLog } from "../log.ts";
import { LockedError, startDaemon } from "../main.ts";

/** A request whose body comes piece by piece, and whose answer is lines. */
export interface Streaming {
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array<ArrayBuffer>>;
  signal: AbortSignal;
  onLine(line: string): void;
}

/** The API, of the daemon that runs on this database or of one started for this command alone. */
export interface Client {
  /** Sends a request and gives its JSON answer. Throws ApiError. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Sends a body as it comes, with back-pressure, and hands out the lines of the answer. Throws ApiError. */
  stream(path: string, streaming: Streaming): Promise<void>;
  /** True when no daemon runs and this process does the work itself. */
  readonly own: boolean;
  close(): Promise<void>;
}

/** The API refused; the message says why. */
export class ApiError extends Error {}

const addressSchema = z.object({ url: z.url(), pid: z.number() });

/** Where the running daemon of this database listens. */
export const addressFile = (config: Config): string => join(config.dataDir, "daemon.json");

export const libraryOf = (config: Config): string => config.libraryPath ?? join(config.dataDir, "demo");

async function readAnswer<T>(response: Response): Promise<T> {
  const body = (await response.json().catch(() => ({}))) as T & { title?: string; detail?: string };
  if (response.ok) return body;
  throw new ApiError([body.title ?? `The daemon answered ${response.status}`, body.detail].filter(Boolean).join(": "));
}

const ndjson = { accept: "application/x-ndjson", "content-type": "application/octet-stream", "x-phaze-client": "cli" };

/** The body of a request; it is asked for more when there is room. */
function bodyStream(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

/** Hands out the lines of an answer as they come. Throws ApiError when it is none. */
async function readLines(response: Response, onLine: (line: string) => void): Promise<void> {
  if (!response.ok || !response.body) await readAnswer(response);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") onLine(line);
  }
  if (rest !== "") onLine(rest);
}

function remote(config: Config): Client {
  const file = addressFile(config);
  if (!existsSync(file))
    throw new ApiError(
      `Another Phaze holds ${config.databasePath}, but does not say where it listens (${file} is missing)`,
    );
  const { url } = addressSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const tokenFile = join(config.dataDir, "token");
  const token = config.values.PHAZE_TOKEN ?? (existsSync(tokenFile) ? readFileSync(tokenFile, "utf8").trim() : "");
  const notThere = (error: Error): never => {
    throw new ApiError(`The daemon at ${url} does not answer: ${error.message}`);
  };
  return {
    own: false,
    async stream(path, { headers, body, signal, onLine }) {
      const response = await fetch(`${url}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, ...ndjson, ...headers },
        body: bodyStream(body),
        signal,
        // An hour of silence is possible: the daemon, too, waits for its engines.
        timeout: false,
      } as RequestInit).catch(notThere);
      await readLines(response, onLine);
    },
    async call<T>(method: string, path: string, body?: unknown) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: "application/json",
          "x-phaze-client": "cli",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(120_000),
      }).catch(notThere);
      return readAnswer<T>(response);
    },
    close: async () => {},
  };
}

/**
 * With `work`, a daemon of this command's own also works off the queue; with `fingerprint`, it starts the fingerprint
 * engines, and this waits for them.
 */
export async function connectClient(
  config: Config,
  options: { work: boolean; fingerprint?: boolean },
): Promise<Client> {
  let daemon: Awaited<ReturnType<typeof startDaemon>>;
  try {
    daemon = await startDaemon(config, libraryOf(config), silentLog, { watch: false, ...options });
    await daemon.deps.sidecars.ready();
  } catch (error) {
    if (error instanceof LockedError) return remote(config);
    throw error;
  }
  const send = belowBasePath(makeApp(daemon.deps, { html: "", assets: new Map() }), "");
  const token = daemon.deps.auth.token;
  return {
    own: true,
    async stream(path, { headers, body, signal, onLine }) {
      const init = { method: "POST", body: bodyStream(body), signal, duplex: "half" } as RequestInit;
      const all = { authorization: `Bearer ${token}`, ...ndjson, ...headers };
      await readLines(await send(new Request(`http://localhost${path}`, { ...init, headers: all })), onLine);
    },
    async call<T>(method: string, path: string, body?: unknown) {
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const headers = {
        authorization: `Bearer ${token}`,
        "x-phaze-client": "cli",
        "content-type": "application/json",
        accept: "application/json",
      };
      return readAnswer<T>(await send(new Request(`http://localhost${path}`, { method, headers, ...init })));
    },
    close: () => daemon.stop(),
  };
}
