import { z } from "@hono/zod-openapi";
import { type TemplateChanges, templateKinds } from "./templates.ts";

/** More than this is refused as it comes; the language itself allows less. */
const mostSentChars = 2000;
const sentText = z.string().max(mostSentChars).nullish();

/** Changes as they are sent, and as they are stored. */
export const templateChangesSchema: z.ZodType<TemplateChanges> = z
  .partialRecord(z.enum(templateKinds), z.object({ filename: sentText, directory: sentText }).strict().nullable())
  .openapi({
    description: "What is absent stays as it is; null, for a template or a whole kind, takes back to the default",
    example: { festival: { filename: "{Artist} @ {Event} {YYYY}", directory: null } },
  });

export const templatePairSchema = z.object({
  filename: z.string().openapi({ description: "Without the extension" }),
  directory: z.string().openapi({ description: "Below the output folder" }),
});
const byKind = <T extends z.ZodType>(value: T) => z.record(z.enum(templateKinds), value);

export const templatesReplySchema = z
  .object({
    templates: byKind(templatePairSchema),
    defaults: byKind(templatePairSchema),
    fields: z.array(z.object({ name: z.string(), example: z.string(), description: z.string() })),
  })
  .openapi("NamingTemplates");
export type TemplatesReply = z.infer<typeof templatesReplySchema>;

export const templatesSavedSchema = z.object({
  templates: byKind(templatePairSchema),
  remade: z.number().int().openapi({ description: "Pending proposals that are made anew" }),
});
export type TemplatesSaved = z.infer<typeof templatesSavedSchema>;

const fromTo = z.object({ from: z.string(), to: z.string() });
export const templatePreviewSchema = z
  .object({
    errors: z.array(
      z.object({
        path: z.string().openapi({ example: "festival.filename" }),
        message: z.string(),
        at: z.number().int().openapi({ description: "Place in the template, from 0, in UTF-16 units" }),
        length: z.number().int(),
      }),
    ),
    samples: z
      .array(fromTo)
      .openapi({ description: "Files relative to the library, and their place below the output" }),
    madeUp: z.boolean().openapi({ description: "The samples are examples: no pending proposal is of this kind" }),
    collisions: z
      .array(z.object({ to: z.string(), from: z.array(z.string()) }))
      .openapi({ description: "Different files that would get one name" }),
  })
  .openapi("TemplatePreview");
export type TemplatePreview = z.infer<typeof templatePreviewSchema>;
export const previewReplySchema = z.object({
  templates: byKind(templatePreviewSchema),
  checked: z.number().int().openapi({ description: "Pending proposals that were looked at, the newest first" }),
});
export type PreviewReply = z.infer<typeof previewReplySchema>;
