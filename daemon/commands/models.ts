import { type CatalogueModel, readCatalogue } from "../audio/models/catalogue.ts";
import { DownloadError } from "../audio/models/download.ts";
import { installModel } from "../audio/models/install.ts";
import { readInstalled } from "../audio/models/installed.ts";
import { openRuntime, type Runtime } from "../audio/models/runtime.ts";
import { readModel } from "../audio/models/session.ts";
import { compareGraphs, mostDifference } from "../audio/models/verify.ts";
import { type Command, type CommandInput, UsageError } from "./command.ts";
import { lookAtModel, modelLine, pullModel } from "./language-model.ts";
import { printJson } from "./review.ts";
import { progressBar, showBytes, table } from "./table.ts";

/** A list should not wait long for an Ollama that is silent. */
const longestLookMs = 2000;

/** The models that were named, or all. */
function chosen(names: readonly string[]): CatalogueModel[] {
  const { models } = readCatalogue();
  for (const name of names)
    if (!models.some((model) => model.name === name))
      throw new UsageError(`There is no model ${name}. There are: ${models.map((model) => model.name).join(", ")}`);
  return names.length === 0 ? models : models.filter((model) => names.includes(model.name));
}

const bytesOf = (model: CatalogueModel): number => model.files.reduce((sum, file) => sum + file.bytes, 0);

async function list(input: CommandInput): Promise<number> {
  const folder = input.config().modelsPath;
  const { licence, licenceUrl, author, models } = readCatalogue();
  const rows = [];
  for (const model of models) {
    const found = await readInstalled(folder, model);
    const { name, title, gives, classes } = model;
    const reason = found.state === "usable" ? null : found.reason;
    rows.push({ name, title, gives, classes, bytes: bytesOf(model), licence, state: found.state, reason });
  }
  const { reply } = await lookAtModel(input.config(), longestLookMs);
  if (input.json) {
    printJson(input.io, { folder, author, licence, licenceUrl, models: rows, languageModel: reply });
    return 0;
  }
  const cells = rows.map((row) => [row.name, row.gives, showBytes(row.bytes), row.state, row.title]);
  input.io.out(`${table(["NAME", "GIVES", "SIZE", "STATE", ""], cells)}\n\nIn ${folder}\nBy ${author}, ${licence}\n`);
  for (const row of rows) if (row.state === "refused") input.io.out(`✗ ${row.reason}\n`);
  input.io.out(`\n${modelLine(reply)}\n`);
  return 0;
}

/** The address given with --from, with a slash at its end. */
function baseAddress(value: string | boolean | undefined): string | undefined {
  if (typeof value !== "string") return undefined;
  if (!/^https?:\/\/[^/]/.test(value) || !URL.canParse(value))
    throw new UsageError(`--from is an address such as https://example.org/models/, not ${JSON.stringify(value)}`);
  return value.endsWith("/") ? value : `${value}/`;
}

async function get(input: CommandInput, names: readonly string[]): Promise<number> {
  const folder = input.config().modelsPath;
  const { io } = input;
  const catalogue = readCatalogue();
  const from = baseAddress(input.flags.from);
  const results: { name: string; state: "installed" | "already installed" | "failed"; reason: string | null }[] = [];
  for (const model of chosen(names)) {
    const { name } = model;
    const bar = progressBar(io);
    try {
      const fresh = await installModel(folder, model, catalogue, {
        signal: io.signal,
        onProgress: (done, total) => bar.show(done, total ?? bytesOf(model), `${name}  ${showBytes(done)}`),
        ...(from === undefined ? {} : { from }),
      });
      results.push({ name, state: fresh ? "installed" : "already installed", reason: null });
    } catch (error) {
      io.signal.throwIfAborted();
      if (!(error instanceof DownloadError)) throw error;
      results.push({ name, state: "failed", reason: error.message });
    } finally {
      bar.end();
    }
    const result = results.at(-1);
    if (!input.json && result)
      io.out(result.reason === null ? `✓ ${name}: ${result.state}\n` : `✗ ${name}: ${result.reason}\n`);
  }
  if (input.json) printJson(io, { folder, models: results });
  else io.out(`\nIn ${folder}\nBy ${catalogue.author}, ${catalogue.licence}: ${catalogue.licenceUrl}\n`);
  return results.some((result) => result.state === "failed") ? 1 : 0;
}

interface Verdict {
  name: string;
  state: "ok" | "absent" | "refused" | "differs";
  reason: string | null;
  /** Largest difference of any probability between the graph that is used and the plain one. */
  difference: number | null;
}

async function verifyOne(folder: string, model: CatalogueModel, runtime: Runtime): Promise<Verdict> {
  const { name } = model;
  const found = await readInstalled(folder, model);
  if (found.state !== "usable") return { name, state: found.state, reason: found.reason, difference: null };
  const difference = await compareGraphs(readModel(model, found.files), runtime);
  if (difference <= mostDifference) return { name, state: "ok", reason: null, difference };
  const reason = `The converted model differs from the plain one by ${difference.toExponential(1)}: please report this`;
  return { name, state: "differs", reason, difference };
}

async function verify(input: CommandInput, names: readonly string[]): Promise<number> {
  const folder = input.config().modelsPath;
  const { io } = input;
  const runtime = await openRuntime(input.flags.wasm ? "wasm" : undefined);
  const verdicts: Verdict[] = [];
  for (const model of chosen(names)) {
    io.signal.throwIfAborted();
    const verdict = await verifyOne(folder, model, runtime);
    verdicts.push(verdict);
    if (input.json) continue;
    const { name, reason, difference } = verdict;
    io.out(reason === null ? `✓ ${name}: differs by ${difference?.toExponential(1)} at most\n` : `✗ ${reason}\n`);
  }
  if (input.json) printJson(io, { folder, backend: runtime.backend, backendReason: runtime.reason, models: verdicts });
  else io.out(`\nIn ${folder}, run by ${runtime.backend}${runtime.reason ? ` (${runtime.reason})` : ""}\n`);
  return verdicts.some((verdict) => verdict.state !== "ok") ? 1 : 0;
}

const actions = { list, download: get, verify, pull: pullModel };

export const models: Command = {
  name: "models",
  summary: "The models for mood, style and danceability, and the language model: list, download, verify",
  usage: "list | download [NAME…] | verify [NAME…] | pull MODEL",
  words: [1, 20],
  options: {
    from: { type: "string", value: "URL", help: "download: take them from here, not from the models' home" },
    wasm: { type: "boolean", help: "verify: with WebAssembly, not with the native library" },
  },
  details: () => {
    const { author, licence, licenceUrl, home } = readCatalogue();
    return `The models are by ${author} (${home}), under ${licence} (${licenceUrl}):\nnot for commercial use. Phaze ships none; files go to MODELS_PATH.\n\nThe language model is Ollama's: pull has Ollama download it from its own registry. See: phaze doctor`;
  },
  async run(input) {
    const [action = "", ...names] = input.words;
    const run = actions[action as keyof typeof actions];
    if (!run) throw new UsageError("phaze models list | download [NAME…] | verify [NAME…] | pull MODEL");
    return run(input, names);
  },
};
