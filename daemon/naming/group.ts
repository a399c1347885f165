import { stemOf } from "./clean-name.ts";
import { learnOrder } from "./dates.ts";
import { isGroupName, isMark } from "./noise.ts";
import { plainText } from "./text.ts";

const tail = /-([A-Za-z0-9]{2,12})$/;
const bracketTail = /[\s_.-]*[[({]([A-Za-z0-9]{2,12})[\])}]$/;
const endsInNumberOrMark = /(?:\d{2}[-._]\d{2}[-._]\d{2,4}|\d{4}[-._]\d{2}[-._]\d{2}|(?:19|20)\d{2}|\))[\])]?$/;
const notGroups =
  /^(?:live|mix|remix|edit|set|cd\d*|part\d*|side[ab]?|final|full|vol\d*|xx|intro|outro|bonus|ep|lp|vip|ost|dub|usa|uk|nyc|demo|mono|stereo|clean|dirty)$/i;

function tailOf(name: string): { group: string; before: string } | null {
  const match = tail.exec(name);
  // A number alone is a year or a part, never a group.
  if (!match?.[1] || !/[A-Za-z]/.test(match[1]) || isMark(match[1]) || notGroups.test(match[1])) return null;
  return { group: match[1], before: name.slice(0, match.index) };
}

/** `artist_-_title-GRP`: the only capitals of a name with underscores for spaces. */
const isLoneCapitals = (before: string, group: string) =>
  before.includes("_") && before === before.toLowerCase() && /^[A-Z][A-Z0-9]{2,}$/.test(group);

function isSceneTail(before: string, group: string): boolean {
  if (/ /.test(before)) return false;
  const last = before.split(/[-._]/).at(-1) ?? "";
  return isLoneCapitals(before, group) || endsInNumberOrMark.test(before) || (/[-.]/.test(before) && isMark(last));
}

/**
 * The release group at the end of a name, lower-cased: after a date, a year or a source mark, the only capitals of a
 * name, a well-known group, or a tail that the folder (or every sibling) carries too.
 */
export function groupOf(name: string, folder = "", siblings: readonly string[] = []): string | undefined {
  const bracket = bracketTail.exec(name);
  if (bracket?.[1] && isGroupName(bracket[1])) return bracket[1].toLowerCase();
  const own = tailOf(name);
  if (!own) return undefined;
  const group = own.group.toLowerCase();
  if (isSceneTail(own.before, own.group)) return group;
  if (isGroupName(own.group) && /[-_.)\]]/.test(own.before) && !/ - /.test(name)) return group;
  if (tailOf(folder)?.group.toLowerCase() === group) return group;
  const others = siblings.map((sibling) => tailOf(sibling)?.group.toLowerCase());
  return others.length > 1 && !/ /.test(name) && others.every((other) => other === group) ? group : undefined;
}

/** The release group of a file at a path, among siblings' names. */
export function groupOfPath(path: string, siblings: readonly string[]): string | undefined {
  return groupOf(stemOf(path), path.split("/").at(-2) ?? "", siblings.map(stemOf));
}

/** The group that a file's name shows, with the order of day and month that it shows beside; null: no group. */
export function groupShown(
  path: string,
  siblings: readonly string[],
): { name: string; dateOrder: "dm" | "md" | null } | null {
  const name = groupOfPath(path, siblings);
  if (!name) return null;
  const order = learnOrder([plainText(stemOf(path))]);
  return { name, dateOrder: order === "dm" || order === "md" ? order : null };
}

/** The name without its group's tail. */
export function withoutGroup(name: string, group: string | undefined): string {
  if (!group) return name;
  for (const pattern of [tail, bracketTail]) {
    const match = pattern.exec(name);
    if (match?.[1]?.toLowerCase() === group) return name.slice(0, match.index);
  }
  return name;
}
