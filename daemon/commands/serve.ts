import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describeSettings } from "../config.ts";
import { makeDemoLibrary } from "../demo.ts";
import { belowBasePath, makeApp } from "../http/app.ts";
import { buildPanel } from "../http/panel.ts";
import { identifyPath } from "../http/routes/identify.ts";
import { makeLog } from "../log.ts";
import { startDaemon } from "../main.ts";
import { addressFile, libraryOf } from "./client.ts";
import { type Command, type CommandInput, UsageError } from "./command.ts";
import { progressBar } from "./table.ts";

/** The library to serve; the demo is made when none was named. */
async function prepareLibrary({ io, words, config }: CommandInput): Promise<string> {
  const settings = config(words[0]);
  const library = libraryOf(settings);
  if (settings.libraryPath !== null) {
    if (!existsSync(library) || !statSync(library).isDirectory())
      throw new UsageError(`The music folder ${library} is not there. Name another, or mount it first.`);
    return library;
  }
  if (existsSync(library)) return library;
  io.err(`No music folder was named: making a demo library in ${library} …\n`);
  const bar = progressBar(io);
  const made = await makeDemoLibrary(library, {
    signal: io.signal,
    onProgress: (done, total) => bar.show(done, total, "synthesising"),
  });
  bar.end();
  io.err(`Made ${made.files} files. Use your own music with: npm start -- ~/Music\n`);
  return library;
}

/** 24 h of 48,000 Hz mono float32, and some. */
const mostSoundBytes = 20e9;

const hostInUrl = (host: string) =>
  host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;

export const serve: Command = {
  name: "serve",
  summary: "Start the daemon: watch the library, work through the pipeline, serve panel and API",
  usage: "[LIBRARY]",
  words: [0, 1],
  details: () => `Settings (environment or .env; secrets also as NAME_FILE):\n${describeSettings()}`,
  async run(input) {
    const { io, json } = input;
    const config = input.config(input.words[0]);
    const { values } = config;
    const log = makeLog(values.PHAZE_DEBUG ? "debug" : "info", (line) => io.err(`${line}\n`));
    for (const name of config.ignored) log.warn("setting has no effect in this version", { setting: name });
    const library = await prepareLibrary(input);
    const panel = await buildPanel(values.PHAZE_BASE_PATH);
    const daemon = await startDaemon(config, library, log, { watch: true, work: true });
    const fetch = belowBasePath(makeApp(daemon.deps, panel), values.PHAZE_BASE_PATH);
    let server: ReturnType<typeof Bun.serve>;
    try {
      server = Bun.serve({
        hostname: values.API_HOST,
        port: values.API_PORT,
        // Idle connections are the event streams, which say something every 15 s.
        idleTimeout: 60,
        // The app has its own limit; only sound to be recognised may be long.
        maxRequestBodySize: mostSoundBytes,
        fetch: (request, self) => {
          if (new URL(request.url).pathname.endsWith(identifyPath)) self.timeout(request, 0);
          return fetch(request);
        },
      });
    } catch (error) {
      await daemon.stop();
      throw new Error(
        `Cannot listen on ${values.API_HOST}:${values.API_PORT}: ${(error as Error).message.replace(/[.?]*$/, "")}. Stop the program that is there, or set API_PORT to another number.`,
      );
    }
    const url = `http://${hostInUrl(values.API_HOST)}:${server.port}${values.PHAZE_BASE_PATH}`;
    writeFileSync(addressFile(config), JSON.stringify({ url, pid: process.pid }));
    const signIn = values.PHAZE_AUTH === "none" ? `${url}/` : `${url}/sign-in?code=${daemon.deps.auth.signInCode}`;
    io.out(json ? `${JSON.stringify({ url, signIn, library })}\n` : `Phaze watches ${library}\nOpen ${signIn}\n`);
    await new Promise<void>((resolve) =>
      io.signal.aborted ? resolve() : io.signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    log.info("stopping");
    rmSync(addressFile(config), { force: true });
    await server.stop(true);
    await daemon.stop();
    return 0;
  },
};
