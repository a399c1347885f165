import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "../config.ts";
import { belowBasePath, makeApp } from "../http/app.ts";
import { silentLog } from "../log.ts";
import { LockedError, startDaemon } from "../main.ts";

/** The API, of the daemon that runs on this database or of one started for this command alone. */
export interface Client {
  /** Sends a request and gives its JSON answer. Throws ApiError. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
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

function remote(config: Config): Client {
  const file = addressFile(config);
  if (!existsSync(file))
    throw new ApiError(
      `Another Phaze holds ${config.databasePath}, but does not say where it listens (${file} is missing)`,
    );
  const { url } = addressSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const tokenFile = join(config.dataDir, "token");
  const token = config.values.PHAZE_TOKEN ?? (existsSync(tokenFile) ? readFileSync(tokenFile, "utf8").trim() : "");
  return {
    own: false,
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
      }).catch((error: Error) => {
        throw new ApiError(`The daemon at ${url} does not answer: ${error.message}`);
      });
      return readAnswer<T>(response);
    },
    close: async () => {},
  };
}

/** With `work`, a daemon of this command's own also works off the queue. */
export async function connectClient(config: Config, options: { work: boolean }): Promise<Client> {
  let daemon: Awaited<ReturnType<typeof startDaemon>>;
  try {
    daemon = await startDaemon(config, libraryOf(config), silentLog, { watch: false, work: options.work });
  } catch (error) {
    if (error instanceof LockedError) return remote(config);
    throw error;
  }
  const send = belowBasePath(makeApp(daemon.deps, { html: "", assets: new Map() }), "");
  const token = daemon.deps.auth.token;
  return {
    own: true,
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
