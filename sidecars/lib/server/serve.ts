import { fstatSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { parseArgs } from "node:util";
import { getRequestListener } from "@hono/node-server";
import type { Engine } from "../engine.ts";
import { openStore, type Store } from "../store/store.ts";
import { makeSidecarApp } from "./app.ts";
import { makeLibrary } from "./library.ts";
import { makeSteps } from "./steps.ts";

const version = "0.1.0";
const maintainMs = 2000;
/** After a merge that failed (a full disk, say), the next is tried so much later, ms. */
const retryMs = 60_000;

const say = (text: string) => process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), text })}\n`);

/** Opens the store, and keeps on serving when it cannot be: then health says why, and nothing is touched. */
function open(engine: Engine, folder: string): { store: Store | null; reason: string | null } {
  try {
    return { store: openStore(folder, engine), reason: null };
  } catch (error) {
    const reason = (error as Error).message;
    say(`The store cannot be used: ${reason}`);
    return { store: null, reason };
  }
}

/** The port wanted, or a free one when it is taken. */
async function listen(server: ReturnType<typeof createServer>, port: number, host: string): Promise<number> {
  const free = await new Promise<boolean>((resolve) => {
    const probe = createTcpServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(free ? port : 0, host, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address ? address.port : port;
}

/**
 * A sidecar as a process: `--port N --host ADDRESS --data FOLDER`.
 * Prints one line with its address. Through Node's own HTTP server, under Bun as under Node: it alone holds a sender back
 * while its sound is worked on.
 */
export async function serveSidecar(engine: Engine, defaults: { port: number }): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: String(defaults.port) },
      host: { type: "string", default: "127.0.0.1" },
      data: { type: "string", default: `data/fingerprints/${engine.name}` },
    },
  });
  const { store, reason } = open(engine, values.data);
  let damage = reason;
  let pending = 0;
  let working = false;
  const steps = makeSteps();
  const app = makeSidecarApp({
    engine,
    version,
    library: store && makeLibrary(engine, store),
    broken: () => damage,
    onDamage(why) {
      if (!damage) say(why);
      damage ??= why;
    },
    onChange() {
      pending = Math.min(pending || Number.POSITIVE_INFINITY, Date.now());
    },
    steps,
    now: Date.now,
  });

  const maintain = async () => {
    if (!store || working || damage || !pending || Date.now() < pending) return;
    working = true;
    pending = 0;
    try {
      await steps.run(store.maintain());
    } catch (error) {
      say(`Segments could not be merged, and are as they were: ${(error as Error).message}`);
      pending = Date.now() + retryMs;
    } finally {
      working = false;
    }
  };
  const timer = setInterval(maintain, maintainMs);
  // A large store is read through after it was opened.
  if (store)
    steps.run(store.verify()).catch((error: Error) => {
      damage ??= error.message;
      say(error.message);
    });

  const server = createServer({ requestTimeout: 0, headersTimeout: 30_000 }, getRequestListener(app.fetch));
  const port = await listen(server, Number(values.port), values.host);
  const host = values.host.includes(":") ? `[${values.host}]` : values.host;
  process.stdout.write(`${JSON.stringify({ url: `http://${host}:${port}`, pid: process.pid })}\n`);

  const stop = () => {
    clearInterval(timer);
    store?.close();
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  // Started by the daemon, its input is a pipe that closes with the daemon.
  const input = fstatSync(0);
  if (input.isFIFO() || input.isSocket()) process.stdin.on("end", stop).on("close", stop).resume();
}
