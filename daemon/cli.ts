import { bench } from "./commands/bench.ts";
import { type Command, helpOf, type Io, parseWords, UsageError } from "./commands/command.ts";
import { db } from "./commands/db.ts";
import { doctor } from "./commands/doctor.ts";
import { evaluate } from "./commands/eval.ts";
import { fingerprint, identify } from "./commands/fingerprint.ts";
import { inspect } from "./commands/inspect.ts";
import { audit, files, proposals, status } from "./commands/lists.ts";
import { models } from "./commands/models.ts";
import { apply, approve, reject, undo } from "./commands/review.ts";
import { analyze, propose, scan } from "./commands/scan.ts";
import { serve } from "./commands/serve.ts";
import { tags } from "./commands/tags.ts";
import { ConfigError, readConfig } from "./config.ts";

export const commands: readonly Command[] = [
  serve,
  scan,
  status,
  doctor,
  files,
  proposals,
  audit,
  inspect,
  approve,
  reject,
  apply,
  undo,
  propose,
  analyze,
  fingerprint,
  identify,
  tags,
  models,
  db,
  evaluate,
  bench,
];

const overview = (): string =>
  [
    "Phaze finds better names and places for your music, and moves what you approve.",
    "",
    "Usage: phaze COMMAND [options]",
    "",
    ...commands.map((command) => `  ${command.name.padEnd(11)} ${command.summary}`),
    "",
    "Each command has --help and --json. Exit code: 0 done, 1 failed, 2 wrong use.",
  ].join("\n");

/** Control characters, but for line feeds, made visible. */
const withoutControls = (text: string) => text.replace(/(?!\n)\p{Cc}/gu, "\u241b");

/** Runs one command line and returns the exit code: 0 done, 1 failed, 2 wrong use. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "help") {
    (name === undefined ? io.err : io.out)(`${overview()}\n`);
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((other) => other.name === name);
  try {
    if (!command) throw new UsageError(`There is no command ${name}. See: phaze --help`);
    const { flags, words } = parseWords(command, rest);
    if (flags.help) {
      io.out(`${helpOf(command)}\n`);
      return 0;
    }
    const config = (library?: string) => readConfig(io.env, io.cwd, library);
    const json = Boolean(flags.json);
    // Names of files and errors of others must not steer the terminal; JSON escapes them itself.
    const shown = json ? io : { ...io, out: (text: string) => io.out(withoutControls(text)) };
    return (await command.run({ flags, words, json, io: shown, config })) ?? 0;
  } catch (error) {
    io.err(`${withoutControls((error as Error).message)}\n`);
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
  }
}

if (import.meta.main) {
  const controller = new AbortController();
  let asked = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // The second request is serious: the journal makes even that safe.
      if (++asked > 1) process.exit(130);
      controller.abort(new Error("Interrupted"));
    });
  }
  process.exitCode = await runCli(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    isTerminal: Boolean(process.stderr.isTTY),
    env: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
  });
  process.exit();
}
