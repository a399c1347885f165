import { parseArgs } from "node:util";
import type { Config } from "../config.ts";

/** Where a command writes and what it knows of the terminal. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Whether stderr is a terminal, so that progress may be drawn on it. */
  isTerminal: boolean;
  env: Record<string, string | undefined>;
  cwd: string;
  signal: AbortSignal;
}

export interface OptionSpec {
  type: "boolean" | "string";
  help: string;
  /** Name of the value, for the help text. */
  value?: string;
}

export interface CommandInput {
  flags: Record<string, string | boolean | undefined>;
  words: string[];
  json: boolean;
  io: Io;
  config(library?: string): Config;
}

/** One command of the command line. Returns the exit code, 0 when it returns nothing. */
export interface Command {
  name: string;
  summary: string;
  /** Words after the name, such as `ID…`. */
  usage: string;
  options?: Record<string, OptionSpec>;
  /** Least and most words; default none. */
  words?: [number, number];
  /** Further text for --help. */
  details?: () => string;
  run(input: CommandInput): Promise<number | undefined>;
}

/** Wrong use of the command line: exit code 2. */
export class UsageError extends Error {}

const common: Record<string, OptionSpec> = {
  json: { type: "boolean", help: "One JSON value on stdout, and nothing else" },
  help: { type: "boolean", help: "Show this help" },
};

export function helpOf(command: Command): string {
  const options = { ...command.options, ...common };
  const label = ([name, spec]: [string, OptionSpec]) => `--${name}${spec.value ? ` ${spec.value}` : ""}`;
  const width = Math.max(...Object.entries(options).map((pair) => label(pair).length));
  const lines = Object.entries(options).map((pair) => `  ${label(pair).padEnd(width)}  ${pair[1].help}`);
  const usage = ["phaze", command.name, command.usage, "[options]"].filter(Boolean).join(" ");
  return [
    `${command.summary}.`,
    "",
    `Usage: ${usage}`,
    "",
    ...lines,
    ...(command.details ? ["", command.details()] : []),
  ].join("\n");
}

/** The flags and words of a command's arguments. Throws UsageError. */
export function parseWords(
  command: Command,
  args: readonly string[],
): { flags: Record<string, string | boolean | undefined>; words: string[] } {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...common }).map(([name, spec]) => [name, { type: spec.type }]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}. See: phaze ${command.name} --help`);
  }
  const [least, most] = command.words ?? [0, 0];
  const { values, positionals } = parsed;
  if (!values.help && (positionals.length < least || positionals.length > most)) {
    throw new UsageError(`Usage: phaze ${command.name} ${command.usage}`.trim());
  }
  return { flags: values as Record<string, string | boolean | undefined>, words: positionals };
}

/** A flag's whole number, checked. */
export function wholeNumber(text: string | boolean | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new UsageError(`${name} must be a whole number, not ${JSON.stringify(text)}`);
  return value;
}
