import http from "node:http";
import https from "node:https";

/**
 * A sidecar refused, or could not be reached. `status` is null when there was no answer at all: it is away, hangs, or
 * broke the connection.
 */
export class SidecarError extends Error {
  readonly status: number | null;
  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

export interface Answer {
  status: number;
  body: string;
}

export interface ExchangeOptions {
  url: string;
  method: string;
  headers?: Record<string, string>;
  signal: AbortSignal;
  /** Silence after which the sidecar counts as hanging, ms: no byte taken and none sent. */
  idleMs: number;
  /** Gets the lines of the answer as they come; the last one is in `body`, too. */
  onLine?: (line: string) => void;
}

/** One request whose body is sent piece by piece. */
export interface Exchange {
  /** Sends bytes, and waits while the sidecar is behind. Throws SidecarError once it has answered or gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the body and waits for the answer. */
  answer(): Promise<Answer>;
  /** Breaks the connection, so that the sidecar sees a body that was cut off. */
  cut(reason: unknown): void;
}

/** How long an answer may come after the connection broke, ms. */
const graceMs = 100;

/** Most of an answer that is kept: a list of tracks is the longest. */
const mostAnswerBytes = 64 * 1024 ** 2;

/**
 * Starts a request. Its body goes out as the other side takes it: with node:http a write that is held back waits for
 * "drain", and `destroy` leaves the body without its end, both of which were tried out against Bun's server.
 */
export function startExchange(options: ExchangeOptions): Exchange {
  const { signal, idleMs } = options;
  signal.throwIfAborted();
  const url = new URL(options.url);
  const end = Promise.withResolvers<Answer>();
  let over = false;
  let answered = false;
  /** Wakes the write that waits. One place, not a reaction on `end`: those would keep every block until the end. */
  let goOn = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  const request = (url.protocol === "https:" ? https : http).request(url, {
    method: options.method,
    headers: options.headers ?? {},
    // A connection of its own: one that is cut takes no other request with it.
    agent: false,
  });
  const close = () => {
    over = true;
    clearTimeout(timer);
    goOn();
    signal.removeEventListener("abort", onAbort);
  };
  const cut = (reason: unknown) => {
    if (over) return;
    close();
    request.destroy();
    end.reject(reason);
  };
  const onAbort = () => cut(signal.reason);
  /** From here on it is the sidecar's turn. While the sound itself is slow in coming, nobody is late. */
  const expectSign = () => {
    clearTimeout(timer);
    if (over) return;
    const silent = () => cut(new SidecarError(`It says nothing for ${Math.round(idleMs / 1000)} s`, null));
    timer = setTimeout(silent, Math.max(1, idleMs));
  };
  signal.addEventListener("abort", onAbort, { once: true });
  // Nobody may be waiting when the connection breaks; the next call tells.
  end.promise.catch(() => {});
  request.on("drain", () => goOn());
  request.on("error", (error) => {
    // One that refuses before the end of the body closes the connection: its answer may be on the way still.
    const broken = () => cut(new SidecarError(`It does not answer: ${error.message}`, null));
    setTimeout(() => answered || broken(), graceMs);
  });
  request.on("response", (response) => {
    answered = true;
    let body = "";
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      expectSign();
      body += text;
      for (let at = body.indexOf("\n"); options.onLine && at >= 0; at = body.indexOf("\n")) {
        options.onLine(body.slice(0, at));
        body = body.slice(at + 1);
      }
      if (body.length > mostAnswerBytes) cut(new SidecarError("Its answer has no end", null));
    });
    response.on("error", (error) => cut(new SidecarError(`Its answer broke off: ${error.message}`, null)));
    response.on("aborted", () => cut(new SidecarError("Its answer broke off", null)));
    response.on("end", () => {
      if (over) return;
      close();
      end.resolve({ status: response.statusCode ?? 0, body });
      // An answer that came before the end of the body: the rest is not wanted.
      if (!request.writableEnded) request.destroy();
    });
  });

  /** The error of an exchange that ended before its body did. */
  const endedEarly = async (): Promise<never> => {
    const { status, body } = await end.promise;
    throw problemOf(status, body);
  };

  return {
    async write(bytes) {
      if (over) await endedEarly();
      if (request.write(bytes)) return;
      expectSign();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      clearTimeout(timer);
      if (over) await endedEarly();
    },
    answer() {
      if (!over) {
        request.end();
        expectSign();
      }
      return end.promise;
    },
    cut,
  };
}

/** The error that an answer means. */
export function problemOf(status: number, body: string): SidecarError {
  let said: { title?: unknown; detail?: unknown } = {};
  try {
    said = JSON.parse(body) as typeof said;
  } catch {
    /** Not from a sidecar, or cut off: the status says enough. */
  }
  const words = [said?.title, said?.detail].filter((word): word is string => typeof word === "string");
  return new SidecarError(words.join(": ") || `It answered ${status}`, status);
}
