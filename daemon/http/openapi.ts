import type { z } from "@hono/zod-openapi";
import { problemSchema } from "../contract/api.ts";

/** The JSON answer of a route, for the reference. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { "application/json": { schema } },
  description,
});

/** An answer of problem details. */
export const fails = (description: string) => ({
  content: { "application/problem+json": { schema: problemSchema } },
  description,
});

/** A JSON request body; `optional` bodies may be absent. */
export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  body: { content: { "application/json": { schema } }, required: false },
});
