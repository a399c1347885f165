export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Record<string, unknown>;

/** Writes one JSON object a line. Logs are objects, not sentences: an event name and its facts. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

const order: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Errors become their message; everything else stays as JSON can hold it. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === "bigint" ? value.toString() : value;
}

/** A log that hands each line (without a line feed) to `write`; lines below `level` are dropped. */
export function makeLog(level: LogLevel, write: (line: string) => void, now: () => number = Date.now): Log {
  const emit =
    (at: LogLevel) =>
    (event: string, fields: LogFields = {}) => {
      if (order.indexOf(at) < order.indexOf(level)) return;
      write(JSON.stringify({ time: new Date(now()).toISOString(), level: at, event, ...fields }, plain));
    };
  return { debug: emit("debug"), info: emit("info"), warn: emit("warn"), error: emit("error") };
}

/** A log that says nothing. */
export const silentLog: Log = makeLog("error", () => {});
