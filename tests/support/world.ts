import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Config, readConfig } from "../../daemon/config.ts";
import { belowBasePath, makeApp } from "../../daemon/http/app.ts";
import { makeLog } from "../../daemon/log.ts";
import { type Daemon, startDaemon } from "../../daemon/main.ts";

const folders: string[] = [];
const daemons: Daemon[] = [];

/** Stops what a test started and removes its folders. Called after each test of every file, see preload.ts. */
export async function cleanUp(): Promise<void> {
  for (const daemon of daemons.splice(0)) await daemon.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A folder that is gone after the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "phaze-test-"));
  folders.push(folder);
  return folder;
}

/** A WAV of a quiet saw tooth, 8 bit mono; `rateHz` may be very low, which makes long ones small. */
export function wav(seconds: number, options: { rateHz?: number; seed?: number } = {}): Buffer {
  const { rateHz = 1000, seed = 1 } = options;
  const samples = Math.round(seconds * rateHz);
  const file = Buffer.alloc(44 + samples, 128);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + samples, 4);
  file.write("WAVEfmt ", 8);
  for (const [at, value] of [
    [16, 16],
    [24, rateHz],
    [28, rateHz],
    [40, samples],
  ] as const)
    file.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    file.writeUInt16LE(value, at);
  file.write("data", 36);
  for (let n = 0; n < samples; n++) file[44 + n] = 118 + ((n * (3 + (seed % 7)) + seed) % 21);
  return file;
}

export type Tree = Record<string, string | Buffer>;

/** Writes files below `root`; a name that ends in a slash makes a folder. */
export function plant(root: string, tree: Tree): void {
  for (const [name, content] of Object.entries(tree)) {
    const path = join(root, name);
    mkdirSync(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (!name.endsWith("/")) writeFileSync(path, content);
  }
}

/** Every entry below `root` with what must survive a move and its undo: type, size, mode, time in ns, SHA-256. */
export function snapshot(root: string): Record<string, string> {
  const entries: Record<string, string> = {};
  const visit = (path: string, shown: string) => {
    const stat = lstatSync(path, { bigint: true });
    const mode = (stat.mode & 0o7777n).toString(8);
    if (!stat.isDirectory()) {
      entries[shown] =
        `file ${mode} ${stat.size} ${stat.mtimeNs} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
      return;
    }
    entries[`${shown}/`] = `folder ${mode} ${stat.mtimeNs}`;
    for (const name of readdirSync(path).sort()) visit(join(path, name), `${shown}/${name}`);
  };
  visit(root, "");
  return entries;
}

export interface World {
  folder: string;
  library: string;
  output: string;
  config: Config;
  daemon: Daemon;
  request(method: string, path: string, init?: { body?: unknown; headers?: Record<string, string> }): Promise<Response>;
  /** Sends a request and gives its JSON answer; a refusal throws. */
  call<T = Record<string, never>>(method: string, path: string, body?: unknown): Promise<T>;
  /** Scans and waits until the pipeline is through. */
  settle(): Promise<void>;
  /** Waits for a batch to end and gives its status. */
  batchEnd(id: number): Promise<string>;
}

/** Mistakes of Phaze itself show in the test's output. */
const errorLog = makeLog("error", (line) => line.includes('"request failed"') && process.stderr.write(`${line}\n`));
const page = { html: "<!doctype html><title>Phaze</title><p>panel</p>", assets: new Map() };

/** Settings for tests: nothing waits long, and no real Ollama is asked. */
export const testEnv = (folder: string): Record<string, string> => ({
  DATABASE_URL: join(folder, "data", "phaze.db"),
  PHAZE_TOKEN: "a-token-for-tests",
  PHAZE_SETTLE_SECONDS: "0",
  OLLAMA_HOST: "http://127.0.0.1:9",
  API_PORT: "0",
});

/** A Phaze in this process, on a library of its own. It analyses sound only with `listen`. */
export async function makeWorld(
  tree: Tree,
  options: { env?: Record<string, string>; watch?: boolean; listen?: boolean; folder?: string } = {},
): Promise<World> {
  const folder = options.folder ?? tempFolder();
  const library = join(folder, "library");
  mkdirSync(library, { recursive: true });
  plant(library, tree);
  const config = readConfig({ ...testEnv(folder), ...options.env }, folder, library);
  const { watch = false, listen = false } = options;
  const daemon = await startDaemon(config, library, errorLog, { watch, work: true, listen });
  daemons.push(daemon);
  const send = belowBasePath(makeApp(daemon.deps, page), config.values.PHAZE_BASE_PATH);
  const request: World["request"] = async (method, path, init = {}) => {
    const headers = {
      authorization: `Bearer ${daemon.deps.auth.token}`,
      "content-type": "application/json",
      ...init.headers,
    };
    const body = init.body === undefined ? {} : { body: JSON.stringify(init.body) };
    return send(new Request(`http://localhost${path}`, { method, headers, ...body }));
  };
  const world: World = {
    folder,
    library,
    output: config.outputPath,
    config,
    daemon,
    request,
    async call(method, path, body) {
      const response = await request(method, path, body === undefined ? {} : { body });
      const answer = await response.json();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
      return answer;
    },
    async settle() {
      await daemon.deps.scanner.scan("test").done;
      await daemon.idle();
    },
    async batchEnd(id) {
      for (;;) {
        const { status } = await world.call<{ status: string }>("GET", `/execution/${id}`);
        if (status !== "running" && !daemon.deps.mover.busy()) return status;
        await Bun.sleep(10);
      }
    },
  };
  return world;
}

/** Stops a daemon before the test ends, as a user would. */
export async function stopWorld(world: World): Promise<void> {
  daemons.splice(daemons.indexOf(world.daemon), 1);
  await world.daemon.stop();
}

/** Polls until `test` gives something; fails loudly after `timeoutMs`, with what `state` gives then. */
export async function until<T>(
  what: string,
  test: () => T | Promise<T>,
  timeoutMs = 10_000,
  state: () => unknown = () => undefined,
): Promise<NonNullable<T>> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await test();
    if (value) return value as NonNullable<T>;
    if (performance.now() > end) {
      const shown = JSON.stringify(await state(), null, 1) ?? "";
      throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}\n${shown}`.trim());
    }
    await Bun.sleep(20);
  }
}
