import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** A program that takes FFmpeg's options, and where it came from. */
export interface DecoderProgram {
  readonly path: string;
  /** What comes before FFmpeg's own options. */
  readonly args: readonly string[];
  readonly version: string;
  readonly source: "PATH" | "package";
  /** A sentence for people: what it is, and what it costs. */
  readonly note: string;
}

/** FFmpeg's version in `@ffmpeg/core` as package.json has it. A test asks the module itself. */
const packagedVersion = "5.1.4";
const childScript = fileURLToPath(new URL("./decode-child.ts", import.meta.url));
const neededFilters = ["ebur128", "aresample", "aformat", "asplit", "anullsink"] as const;
const answerTimeoutMs = 10_000;

/**
 * The decoder to use: an ffmpeg on PATH that runs and has the filters needed, else the one in `@ffmpeg/core`; null when
 * that package is not there either. The system's comes first: it gets security updates, and is two to three times as
 * fast. Blocks for a tenth of a second, so ask once.
 *
 * The packaged one is FFmpeg 5.1.4 of 2023 as WebAssembly. It was chosen over native builds by measurement: it decodes
 * every format of the product to the same samples as Debian's (differences below 2e-6), it is one package for all
 * systems and processors, and a hole in an old decoder stays inside its sandbox (see decode-child.ts), which no native
 * decoder can offer. Of those, `@ffmpeg-installer/ffmpeg` is of 2018, `node-av` is current but 167 MB a platform and
 * runs in the process itself, and `@remotion/compositor-*` and `libav.js` lack formats or filters.
 *
 * `searchPath` stands for PATH.
 */
export function findDecoder(searchPath?: string): DecoderProgram | null {
  const path = Bun.which("ffmpeg", searchPath === undefined ? {} : { PATH: searchPath });
  const looked = path === null ? { fault: "there is no ffmpeg on PATH" } : examine(path);
  if ("version" in looked) {
    const { version } = looked;
    return { path: path as string, args: [], version, source: "PATH", note: `FFmpeg ${version} of this system` };
  }
  if (!isPackaged()) return null;
  return {
    path: process.execPath,
    args: ["--no-install", "--no-env-file", childScript],
    version: packagedVersion,
    source: "package",
    note: `FFmpeg ${packagedVersion} of the package @ffmpeg/core, two to three times slower than an installed one: ${looked.fault}`,
  };
}

/** Version of an ffmpeg, or why it is of no use. */
function examine(path: string): { version: string } | { fault: string } {
  const version = /^ffmpeg version (\S+)/.exec(ask(path, "-version") ?? "")?.[1];
  if (version === undefined) return { fault: `${path} does not run` };
  const filters = ask(path, "-filters") ?? "";
  const missing = neededFilters.filter((name) => !new RegExp(`^ *\\S+ +${name} +\\S+->`, "m").test(filters));
  return missing.length > 0 ? { fault: `${path} was built without ${missing.join(", ")}` } : { version };
}

function ask(path: string, question: string): string | null {
  const answer = spawnSync(path, ["-hide_banner", question], {
    timeout: answerTimeoutMs,
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
  });
  return answer.status === 0 ? answer.stdout : null;
}

function isPackaged(): boolean {
  try {
    createRequire(import.meta.url).resolve("@ffmpeg/core/wasm");
    return true;
  } catch {
    return false;
  }
}
