import { type Context, Hono } from "hono";
import { stream } from "hono/streaming";
import {
  largestTrackId,
  type QueryAnswer,
  type SidecarHealth,
  type SidecarMatch,
  type Stored,
} from "../../../daemon/contract/sidecar.ts";
import { type Engine, parameterHash } from "../engine.ts";
import { StoreError } from "../store/files.ts";
import type { Library } from "./library.ts";
import { BodyError, readRate, readSound } from "./pcm.ts";
import type { Steps } from "./steps.ts";

/** What the app works with. `open` is null, with the reason, when the store cannot be used. */
export interface SidecarDeps {
  engine: Engine;
  version: string;
  library: Library | null;
  /** Why there is no library, or why it is not to be trusted any more. */
  broken(): string | null;
  /** Says that the store was found damaged. */
  onDamage(reason: string): void;
  /** Says that something was stored or deleted, so that segments may want merging. */
  onChange(): void;
  steps: Steps;
  now(): number;
}

const canaryMs = 30_000;
const mostListed = 10_000;

const problem = (c: Context, status: 400 | 403 | 404 | 413 | 500 | 503 | 507, title: string, detail?: string) =>
  c.json({ type: "about:blank", title, status, ...(detail ? { detail } : {}) }, status, {
    "content-type": "application/problem+json",
  });

/** What a failure means to the caller. */
function answerFailure(c: Context, deps: SidecarDeps, error: unknown) {
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof BodyError) return problem(c, error.status, "The body cannot be taken", message);
  if (code === "ENOSPC" || code === "EDQUOT") return problem(c, 507, "The disk is full: nothing was stored", message);
  if (error instanceof StoreError && /damaged|too short/.test(message)) deps.onDamage(message);
  return problem(c, 500, "It did not work, and nothing was stored", message);
}

const readId = (text: string): number => {
  const id = Number(text);
  if (!/^\d{1,8}$/.test(text) || id > largestTrackId)
    throw new BodyError(400, `The id must be a whole number up to ${largestTrackId}, not ${JSON.stringify(text)}`);
  return id;
};

