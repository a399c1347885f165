import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";

const flag = z.stringbool({ truthy: ["true", "1", "yes", "on"], falsy: ["false", "0", "no", "off", ""] });
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const optionalText = z.string().trim().min(1).optional();
const optionalUrl = z
  .url({ protocol: /^https?$/, message: "must be an address such as http://10.0.0.2:8001" })
  .optional();
const basePath = z
  .string()
  .regex(/^(\/[A-Za-z0-9._~-]+)*$/, "must be empty or look like /phaze, without a slash at the end");

interface Setting<T> {
  schema: z.ZodType<T>;
  fallback?: string;
  help: string;
  secret?: boolean;
}
const setting = <T>(schema: z.ZodType<T>, fallback: string | undefined, help: string): Setting<T> => ({
  schema,
  help,
  ...(fallback === undefined ? {} : { fallback }),
});
const secret = <T>(schema: z.ZodType<T>, help: string): Setting<T> => ({ schema, help, secret: true });

/** Every setting: its check, its default as written in the environment, and what it means. */
export const settings = {
  SCAN_PATH: setting(
    optionalText,
    undefined,
    "Music folder to watch. Without it and without an argument, a demo library is made",
  ),
  OUTPUT_PATH: setting(optionalText, undefined, "Where approved files go; default: organized/ beside the music folder"),
  DATABASE_URL: setting(z.string().min(1), "data/phaze.db", "Path of the SQLite database, on a local disk"),
  API_HOST: setting(z.string().min(1), "127.0.0.1", "Address to listen on"),
  API_PORT: setting(whole(0, 65535), "8000", "Port of the panel and the API"),
  PHAZE_TOKEN: secret(
    z.string().min(8).max(512).optional(),
    "Access token; default: made once and kept beside the database",
  ),
  PHAZE_AUTH: setting(
    z.enum(["token", "none"]),
    "token",
    "Who may use the API: holders of the token, or anyone on this machine (none; loopback only)",
  ),
  PHAZE_BASE_PATH: setting(basePath, "", "Path prefix behind a reverse proxy, such as /phaze"),
  PHAZE_FRAME_ANCESTORS: setting(
    z.string().regex(/^[^;\r\n]*$/),
    "'self'",
    "Pages that may embed the panel, as in the CSP directive frame-ancestors",
  ),
  PHAZE_DEBUG: setting(flag, "false", "Write debug lines to the log"),
  PHAZE_SCAN_INTERVAL: setting(
    whole(0, 604_800),
    "3600",
    "Seconds between full walks of the music folder; 0: only at start and on request",
  ),
  PHAZE_SETTLE_SECONDS: setting(
    z.coerce.number().min(0).max(3600),
    "10",
    "Seconds a file must be still before it is taken",
  ),
  PHAZE_ALLOW_NETWORK_DB: setting(flag, "false", "Open a database on a network file system in spite of the danger"),
  WORKER_MAX_JOBS: setting(whole(1, 256), "8", "Files worked on at the same time"),
  WORKER_JOB_TIMEOUT: setting(
    whole(1, 86_400),
    "600",
    "Seconds of silence after which a stage is stopped; one that reports progress never is",
  ),
  WORKER_MAX_RETRIES: setting(
    whole(1, 20),
    "4",
    "Attempts at a stage before it counts as failed (the first one included)",
  ),
  WORKER_PROCESS_POOL_SIZE: setting(
    whole(0, 256),
    "0",
    "Processes that analyse sound; 0: as many as the machine has cores",
  ),
  MODELS_PATH: setting(
    optionalText,
    undefined,
    "Folder of the models for mood and style; default: models/ beside the database",
  ),
  PHAZE_WRITE_TAGS: setting(flag, "false", "Allow writing tempo, key, mood and genre into the files' tags, on request"),
  WORKER_HEALTH_CHECK_INTERVAL: setting(
    whole(1, 3600),
    "60",
    "Seconds between looks at Ollama and at the fingerprint engines",
  ),
  AUDFPRINT_URL: setting(
    optionalUrl,
    undefined,
    "Address of an audfprint sidecar that you run; default: Phaze starts its own, on port 8001",
  ),
  PANAKO_URL: setting(
    optionalUrl,
    undefined,
    "Address of a Panako sidecar that you run; default: Phaze starts its own, on port 8002",
  ),
  OLLAMA_HOST: setting(z.string().min(1), "http://127.0.0.1:11434", "Address of your Ollama"),
  LLM_MODEL: setting(z.string().min(1), "qwen3:4b-instruct", "Ollama model that refines proposals"),
  LLM_MAX_RPM: setting(whole(1, 10_000), "30", "Most requests to Ollama a minute"),
  LLM_BATCH_SIZE: setting(whole(1, 50), "10", "Files per request to Ollama"),
  LLM_MAX_COMPANION_CHARS: setting(
    whole(0, 100_000),
    "3000",
    "Most characters of one companion text that are read for a proposal",
  ),
} as const;

