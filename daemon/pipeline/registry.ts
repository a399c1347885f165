import type { FileKind } from "../contract/kinds.ts";
import type { Entry } from "./stage.ts";

// biome-ignore lint/suspicious/noExplicitAny: entries of different types share one list; each is consistent in itself.
export type AnyEntry = Entry<any, any>;

/** All stages, checked: names are unique, what a stage waits for exists and comes before it. */
export interface Registry {
  readonly entries: readonly AnyEntry[];
  get(name: string): AnyEntry;
  /** Stages that wait for `name`. */
  dependents(name: string): readonly AnyEntry[];
  /** Stages that use the results of `name` without waiting for them. */
  listeners(name: string): readonly AnyEntry[];
  /** Stages a new file of this kind starts with. */
  first(kind: FileKind): readonly AnyEntry[];
}

/** Checks the entries (in an order in which each follows what it waits for) and throws when they make no pipeline. */
export function makeRegistry(entries: readonly AnyEntry[]): Registry {
  const known = new Map<string, AnyEntry>();
  for (const entry of entries) {
    const { name, version, needs, after, together, again } = entry.stage;
    if (!/^[a-z][a-z-]*$/.test(name))
      throw new Error(`Stage name ${JSON.stringify(name)}: lower-case letters and dashes only`);
    if (known.has(name)) throw new Error(`Stage ${name} is registered twice`);
    if (!Number.isInteger(version) || version < 1)
      throw new Error(`Stage ${name}: its version must be a whole number from 1`);
    for (const other of [...needs, ...after, ...(again ?? [])]) {
      if (!known.has(other)) throw new Error(`Stage ${name} waits for ${other}, which is not registered before it`);
    }
    if (together && !after.includes(together) && !needs.includes(together))
      throw new Error(`Stage ${name} waits for ${together} of its folder, but not for its own`);
    known.set(name, entry);
  }
  const waits = (entry: AnyEntry, name: string) => entry.stage.needs.includes(name) || entry.stage.after.includes(name);
  return {
    entries,
    get(name) {
      const entry = known.get(name);
      if (!entry) throw new Error(`There is no stage ${name}`);
      return entry;
    },
    dependents: (name) => entries.filter((entry) => waits(entry, name)),
    listeners: (name) => entries.filter(({ stage }) => stage.again?.includes(name)),
    first: (kind) =>
      entries.filter(({ stage }) => stage.kinds.includes(kind) && stage.needs.length === 0 && stage.after.length === 0),
  };
}
