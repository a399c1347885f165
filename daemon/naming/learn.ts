import type { FieldName, Fields } from "../contract/fields.ts";
import { fieldNames } from "../contract/fields.ts";
import type { NamingInput, NamingRule } from "../contract/naming.ts";
import { stemOf } from "./clean-name.ts";
import { agreedDate, applyOrder, type DayMonthOrder, findDates } from "./dates.ts";
import { groupOfPath } from "./group.ts";
import { folderScope, groupScope, ruleField, ruleKey } from "./library.ts";
import { isGenericFolder } from "./noise.ts";
import { plainText } from "./text.ts";

/** Fields whose value names something that other files name as well. */
const named = new Set<FieldName>(["artist", "albumArtist", "album", "event", "venue", "stage"]);
/** Of these, names that belong to one artist or event: what else one is called holds for no other. */
const ofOne = new Set<FieldName>(["album", "stage"]);
/** Fields that the files of a folder share. */
const shared = new Set<FieldName>(["album", "albumArtist", "year", "event", "venue", "source"]);

/** Folder of a path, relative to the library. */
export const folderOfPath = (path: string): string => path.split("/").slice(0, -1).join("/");

/** The order of day and month that makes a date out of the one in the file's name; undefined when both or none do. */
function orderShown(path: string, date: string): DayMonthOrder | undefined {
  for (const found of findDates(plainText(stemOf(path)))) {
    if (found.readings.length < 2) continue;
    const fitting = (["dm", "md"] as const).filter((order) => agreedDate(applyOrder(found, order)) === date);
    if (fitting.length === 1) return fitting[0];
  }
  return undefined;
}

function learnDate(input: NamingInput, date: string): NamingRule[] {
  const order = orderShown(input.path, date);
  if (!order) return [];
  const folder = folderOfPath(input.path);
  const group = groupOfPath(input.path, input.siblings);
  const scope = group ? groupScope(group) : folderScope(folder);
  return [{ kind: "date-order", field: "date", scope, matches: "", before: "", value: order }];
}

function learnField(input: NamingInput, field: FieldName, before: string, value: string, fields: Fields): NamingRule[] {
  if (field === "date") return learnDate(input, value);
  if (field === "source" && fields.event)
    return [{ kind: "source", field, scope: "", matches: ruleKey(fields.event), before: fields.event, value }];
  if (before !== "" && named.has(field)) {
    const kind = ruleKey(before) === ruleKey(value) ? "spelling" : "alias";
    if (kind === "alias" && ofOne.has(field)) return [];
    return [{ kind, field: ruleField(field), scope: "", matches: ruleKey(before), before, value }];
  }
  const folder = folderOfPath(input.path);
  const name = folder.split("/").at(-1) ?? "";
  if (before !== "" || !shared.has(field) || name === "" || isGenericFolder(name)) return [];
  return [{ kind: "folder", field, scope: folderScope(folder), matches: "", before: "", value }];
}

/**
 * What a library can learn from fields that a person changed in one proposal. `before`: the fields as proposed. A cleared
 * field, a title or a number teaches nothing: it is that file's own.
 */
export function learnFrom(input: NamingInput, before: Fields, edits: Fields): NamingRule[] {
  const after = { ...before, ...edits };
  /** Values that only changed places were read wrongly: their names are as they were. */
  const isMoved = (field: FieldName, value: string, was: string) =>
    fieldNames.some(
      (other) =>
        ruleField(other) !== ruleField(field) &&
        ((was !== "" && ruleKey(after[other] ?? "") === ruleKey(was)) ||
          ruleKey(before[other] ?? "") === ruleKey(value)),
    );
  return fieldNames.flatMap((field) => {
    const value = edits[field]?.trim() ?? "";
    const was = before[field] ?? "";
    return value === "" || value === was || isMoved(field, value, was)
      ? []
      : learnField(input, field, was, value, after);
  });
}
