import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseCases, scoreCases } from "../naming/eval.ts";
import { proposeByRules } from "../naming/rules.ts";
import { type Command, UsageError } from "./command.ts";
import { printJson } from "./review.ts";
import { table } from "./table.ts";

export const evaluate: Command = {
  name: "eval",
  summary: "Score proposals against cases with known answers",
  usage: "naming CASES.jsonl",
  words: [2, 2],
  options: { engine: { type: "string", value: "ENGINE", help: "rules (default)" } },
  async run({ words, flags, io, json }) {
    if (words[0] !== "naming") throw new UsageError("phaze eval naming CASES.jsonl");
    if ((flags.engine ?? "rules") !== "rules") throw new UsageError("--engine is rules");
    const cases = parseCases(await readFile(resolve(io.cwd, words[1] ?? ""), "utf8"));
    const score = await scoreCases(cases, (inputs) => inputs.map((one) => proposeByRules(one)));
    if (json) {
      printJson(io, score);
      return 0;
    }
    const rows = Object.entries(score.fields).map(([name, field]) => [name, `${field.right}`, `${field.total}`]);
    io.out(
      `${table(["FIELD", "RIGHT", "OF"], rows)}\n\n${score.right} of ${score.cases} right, ${score.invented} invented\n`,
    );
    for (const item of score.perCase.filter((other) => !other.right))
      io.out(`✗ ${item.id}: ${JSON.stringify(item.wrong)}\n`);
    return 0;
  },
};
