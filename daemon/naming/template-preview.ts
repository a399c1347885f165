import type { Fields, ProposalKind } from "../contract/fields.ts";
import { foldPath } from "../contract/raw-path.ts";
import { type TemplateKind, type Templates, templateKinds } from "../contract/templates.ts";
import { optionsOf, renderName } from "./render.ts";
import type { TemplateError } from "./template-choice.ts";
import { examples } from "./template-examples.ts";
import { templateErrors } from "./template-parse.ts";
import { defaultTemplates, templateFor } from "./templates.ts";

/** A file with the name that was proposed for it. */
export interface NamedFile {
  readonly kind: ProposalKind;
  readonly fields: Fields;
  readonly filename: string;
  readonly directory: string;
  /** Relative to the library. */
  readonly path: string;
}
/** What one template would do. */
export interface KindPreview {
  readonly errors: readonly (TemplateError & { path: string })[];
  readonly samples: readonly { from: string; to: string }[];
  /** The samples are no files of the library, which has none of this kind. */
  readonly madeUp: boolean;
  /** Different files that would get one name. */
  readonly collisions: readonly { to: string; from: readonly string[] }[];
}

interface Renamed {
  readonly template: TemplateKind;
  readonly from: string;
  readonly to: string;
  /** What the defaults would make of it. */
  readonly byDefault: string;
}

const mostSamples = 5;
const mostCollisions = 3;

const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);

/** The names that templates give files; `stored` are the templates that gave them the names they have. */
function renameAll(files: readonly NamedFile[], templates: Templates, stored: Templates): Renamed[] {
  return files.flatMap((file) => {
    const template = templateFor(file.kind, file.fields);
    if (template === null) return [];
    const options = { ...optionsOf(file, stored, file.path), path: file.path };
    const place = (by: Templates) => {
      const made = renderName(file.kind, file.fields, { ...options, templates: by });
      return made.isNew ? [made.directory, made.filename].filter(Boolean).join("/") : null;
    };
    const to = place(templates);
    return to === null ? [] : [{ template, from: file.path, to, byDefault: place(defaultTemplates) ?? file.path }];
  });
}

/** Some files, of as many folders as there are: those of one album look alike. */
function pickSamples(files: readonly Renamed[]): { from: string; to: string }[] {
  const seen = new Set<string>();
  const isFirst = ({ from }: Renamed) => !seen.has(folderOf(from)) && seen.add(folderOf(from));
  const firsts = files.filter(isFirst);
  const others = files.filter((file) => !firsts.includes(file));
  return [...firsts, ...others].slice(0, mostSamples).map(({ from, to }) => ({ from, to }));
}

/** Files that would get one name though the defaults tell them apart, so that it is the template's doing. */
function collisionsOf(files: readonly Renamed[]): { template: TemplateKind; to: string; from: string[] }[] {
  const groups = Map.groupBy(files, ({ to }) => foldPath(to));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const apart = [...new Map(group.map((file) => [foldPath(file.byDefault), file])).values()];
    if (!first || apart.length < 2) return [];
    return [{ template: first.template, to: first.to, from: apart.map(({ from }) => from) }];
  });
}

/** What templates would do to files of the library, or to examples where it has none; by template. */
export function previewTemplates(
  templates: Templates,
  stored: Templates,
  files: readonly NamedFile[],
): Record<TemplateKind, KindPreview> {
  const errors = templateErrors(templates);
  const renamed = renameAll(files, templates, stored);
  const collisions = collisionsOf(renamed);
  const entries = templateKinds.map((kind): [TemplateKind, KindPreview] => {
    const own = errors.filter(({ path }) => path.startsWith(`${kind}.`));
    if (own.length > 0) return [kind, { errors: own, samples: [], madeUp: false, collisions: [] }];
    const real = renamed.filter(({ template }) => template === kind);
    const madeUp = real.length === 0;
    const samples = pickSamples(madeUp ? renameAll(examples[kind], templates, defaultTemplates) : real);
    const hits = collisions.filter(({ template }) => template === kind).slice(0, mostCollisions);
    return [kind, { errors: [], samples, madeUp, collisions: hits.map(({ to, from }) => ({ to, from })) }];
  });
  return Object.fromEntries(entries) as Record<TemplateKind, KindPreview>;
}
