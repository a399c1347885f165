import { z } from "zod";
import {
  type FingerprintEngine,
  type QueryAnswer,
  queryAnswerSchema,
  queryLineSchema,
  type SidecarHealth,
  type Stored,
  sampleRateHeader,
  sidecarHealthSchema,
  storedSchema,
  trackListSchema,
} from "../contract/sidecar.ts";
import { type Answer, type Exchange, problemOf, SidecarError, startExchange } from "./exchange.ts";

export type StoredTrack = z.infer<typeof trackListSchema>["tracks"][number];

/** Sound on its way to a sidecar: raw mono float32, little-endian. Memory is bounded by what one write brings. */
export interface Upload<Result> {
  /** Waits while the sidecar is behind. Throws SidecarError once it has refused or gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Says that this was all, and gives the answer. */
  end(): Promise<Result>;
  /** Breaks off: the sidecar stores nothing. */
  abort(reason: unknown): void;
}

export interface QueryOptions {
  signal: AbortSignal;
  /** Called as the query goes on, with its share when it is known. */
  onProgress?: (share?: number) => void;
}

/** One sidecar, through its protocol. Failures are SidecarErrors that name the engine. */
export interface SidecarClient {
  readonly engine: FingerprintEngine;
  /** Also of one that says it is unhealthy. */
  health(signal: AbortSignal): Promise<SidecarHealth>;
  /** Stores a recording as it comes, in place of what has this id. */
  put(id: number, rate: number, signal: AbortSignal): Upload<Stored>;
  /** False when there was none. */
  remove(id: number, signal: AbortSignal): Promise<boolean>;
  /** All that is stored, by rising id. */
  list(signal: AbortSignal): AsyncIterable<StoredTrack>;
  /** Asks for a sound that is not stored. */
  query(rate: number, options: QueryOptions): Upload<QueryAnswer>;
  /** Asks with what is stored under an id; null when nothing is. */
  queryStored(id: number, options: QueryOptions): Promise<QueryAnswer | null>;
}

/** Silence after which a request is given up, ms. Within it, even a 12-hour set is hashed and stored. */
const defaultIdleMs = 120_000;
const healthTimeoutMs = 10_000;
const pageSize = 10_000;
const lines = "application/x-ndjson";

/** What a streamed query said last. */
interface Last {
  answer?: QueryAnswer;
  error?: string;
}

/** Takes the lines of a query: progress is passed on, the last one is kept. */
function readLines(onProgress: (share?: number) => void): { take(line: string): void; last: Last } {
  const last: Last = {};
  return {
    last,
    take(line) {
      if (line.trim() === "") return;
      const said = queryLineSchema.parse(JSON.parse(line));
      if ("progress" in said) onProgress(said.progress);
      else Object.assign(last, said);
    },
  };
}

/** Makes the client of a sidecar; `url` is asked before each request, for a restart may change it. */
export function makeSidecarClient(
  engine: FingerprintEngine,
  url: () => string,
  { idleMs = defaultIdleMs }: { idleMs?: number } = {},
): SidecarClient {
  const named = (error: unknown) =>
    error instanceof SidecarError ? new SidecarError(`${engine}: ${error.message}`, error.status) : error;
  const open = (
    method: string,
    path: string,
    signal: AbortSignal,
    more: { headers?: Record<string, string>; onLine?: (line: string) => void; idleMs?: number } = {},
  ): Exchange =>
    startExchange({
      url: `${url().replace(/\/$/, "")}${path}`,
      method,
      signal,
      idleMs,
      ...more,
      headers: { accept: "application/json", "x-phaze-client": "daemon", ...more.headers },
    });

  /** The JSON of an answer, checked. Throws SidecarError when it is another one than expected. */
  async function read<T>(schema: z.ZodType<T>, pending: Promise<Answer>, accepted = [200]): Promise<T> {
    try {
      const { status, body } = await pending;
      if (!accepted.includes(status)) throw problemOf(status, body);
      const parsed = schema.safeParse(parseJson(body));
      if (!parsed.success) throw new SidecarError("Its answer is not that of a fingerprint sidecar", status);
      return parsed.data;
    } catch (error) {
      throw named(error);
    }
  }

  function upload<Result>(exchange: Exchange, end: () => Promise<Result>): Upload<Result> {
    return {
      write: (bytes) =>
        exchange.write(bytes).catch((error: unknown) => {
          throw named(error);
        }),
      end,
      abort: (reason) => exchange.cut(reason),
    };
  }

  /** The answer of a query that was asked for lines. */
  async function readQuery(exchange: Exchange, said: Last): Promise<QueryAnswer> {
    const { status, body } = await exchange.answer().catch((error: unknown) => {
      throw named(error);
    });
    if (status !== 200) throw named(problemOf(status, body));
    // The last line may lack its line feed; and a sidecar may answer with one value.
    const rest = body.trim() === "" ? null : parseJson(body);
    const whole = queryAnswerSchema.safeParse(rest);
    const line = queryLineSchema.safeParse(rest);
    const last: Last = { ...said, ...(line.success && !("progress" in line.data) ? line.data : {}) };
    if (last.error !== undefined) throw named(new SidecarError(last.error, status));
    const answer = last.answer ?? (whole.success ? whole.data : null);
    if (!answer) throw named(new SidecarError("Its answer broke off", null));
    return answer;
  }

  function ask(path: string, { signal, onProgress = () => {} }: QueryOptions, headers: Record<string, string>) {
    const reader = readLines(onProgress);
    const take = (line: string) => {
      try {
        reader.take(line);
      } catch {
        exchange.cut(new SidecarError("Its answer is not that of a fingerprint sidecar", null));
      }
    };
    const exchange = open("POST", path, signal, { onLine: take, headers: { accept: lines, ...headers } });
    return { exchange, end: () => readQuery(exchange, reader.last) };
  }

  return {
    engine,
    async health(signal) {
      const answer = open("GET", "/health", signal, { idleMs: Math.min(idleMs, healthTimeoutMs) }).answer();
      return read(sidecarHealthSchema, answer, [200, 503]);
    },
    put(id, rate, signal) {
      const exchange = open("PUT", `/tracks/${id}`, signal, { headers: soundHeaders(rate) });
      return upload(exchange, () => read(storedSchema, exchange.answer(), [200, 201]));
    },
    async remove(id, signal) {
      const answer = open("DELETE", `/tracks/${id}`, signal).answer();
      return (await read(z.object({ deleted: z.boolean() }), answer)).deleted;
    },
    async *list(signal) {
      for (let after = 0; ; ) {
        const { tracks } = await read(
          trackListSchema,
          open("GET", `/tracks?after=${after}&limit=${pageSize}`, signal).answer(),
        );
        yield* tracks;
        const last = tracks.at(-1)?.id;
        // A sidecar may give shorter pages than were asked for: only an empty one is the end.
        if (last === undefined || last <= after) return;
        after = last;
      }
    },
    query(rate, options) {
      const { exchange, end } = ask("/query", options, soundHeaders(rate));
      return upload(exchange, end);
    },
    async queryStored(id, options) {
      const { end } = ask(`/tracks/${id}/query`, options, {});
      try {
        return await end();
      } catch (error) {
        if (error instanceof SidecarError && error.status === 404) return null;
        throw error;
      }
    },
  };
}

const soundHeaders = (rate: number) => ({
  "content-type": "application/octet-stream",
  [sampleRateHeader]: `${rate}`,
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
