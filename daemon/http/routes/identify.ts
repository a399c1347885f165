import { createRoute, z } from "@hono/zod-openapi";
import { type IdentifyLine, type IdentifyReply, identifyReplySchema } from "../../contract/fingerprint-api.ts";
import { sampleRateHeader } from "../../contract/sidecar.ts";
import { pathsOf } from "../../db/fingerprints.ts";
import type { Db } from "../../db/open.ts";
import { type Identification, identifySound } from "../../fingerprint/identify.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { fails, json } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";

export const identifyPath = "/api/v1/identify";

const identify = createRoute({
  method: "post",
  path: identifyPath,
  tags: ["Fingerprints"],
  summary: "Recognise a sound: which stretches of it are in which files",
  description:
    "The body is raw sound: mono, 32-bit float, little-endian, of any length. 11,025 Hz is the rate the engines work at. With `accept: application/x-ndjson` the answer is lines: {progress}, at last {answer} or {error}.",
  request: {
    headers: z.object({
      [sampleRateHeader]: z.coerce
        .number()
        .int()
        .min(4000)
        .max(384_000)
        .openapi({ description: "Rate of the body, Hz" }),
    }),
  },
  responses: {
    200: json(identifyReplySchema, "What was recognised, by time"),
    400: fails("No such sound"),
    503: fails("No engine can be asked"),
  },
});

/** The answer: matches with their paths. Throws HttpProblem when no engine answered. */
function replyOf(db: Db, { matches, engines, errors }: Identification): IdentifyReply {
  const said = errors.map(({ message }) => message).join("; ");
  if (engines.length === 0) {
    const refused = errors.some(({ status }) => status === 400 || status === 413);
    throw new HttpProblem(refused ? 400 : 503, refused ? "No such sound" : "No engine can be asked", said);
  }
  const paths = pathsOf(
    db,
    matches.map(({ id }) => id),
  );
  return {
    matches: matches.flatMap(({ id, ...match }) => {
      const path = paths.get(id);
      return path === undefined ? [] : [{ fileId: id, path, ...match }];
    }),
    errors: errors.map(({ engine, message }) => ({ engine, message })),
  };
}

/** The sound of a request. Throws HttpProblem when it breaks off. */
async function* chunksOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  try {
    if (body) yield* body as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new HttpProblem(400, "The sound broke off", (error as Error).message);
  }
}

/** Lines as they come; a client that goes ends the search. */
function lineStream(
  work: (say: (line: IdentifyLine) => void) => Promise<IdentifyReply>,
  stop: AbortController,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      const say = (line: IdentifyLine) => {
        if (!stop.signal.aborted) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      };
      try {
        say({ answer: await work(say) });
      } catch (error) {
        say({ error: (error as Error).message });
      }
      if (!stop.signal.aborted) controller.close();
    },
    cancel: () => stop.abort(new Error("The client has gone")),
  });
}

export function identifyRoutes({ db, sidecars }: AppDeps) {
  return makeRoutes().openapi(identify, async (c) => {
    const rate = c.req.valid("header")[sampleRateHeader];
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, c.req.raw.signal]);
    const sound = chunksOf(c.req.raw.body);
    const lines = c.req.header("accept")?.includes("application/x-ndjson");
    if (!lines) return c.json(replyOf(db, await identifySound(sidecars, sound, rate, signal)), 200);
    const shares: Record<string, number> = {};
    const body = lineStream(async (say) => {
      const found = await identifySound(sidecars, sound, rate, signal, (engine, share) => {
        if (share === undefined) return;
        shares[engine] = share;
        say({ progress: Math.min(...Object.values(shares)) });
      });
      return replyOf(db, found);
    }, stop);
    return c.body(body, 200, { "content-type": "application/x-ndjson" }) as never;
  });
}
