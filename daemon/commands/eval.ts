import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { NamingInput, ProposalDraft } from "../contract/naming.ts";
import { namerFor } from "../model.ts";
import {
  type CaseScore,
  type NamingCase,
  type NamingScore,
  parseCases,
  scoreCases,
  worstCases,
} from "../naming/eval.ts";
import { promptVersion } from "../naming/llm-prompt.ts";
import { proposeByRules } from "../naming/rules.ts";
import { type Command, type CommandInput, UsageError, wholeNumber } from "./command.ts";
import { printJson } from "./review.ts";
import { progressBar, table } from "./table.ts";

const engines = ["rules", "ollama"] as const;
type EvalEngine = (typeof engines)[number];
const usualWorst = 10;

/** How the proposals were made; the model's part is null for rules. */
interface Run {
  engine: EvalEngine;
  model: string | null;
  prompt: string | null;
  /** Time for all cases, ms. */
  durationMs: number;
}

/** Proposals by the model, in requests as the daemon would send them; a line of progress on a terminal. */
async function proposeByModel(input: CommandInput, inputs: NamingInput[]): Promise<ProposalDraft[]> {
  const config = input.config();
  const { LLM_BATCH_SIZE: batchSize, LLM_MODEL: model } = config.values;
  const { signal } = input.io;
  const namer = namerFor(config);
  const found = await namer.probe(signal);
  if (!found.ok) throw new Error(`${found.reason} ${found.remedy}`);
  const bar = progressBar(input.io);
  const drafts: ProposalDraft[] = [];
  bar.show(0, inputs.length, model);
  try {
    for (let from = 0; from < inputs.length; from += batchSize) {
      const batch = inputs.slice(from, from + batchSize);
      drafts.push(
        ...(await namer.propose(
          batch,
          batch.map((one) => proposeByRules(one)),
          signal,
        )),
      );
      bar.show(drafts.length, inputs.length, `${model}  ${drafts.length} of ${inputs.length}`);
    }
  } catch (error) {
    signal.throwIfAborted();
    const { message } = error as Error;
    throw new Error(
      `The model failed after ${drafts.length} of ${inputs.length} cases: ${message}. Look into Ollama's log`,
    );
  } finally {
    bar.end();
  }
  return drafts;
}

/** A case that went wrong: what was invented, and each wrong field with what was expected. */
function describeCase({ id, path, invented, wrong }: CaseScore): string {
  const lines = [`✗ ${id}  ${path}`, ...invented.map((what) => `    invented  ${what}`)];
  for (const [name, { expected, got }] of Object.entries(wrong))
    lines.push(`    ${name}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
  return lines.join("\n");
}

/** All of it for people: fields, sums, and the worst cases. */
function describeScore(score: NamingScore, { engine, model, prompt, durationMs }: Run, worst: number): string {
  const percent = (right: number, total: number) => (total > 0 ? `${((100 * right) / total).toFixed(1)} %` : "");
  const rows = Object.entries(score.fields).map(([name, { right, total }]) => [
    ...[name, `${right}`, `${total}`, percent(right, total)],
  ]);
  const by = engine === "rules" ? "rules" : `rules and ${model}, prompt ${prompt}`;
  const each = score.cases > 0 ? Math.round(durationMs / score.cases) : 0;
  const sums = `${score.right} of ${score.cases} right (${percent(score.right, score.cases)}), ${score.invented} invented\nBy ${by}, ${each} ms a case`;
  const shown = worstCases(score).slice(0, worst).map(describeCase);
  return [table(["FIELD", "RIGHT", "OF", "PERCENT"], rows), "", sums, ...shown].join("\n");
}

async function propose(input: CommandInput, engine: EvalEngine, inputs: NamingInput[]): Promise<ProposalDraft[]> {
  return engine === "rules" ? inputs.map((one) => proposeByRules(one)) : proposeByModel(input, inputs);
}

export const evaluate: Command = {
  name: "eval",
  summary: "Score proposals against cases with known answers",
  usage: "naming CASES.jsonl",
  words: [2, 2],
  options: {
    engine: { type: "string", value: "ENGINE", help: "rules (default), or ollama: rules and then the model" },
    worst: { type: "string", value: "N", help: `Show this many of the worst cases (default ${usualWorst})` },
  },
  async run(input) {
    const { words, flags, io, json } = input;
    if (words[0] !== "naming") throw new UsageError("phaze eval naming CASES.jsonl");
    const engine = engines.find((name) => name === (flags.engine ?? "rules"));
    if (!engine) throw new UsageError("--engine is rules or ollama");
    const worst = wholeNumber(flags.worst, "--worst") ?? usualWorst;
    const cases: NamingCase[] = parseCases(await readFile(resolve(io.cwd, words[1] ?? ""), "utf8"));
    const start = performance.now();
    const score = await scoreCases(cases, (inputs) => propose(input, engine, inputs));
    const isModel = engine === "ollama";
    const run: Run = {
      engine,
      model: isModel ? input.config().values.LLM_MODEL : null,
      prompt: isModel ? promptVersion : null,
      durationMs: Math.round(performance.now() - start),
    };
    if (json) printJson(io, { ...score, ...run });
    else io.out(`${describeScore(score, run, worst)}\n`);
    return 0;
  },
};
