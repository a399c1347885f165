import { activeRules, rulesStamp } from "./db/naming-rules.ts";
import type { Db } from "./db/open.ts";
import { type Library, makeLibrary } from "./naming/library.ts";
import type { RulesOptions } from "./naming/rules.ts";

/** What names are proposed with, as of now: what the library has learned is read anew only when it has changed. */
export function makeNamingOptions(db: Db): () => RulesOptions {
  let known: { stamp: string; library: Library } | undefined;
  return () => {
    const stamp = rulesStamp(db);
    if (known?.stamp !== stamp) known = { stamp, library: makeLibrary(activeRules(db)) };
    return { library: known.library };
  };
}
