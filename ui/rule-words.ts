import type { KeptRuleItem } from "./api.ts";
import { fieldWords } from "./words.ts";

const orders: Readonly<Record<string, string>> = { dm: "the day comes first", md: "the month comes first" };

/** Where a rule holds, in words: empty for the whole library. */
function scopeInWords(scope: string): string {
  const [kind, ...rest] = scope.split(":");
  if (kind === "folder") return ` in the folder ${rest.join(":")}`;
  return kind === "group" ? ` of the group ${rest.join(":").toUpperCase()}` : "";
}

/** What a library has learned, in a short sentence without a full stop. */
export function ruleInWords(rule: KeptRuleItem): string {
  const where = scopeInWords(rule.scope);
  if (rule.kind === "date-order") return `in dates${where}, ${orders[rule.value] ?? rule.value}`;
  if (rule.kind === "source") return `“${rule.before}” is: ${rule.value}`;
  const field = fieldWords[rule.field].toLowerCase();
  if (rule.kind === "folder") return `${field} “${rule.value}” for files without one${where}`;
  return `${field} “${rule.before}” is written “${rule.value}”`;
}
