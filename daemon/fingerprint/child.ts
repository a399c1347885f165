import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { sidecarReadySchema } from "../contract/sidecar.ts";

/** A sidecar that was started here. */
export interface SidecarChild {
  /** Where it listens. Rejects when it ends before, or takes too long. */
  readonly ready: Promise<string>;
  /** Resolves when it is gone, with the reason. */
  readonly gone: Promise<string>;
  /** Ends it: closes its input, and kills it when it does not go by itself. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  script: string;
  port: number;
  dataDir: string;
  /** Gets each line it writes to its log. */
  onLog(line: string): void;
  /** How long it may take to open its store, ms. */
  readyMs?: number;
  /** How long it may take to close it, ms. */
  stopMs?: number;
}

const defaultReadyMs = 60_000;
const defaultStopMs = 5000;

/**
 * Starts a sidecar as a process group of its own, so that an interrupt on the terminal reaches the daemon alone, which
 * then ends its work in order. Should the daemon die, the sidecar's input closes, and it ends.
 */
export function startChild(options: ChildOptions): SidecarChild {
  const { script, port, dataDir } = options;
  mkdirSync(dataDir, { recursive: true });
  const words = ["--no-install", "--no-env-file", script, "--port", `${port}`, "--data", dataDir];
  const child = spawn(process.execPath, words, {
    detached: true,
    // It needs none of the daemon's secrets.
    env: { LANG: "C.UTF-8" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ready = Promise.withResolvers<string>();
  const gone = Promise.withResolvers<string>();
  let lastLine = "";
  const timer = setTimeout(
    () => ready.reject(new Error(`It did not start within ${(options.readyMs ?? defaultReadyMs) / 1000} s`)),
    options.readyMs ?? defaultReadyMs,
  );
  const end = (why: string) => {
    clearTimeout(timer);
    const reason = lastLine ? `${why}: ${lastLine}` : why;
    ready.reject(new Error(reason));
    gone.resolve(reason);
  };
  ready.promise.catch(() => {});
  ready.promise.then(
    () => clearTimeout(timer),
    () => kill(child),
  );
  child.stdin.on("error", () => {});
  createInterface({ input: child.stdout }).on("line", (line) => {
    const said = sidecarReadySchema.safeParse(parse(line));
    if (said.success) ready.resolve(said.data.url);
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (line.trim() === "") return;
    lastLine = line.slice(0, 500);
    options.onLog(lastLine);
  });
  child.on("error", (error) => end(`It could not be started (${error.message})`));
  child.on("close", (code, signal) => end(signal ? `It was killed (${signal})` : `It ended with code ${code}`));
  return {
    ready: ready.promise,
    gone: gone.promise,
    async stop() {
      child.stdin.end();
      const force = setTimeout(() => kill(child), options.stopMs ?? defaultStopMs);
      await gone.promise;
      clearTimeout(force);
    },
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function kill(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    /** Gone already, which is what was wanted. */
  }
}
