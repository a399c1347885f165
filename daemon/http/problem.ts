import type { Context } from "hono";

/** An error that has an answer: thrown by routes, answered as RFC 9457 problem details. */
export class HttpProblem extends Error {
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 416 | 422 | 503;
  readonly title: string;
  readonly errors: FieldError[] | undefined;
  constructor(status: HttpProblem["status"], title: string, detail?: string, errors?: FieldError[]) {
    super(detail ?? title);
    this.status = status;
    this.title = title;
    this.errors = errors;
  }
}

export interface FieldError {
  path: string;
  message: string;
  /** Place in a text, and how long what is wrong is there. */
  at?: number;
  length?: number;
}

export function problem(c: Context, status: number, title: string, detail?: string, errors?: FieldError[]): Response {
  const body = {
    type: "about:blank",
    title,
    status,
    ...(detail && detail !== title ? { detail } : {}),
    ...(errors ? { errors } : {}),
  };
  return c.body(JSON.stringify(body), status as 400, { "content-type": "application/problem+json; charset=utf-8" });
}
