import { templateChangesSchema } from "../contract/naming-api.ts";
import { type TemplateChanges, type Templates, templateKinds, templateParts } from "../contract/templates.ts";
import { templateErrors } from "../naming/template-parse.ts";
import { changeTemplates, defaultTemplates } from "../naming/templates.ts";
import { readFact, writeFact } from "./facts.ts";
import type { Db } from "./open.ts";

const fact = "templates";

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * The naming templates in force. One that is stored and cannot be used gives way to the default; `onBad` is told which
 * (`festival.filename`; empty for all of them) and why.
 */
export function readTemplates(db: Db, onBad?: (path: string, message: string) => void): Templates {
  const text = readFact(db, fact);
  if (text === null) return defaultTemplates;
  const stored = templateChangesSchema.safeParse(parsed(text));
  if (!stored.success) {
    onBad?.("", "What is stored is no set of templates");
    return defaultTemplates;
  }
  const templates = changeTemplates(defaultTemplates, stored.data);
  const bad = new Map(templateErrors(templates).map(({ path, message }) => [path, message]));
  for (const [path, message] of bad) onBad?.(path, message);
  if (bad.size === 0) return templates;
  return changeTemplates(
    templates,
    fromTexts((kind, part) => (bad.has(`${kind}.${part}`) ? null : undefined)),
  );
}

/** Another text whenever the templates in force are others. */
export const templatesStamp = (db: Db): string => readFact(db, fact) ?? "";

type TextOf = (kind: (typeof templateKinds)[number], part: (typeof templateParts)[number]) => string | null | undefined;

/** Changes out of single texts; undefined leaves one out. */
function fromTexts(textOf: TextOf): TemplateChanges {
  const changes: TemplateChanges = {};
  for (const kind of templateKinds)
    for (const part of templateParts) {
      const text = textOf(kind, part);
      if (text !== undefined) changes[kind] = { ...changes[kind], [part]: text };
    }
  return changes;
}

/** Changes templates, which must be without errors, and keeps what differs from the defaults. Returns those now in force. */
export function writeTemplates(db: Db, changes: TemplateChanges): Templates {
  const templates = changeTemplates(readTemplates(db), changes);
  const own = fromTexts((kind, part) => {
    const text = templates[kind][part];
    return text === defaultTemplates[kind][part] ? undefined : text;
  });
  writeFact(db, fact, JSON.stringify(own));
  return templates;
}
