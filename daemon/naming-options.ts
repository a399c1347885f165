import { activeRules, rulesStamp } from "./db/naming-rules.ts";
import type { Db } from "./db/open.ts";
import { readTemplates, templatesStamp } from "./db/templates.ts";
import { makeLibrary } from "./naming/library.ts";
import type { RulesOptions } from "./naming/rules.ts";

/** What names are proposed with, as of now; it is read anew only when it has changed. */
export function makeNamingOptions(db: Db): () => RulesOptions {
  let known: { stamp: string; options: RulesOptions } | undefined;
  return () => {
    const stamp = `${templatesStamp(db)}\n${rulesStamp(db)}`;
    if (known?.stamp !== stamp)
      known = { stamp, options: { templates: readTemplates(db), library: makeLibrary(activeRules(db)) } };
    return known.options;
  };
}
