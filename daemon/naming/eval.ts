import { z } from "zod";
import { type FieldName, type Fields, fieldNames, proposalKinds } from "../contract/fields.ts";
import { type NamingInput, namingInputSchema, type ProposalDraft } from "../contract/naming.ts";
import { isSupported, textOfInput } from "./support.ts";

const answer = z.union([z.string(), z.number()]).transform(String);
const expectShape = Object.fromEntries(fieldNames.map((name) => [name, answer.optional()])) as Record<
  FieldName,
  z.ZodOptional<typeof answer>
>;

/** One case of a naming exam: an input, what is right, what is right too, and what only a guess could give. */
export const namingCaseSchema = namingInputSchema.extend({
  id: z.string(),
  expect: z.object({ kind: z.enum(proposalKinds), ...expectShape, filename: z.string(), directory: z.string() }),
  accept: z.record(z.string(), z.array(answer)).default({}),
  never: z.array(z.string()).default([]),
});
/** A case as read, with defaults filled. */
export type NamingCase = z.infer<typeof namingCaseSchema>;

/** How one case went. */
export interface CaseScore {
  readonly id: string;
  readonly path: string;
  readonly right: boolean;
  /** Values that no text of the input supports, and forbidden strings that appear: `field: value`. */
  readonly invented: string[];
  readonly wrong: Record<string, { expected: string; got: string }>;
}
/** How all cases went; `fields` counts only what the cases expect. */
export interface NamingScore {
  readonly cases: number;
  readonly right: number;
  readonly fields: Record<string, { right: number; total: number }>;
  readonly invented: number;
  readonly perCase: CaseScore[];
}

/** Cases that did not go well, the worst first: those with inventions, then those with most wrong fields. */
export function worstCases({ perCase }: NamingScore): CaseScore[] {
  const faults = ({ wrong }: CaseScore) => Object.keys(wrong).length;
  return perCase
    .filter((one) => !one.right || one.invented.length > 0 || faults(one) > 0)
    .toSorted((a, b) => b.invented.length - a.invented.length || faults(b) - faults(a));
}

/** Reads cases, one JSON object a line; an error names the line and what is wrong with it. */
export function parseCases(text: string): NamingCase[] {
  const cases: NamingCase[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new Error(`Line ${index + 1} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    const parsed = namingCaseSchema.safeParse(value);
    if (!parsed.success) throw new Error(`Line ${index + 1} is not a naming case: ${z.prettifyError(parsed.error)}`);
    cases.push(parsed.data);
  }
  return cases;
}

/** Values are compared as text; leading zeros of numbers do not count. */
function sameValue(a: string, b: string): boolean {
  const plain = (text: string) =>
    text
      .normalize("NFC")
      .trim()
      .replace(/^0+(?=\d)/, "");
  return plain(a) === plain(b);
}

function isRight(expected: string, accepted: readonly string[] | undefined, got: string): boolean {
  return [expected, ...(accepted ?? [])].some((value) => sameValue(value, got));
}

function inventedIn(kase: NamingCase, draft: ProposalDraft): string[] {
  const text = textOfInput(kase);
  const out: string[] = [];
  const values = Object.entries(draft.fields as Fields) as [FieldName, string][];
  for (const [name, value] of values) {
    if (value && !isSupported(name, value, text)) out.push(`${name}: ${value}`);
  }
  const shown: [string, string][] = [...values, ["filename", draft.filename], ["directory", draft.directory]];
  for (const never of kase.never) {
    for (const [name, value] of shown) if (value?.includes(never)) out.push(`${name}: ${never}`);
  }
  return [...new Set(out)];
}

function scoreCase(kase: NamingCase, draft: ProposalDraft, fields: NamingScore["fields"]): CaseScore {
  const got: Record<string, string> = {
    ...(draft.fields as Record<string, string>),
    kind: draft.kind,
    filename: draft.filename,
    directory: draft.directory,
  };
  const wrong: CaseScore["wrong"] = {};
  for (const [name, expected] of Object.entries(kase.expect)) {
    if (expected === undefined) continue;
    const right = isRight(expected, kase.accept[name], got[name] ?? "");
    const tally = fields[name] ?? { right: 0, total: 0 };
    fields[name] = tally;
    tally.total++;
    if (right) tally.right++;
    else wrong[name] = { expected, got: got[name] ?? "" };
  }
  const right = !wrong.kind && !wrong.filename && !wrong.directory;
  return { id: kase.id, path: kase.path, right, invented: inventedIn(kase, draft), wrong };
}

/** The engine's answer to a case; what the case expects is not shown to it. */
function inputOf(kase: NamingCase): NamingInput {
  const { path, durationSec, tags, companions, siblings } = kase;
  return { path, durationSec, tags, companions, siblings };
}

/** Scores proposals against cases: a case is right when kind, file name and directory are (or an accepted other). */
export async function scoreCases(
  cases: readonly NamingCase[],
  propose: (inputs: NamingInput[]) => ProposalDraft[] | Promise<ProposalDraft[]>,
): Promise<NamingScore> {
  const drafts = await propose(cases.map(inputOf));
  const fields: NamingScore["fields"] = {};
  const perCase = cases.map((kase, index) => {
    const draft = drafts[index];
    if (!draft) throw new Error(`No proposal for case ${kase.id}.`);
    return scoreCase(kase, draft, fields);
  });
  const right = perCase.filter((one) => one.right).length;
  const invented = perCase.reduce((sum, one) => sum + one.invented.length, 0);
  return { cases: cases.length, right, fields, invented, perCase };
}
