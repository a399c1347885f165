import { z } from "zod";
import content from "./catalogue.json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileSchema = z.object({
  name: z.string().regex(/^[\w.-]+$/),
  bytes: z.number().int().min(1).max(50_000_000),
  sha256,
});
const modelSchema = z
  .object({
    /** Also the folder that holds its files. */
    name: z.string().regex(/^[a-z][\w-]*$/),
    title: z.string(),
    /** What it is for: `style`, `danceability`, or `mood:` and the mood. */
    gives: z.string(),
    /** The class whose probability that is; null for the model of many tags. */
    positive: z.string().nullable(),
    /** The model's outputs in their order. */
    classes: z.array(z.string()).min(1),
    /** ZIP files that hold the model; the first one that is there is taken. */
    archives: z.array(z.url({ protocol: /^https$/ })).min(1),
    files: z.array(fileSchema).length(2),
  })
  .refine((model) => model.positive === null || model.classes.includes(model.positive), "positive is no class");
const catalogueSchema = z.object({
  /** The models' home. */
  home: z.url({ protocol: /^https$/ }),
  licence: z.string(),
  licenceUrl: z.url(),
  author: z.string(),
  mostArchiveBytes: z.number().int().min(1),
  models: z.array(modelSchema),
});

export type Catalogue = z.output<typeof catalogueSchema>;
/** A supported model: its files are known by size and SHA-256, and no others are loaded. */
export type CatalogueModel = z.output<typeof modelSchema>;
export type CatalogueFile = z.output<typeof fileSchema>;

/** The models that Phaze supports. */
export function readCatalogue(): Catalogue {
  return catalogueSchema.parse(content);
}

/** Where the output of class `label` is. Classes are chosen by label: `sad` is the second output, `happy` the first. */
export function classIndex(classes: readonly string[], label: string): number {
  const index = classes.indexOf(label);
  if (index === -1) throw new Error(`The model has no class ${label}: it has ${classes.join(", ")}`);
  return index;
}
