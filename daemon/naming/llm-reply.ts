import { z } from "zod";
import { type FieldName, fieldNames, type ProposalKind, proposalKinds } from "../contract/fields.ts";

/** One file's answer: the kind and the fields that the model filled. */
export interface ModelAnswer {
  readonly kind?: ProposalKind;
  readonly fields: Partial<Record<FieldName, string>>;
}

const itemSchema = z.object({
  index: z.number().int(),
  kind: z.unknown().optional(),
  fields: z.record(z.string(), z.unknown()),
});
const replySchema = z.object({ items: z.array(z.unknown()) });

const maxValueLength = 120;
/**
 * What items share. Ollama makes a grammar of the shape and holds 32,768 bytes of it; with this written out for each of
 * ten files, it would have 57,000.
 */
const shared = {
  kind: { type: "string", enum: [...proposalKinds] },
  fields: {
    type: "object",
    properties: Object.fromEntries(fieldNames.map((name) => [name, { type: "string", maxLength: maxValueLength }])),
    additionalProperties: false,
  },
};

/**
 * The shape the model is made to answer in (`format` of Ollama's chat): one item for each of `count` files, in order.
 * There is no `items` beside `prefixItems`: Ollama would read that alone.
 */
export function replyFormat(count: number): object {
  const itemOf = (index: number) => ({
    type: "object",
    properties: {
      index: { type: "integer", const: index },
      kind: { $ref: "#/$defs/kind" },
      fields: { $ref: "#/$defs/fields" },
    },
    required: ["index", "fields"],
    additionalProperties: false,
  });
  const prefixItems = Array.from({ length: count }, (_, index) => itemOf(index));
  return {
    $defs: shared,
    type: "object",
    properties: { items: { type: "array", prefixItems, minItems: count, maxItems: count } },
    required: ["items"],
    additionalProperties: false,
  };
}

function readFields(raw: Record<string, unknown>): ModelAnswer["fields"] {
  const fields: Partial<Record<FieldName, string>> = {};
  for (const name of fieldNames) {
    const value = raw[name];
    // A field that is no text is left out, the others count all the same.
    const text = typeof value === "number" && Number.isInteger(value) && value >= 0 ? String(value) : value;
    const written = typeof text === "string" ? text.trim() : "";
    if (written !== "" && written.length <= 400) fields[name] = written;
  }
  return fields;
}

/**
 * Reads a reply for `count` files. Items with an index given twice, or of the wrong shape, are left out: their files
 * count as unanswered. Throws when the whole is no JSON of the agreed shape, or an index lies outside of the list.
 */
export function readReply(text: string, count: number): Map<number, ModelAnswer> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // What it says is not repeated: it may be what a text in the question ordered.
    throw new Error("the answer was not JSON");
  }
  const reply = replySchema.safeParse(json);
  if (!reply.success) throw new Error("the answer had no list of items");
  const answers = new Map<number, ModelAnswer>();
  const twice = new Set<number>();
  for (const raw of reply.data.items) {
    const item = itemSchema.safeParse(raw);
    if (!item.success) continue;
    // Of numbers that begin at 1, or go beyond the list, none says which file it means.
    if (item.data.index < 0 || item.data.index >= count)
      throw new Error("the answer's indexes are not those of the list");
    const { index, kind } = item.data;
    if (answers.has(index)) twice.add(index);
    const known = proposalKinds.find((name) => name === kind);
    answers.set(index, { fields: readFields(item.data.fields), ...(known ? { kind: known } : {}) });
  }
  // Two answers for one file: no telling which is meant.
  for (const index of twice) answers.delete(index);
  return answers;
}