/** The protocol of a sidecar over HTTP: see `daemon/contract/sidecar.ts`. */
export function makeSidecarApp(deps: SidecarDeps): Hono {
  const { engine, steps } = deps;
  const app = new Hono();
  let looked: { at: number; canary: SidecarHealth["canary"] } | null = null;
  let turn = 0;
  // Writes come one after the other; sound is read before, so that they do not wait for a slow sender.
  let writing: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => T): Promise<T> => {
    const done = writing.then(work);
    writing = done.catch(() => {});
    return done;
  };

  /** A browser has no business here: a page must not reach a port of its visitor's machine. */
  app.use(async (c, next) => {
    if (c.req.header("origin") || c.req.header("sec-fetch-site"))
      return problem(c, 403, "Not for browsers", "Ask the daemon");
    return next();
  });
  app.onError((error, c) => answerFailure(c, deps, error));
  app.notFound((c) => problem(c, 404, "There is no such path"));

  const usable = (): Library => {
    const reason = deps.broken();
    if (!deps.library || reason) throw new Unusable(reason ?? "The store is not open");
    return deps.library;
  };
  app.use(async (c, next) => {
    if (c.req.path === "/health" || !deps.broken()) return next();
    return problem(c, 503, "The store cannot be used", deps.broken() ?? undefined);
  });

  function askCanary(library: Library): SidecarHealth["canary"] {
    if (looked && deps.now() - looked.at < canaryMs) return looked.canary;
    const start = performance.now();
    const canary = library.canary(turn++);
    looked = { at: deps.now(), canary: canary && { ...canary, ms: Math.round(performance.now() - start) } };
    return looked.canary;
  }

  function readHealth(): SidecarHealth {
    const base = { engine: engine.name, version: deps.version, parameters: parameterHash(engine) };
    const nothing = { tracks: 0, seconds: 0, hashes: 0, bytes: 0, segments: 0, canary: null };
    try {
      const { store } = usable();
      store.checkFiles();
      const canary = askCanary(usable());
      const error = canary && !canary.ok ? `A stretch of recording ${canary.id}, which is stored, was not found` : null;
      return { status: error ? "unhealthy" : "ok", ...base, ...store.totals(), canary, error };
    } catch (error) {
      if (error instanceof StoreError) deps.onDamage(error.message);
      return { status: "unhealthy", ...base, ...nothing, error: (error as Error).message };
    }
  }

  app.get("/health", (c) => {
    const health = readHealth();
    return c.json(health, health.status === "ok" ? 200 : 503);
  });

  app.get("/stats", (c) => {
    const { store } = usable();
    return c.json({
      engine: engine.name,
      parameters: store.parameters,
      coding: engine.coding,
      density: engine.density,
      ...store.totals(),
    });
  });

  app.get("/tracks", (c) => {
    const { store } = usable();
    const after = Number(c.req.query("after") ?? -1);
    const limit = Math.min(mostListed, Math.max(1, Number(c.req.query("limit") ?? mostListed) || mostListed));
    const ids = store.ids();
    const tracks = ids
      .filter((id) => id > after)
      .slice(0, limit)
      .flatMap((id) => {
        const track = store.get(id);
        return track ? [{ id, hashes: track.hashes, durationSec: track.durationSec, set: track.set }] : [];
      });
    return c.json({ tracks, total: ids.length });
  });

  app.put("/tracks/:id", async (c) => {
    const id = readId(c.req.param("id"));
    const rate = readRate(c.req.header("x-sample-rate"));
    const { peaks, durationSec } = await readSound(c.req.raw.body, rate);
    const stored: Stored = await inTurn(() => usable().put(id, peaks, durationSec));
    looked = null;
    deps.onChange();
    return c.json(stored);
  });

  app.delete("/tracks/:id", async (c) => {
    const id = readId(c.req.param("id"));
    const deleted = (await inTurn(() => usable().store.remove([id]))) > 0;
    deps.onChange();
    return c.json({ deleted });
  });

  /** Answers a search: as one JSON value, or line by line with its progress. */
  function answerSearch(c: Context, durationSec: number, searching: Generator<number, SidecarMatch[]>) {
    const { signal } = c.req.raw;
    if (!c.req.header("accept")?.includes("application/x-ndjson"))
      return steps.run(searching, signal).then((matches) => c.json({ durationSec, matches } satisfies QueryAnswer));
    c.header("content-type", "application/x-ndjson");
    return stream(c, async (out) => {
      let told = 0;
      const write = (line: unknown) => out.writeln(JSON.stringify(line));
      try {
        const matches = await steps.run(searching, signal, async (progress) => {
          if (deps.now() - told < 500) return;
          told = deps.now();
          await write({ progress });
        });
        await write({ answer: { durationSec, matches } satisfies QueryAnswer });
      } catch (error) {
        await write({ error: (error as Error).message });
      }
    });
  }

  app.post("/query", async (c) => {
    const rate = readRate(c.req.header("x-sample-rate"));
    const { peaks, durationSec } = await readSound(c.req.raw.body, rate);
    return answerSearch(c, durationSec, usable().query(peaks, durationSec));
  });

  app.post("/tracks/:id/query", (c) => {
    const id = readId(c.req.param("id"));
    const { store, queryStored } = usable();
    const searching = queryStored(id);
    if (!searching) return problem(c, 404, "No such recording");
    return answerSearch(c, store.get(id)?.durationSec ?? 0, searching);
  });

  app.post("/compact", async (c) => {
    await steps.run(usable().store.maintain(true));
    return c.json(usable().store.totals());
  });

  app.post("/verify", async (c) => {
    await steps.run(usable().store.verify());
    return c.json({ ok: true, ...usable().store.totals() });
  });

  /** Every recording with its peaks, one JSON value a line: enough to make any store anew without decoding. */
  app.get("/export", (c) => {
    const { store } = usable();
    c.header("content-type", "application/x-ndjson");
    return stream(c, async (out) => {
      for (const id of store.ids()) {
        const track = store.get(id);
        const bytes = store.peaks(id);
        if (!track || !bytes) continue;
        const { durationSec, hashes, set } = track;
        const peaks = Buffer.from(bytes).toString("base64");
        await out.writeln(JSON.stringify({ id, durationSec, hashes, set, peaks }));
      }
    });
  });
  return app;
}

/** There is no store to work with; the message says why. */
class Unusable extends Error {}