type SettingName = keyof typeof settings;
type Values = { [K in SettingName]: z.output<(typeof settings)[K]["schema"]> };

/** Settings of the early description that wait for their part of the product; set today, they do nothing. */
export const laterSettings = ["REDIS_URL", "PHAZE_PATH_MAP"];

export interface Config {
  readonly values: Readonly<Values>;
  /** Absolute path of the database file. */
  readonly databasePath: string;
  /** Absolute folder of everything the daemon keeps. */
  readonly dataDir: string;
  /** Absolute path of the watched folder; null: the demo library. */
  readonly libraryPath: string | null;
  readonly outputPath: string;
  /** Absolute folder of the models. */
  readonly modelsPath: string;
  /** Settings that were given but have no effect in this version. */
  readonly ignored: readonly string[];
}

/** A setting that cannot be used; the message names it and says what would be right. */
export class ConfigError extends Error {}

/** Reads NAME, or the file that NAME_FILE names (for secrets), or the default. */
function readSetting(name: string, entry: Setting<unknown>, env: Record<string, string | undefined>): unknown {
  let text = env[name];
  const file = env[`${name}_FILE`];
  if (entry.secret && file) {
    if (text) throw new ConfigError(`${name} and ${name}_FILE are both set: keep one of them`);
    try {
      text = readFileSync(file, "utf8").trim();
    } catch (error) {
      throw new ConfigError(`${name}_FILE: cannot read ${file}: ${(error as Error).message}`);
    }
  }
  const parsed = entry.schema.safeParse(text === undefined || text === "" ? entry.fallback : text);
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues[0]?.message ?? "not valid";
  throw new ConfigError(`${name}=${entry.secret ? "(hidden)" : JSON.stringify(text)}: ${why}. ${entry.help}`);
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

/**
 * The configuration, from the environment and an optional library argument. The only reader of the environment.
 * Paths are taken relative to `cwd`. Throws ConfigError.
 */
export function readConfig(env: Record<string, string | undefined>, cwd: string, library?: string): Config {
  const values = Object.fromEntries(
    Object.entries(settings).map(([name, entry]) => [name, readSetting(name, entry as Setting<unknown>, env)]),
  ) as Values;
  if (values.PHAZE_AUTH === "none" && !loopback.test(values.API_HOST)) {
    throw new ConfigError(
      `PHAZE_AUTH=none is only for loopback, but API_HOST is ${values.API_HOST}: use PHAZE_AUTH=token`,
    );
  }
  const databasePath = resolve(cwd, values.DATABASE_URL.replace(/^(sqlite|file):(\/\/)?/, ""));
  const dataDir = dirname(databasePath);
  const given = library ?? values.SCAN_PATH;
  const libraryPath = given ? resolve(cwd, given) : null;
  const beside = libraryPath ? dirname(libraryPath) : dataDir;
  return Object.freeze({
    values: Object.freeze(values),
    databasePath,
    dataDir,
    libraryPath,
    outputPath: values.OUTPUT_PATH ? resolve(cwd, values.OUTPUT_PATH) : join(beside, "organized"),
    modelsPath: values.MODELS_PATH ? resolve(cwd, values.MODELS_PATH) : join(dataDir, "models"),
    ignored: laterSettings.filter((name) => env[name]),
  });
}

/** All settings with defaults, one a line, for `serve --help`. */
export function describeSettings(): string {
  const width = Math.max(...Object.keys(settings).map((name) => name.length));
  return Object.entries(settings as Record<string, Setting<unknown>>)
    .map(
      ([name, entry]) =>
        `  ${name.padEnd(width)}  ${entry.help}${entry.fallback ? ` (default ${entry.fallback})` : ""}`,
    )
    .join("\n");
}
