import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { mountInput, mountOutputs, type SandboxFs, writeFully } from "./decode-child-files.ts";
import {
  type DecodeCommand,
  DecodeCommandError,
  inputFolder,
  outputFolder,
  parseDecodeCommand,
} from "./decode-child-options.ts";

/**
 * FFmpeg's command line as a WebAssembly module, run as a program of its own (`bun decode-child.ts OPTIONS`), for
 * machines without ffmpeg. It takes FFmpeg's options, writes the same streams and the same log.
 *
 * An old decoder reads untrusted files here, so it is kept in: its code reaches the machine only through the functions
 * below, which know one file to read and the given descriptors to write to. Damage to its memory stays in its memory,
 * which is bounded. The network is taken away before it is loaded. Time is up to whoever started it.
 */

const wasmPageBytes = 65_536;
/** Most memory of the sandbox, bytes. Ordinary files were seen to take 33 to 48 MB. */
const mostMemoryBytes = 1024 ** 3;

const exitCodes = { usage: 64, crash: 70, gone: 141 } as const;

/** What `@ffmpeg/core` gives once it is loaded. */
interface FfmpegCore {
  readonly FS: SandboxFs;
  setLogger(logger: (entry: { message: string }) => void): void;
  /** Runs FFmpeg to its end, within this call; its exit code. Throws when it crashed. */
  exec(...options: string[]): number;
}

type CoreFactory = (options: { wasmBinary: Uint8Array; mainScriptUrlOrBlob: string }) => Promise<FfmpegCore>;

const readerIsGone = (): never => process.exit(exitCodes.gone);

function say(line: string): void {
  writeFully(2, new TextEncoder().encode(`${line}\n`), readerIsGone);
}

/** Takes away what could reach the network, and lets memory grow to the limit and no further. */
function closeSandbox(): void {
  for (const name of ["fetch", "WebSocket", "EventSource", "XMLHttpRequest", "Worker"])
    Reflect.set(globalThis, name, undefined);
  const grow = WebAssembly.Memory.prototype.grow;
  let told = false;
  WebAssembly.Memory.prototype.grow = function growWithinLimit(this: WebAssembly.Memory, pages: number) {
    if (this.buffer.byteLength + pages * wasmPageBytes > mostMemoryBytes) {
      if (!told) say("[fatal] decoder: the limit of its memory is reached");
      told = true;
      throw new RangeError("Memory limit");
    }
    return grow.call(this, pages);
  };
}

/** The module believes to be in a worker of a browser: it asks for a location, which is then not used. */
async function loadCore(): Promise<FfmpegCore> {
  const require = createRequire(import.meta.url);
  Reflect.set(globalThis, "location", { href: "file:///" });
  const factory = require("@ffmpeg/core") as CoreFactory;
  const names = btoa(JSON.stringify({ wasmURL: "ffmpeg-core.wasm", workerURL: "" }));
  return await factory({
    wasmBinary: readFileSync(require.resolve("@ffmpeg/core/wasm")),
    mainScriptUrlOrBlob: `#${names}`,
  });
}

/** FFmpeg's exit code. Throws when the file cannot be opened, or FFmpeg crashed. */
async function decode(command: DecodeCommand): Promise<number> {
  closeSandbox();
  const core = await loadCore();
  core.setLogger(({ message }) => {
    if (message !== "Aborted()") say(command.restoreNames(message));
  });
  if (command.input) mountInput(core.FS, inputFolder, command.input.name, command.input.source);
  mountOutputs(core.FS, outputFolder, command.outputs, readerIsGone);
  return core.exec(...command.options);
}

async function main(words: readonly string[]): Promise<number> {
  try {
    return await decode(parseDecodeCommand(words));
  } catch (error) {
    say(`[fatal] decoder: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof DecodeCommandError ? exitCodes.usage : exitCodes.crash;
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
