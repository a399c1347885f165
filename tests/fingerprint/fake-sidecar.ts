import {
  type FingerprintEngine,
  fingerprintRate,
  type SidecarMatch,
  sampleRateHeader,
} from "../../daemon/contract/sidecar.ts";
import { makeSidecarClient, type SidecarClient } from "../../daemon/fingerprint/client.ts";
import type { Engines } from "../../daemon/fingerprint/engines.ts";

/** How the next requests behave. */
export interface Mood {
  /** Answers PUT with this problem instead of storing. */
  refuse?: { status: number; title: string } | undefined;
  /** Takes a body this slowly, ms a chunk; `Infinity`: not at all. */
  slowMs?: number;
  /** Says that it stored so much less, s. */
  loseSec?: number;
  silent?: boolean;
  unhealthy?: string | undefined;
  parameters?: string;
  matches?: SidecarMatch[];
}

export interface FakeSidecar {
  engine: FingerprintEngine;
  url: string;
  mood: Mood;
  tracks: Map<number, { hashes: number; durationSec: number }>;
  /** Bodies that were cut off. */
  cut: number;
  /** Bytes taken of all bodies. */
  bytes: number;
  /** What was asked, as "METHOD /path". */
  asked: string[];
  client(idleMs?: number): SidecarClient;
  stop(): Promise<void>;
}

export const match = (id: number, more: Partial<SidecarMatch> = {}): SidecarMatch => ({
  id,
  score: 20,
  expectedPeaks: 130,
  foundPeaks: 84,
  chancePeaks: 4,
  queryStartSec: 10,
  queryEndSec: 70,
  refStartSec: 0,
  refEndSec: 60,
  tempoRatio: 1,
  pitchRatio: 1,
  ...more,
});

const problem = (status: number, title: string) => Response.json({ title, status }, { status });

/** A sidecar that keeps nothing but lengths: the protocol in this process. One "hash" is a second of sound. */
export function startFakeSidecar(engine: FingerprintEngine, mood: Mood = {}): FakeSidecar {
  const fake = { engine, mood, tracks: new Map(), cut: 0, bytes: 0, asked: [] as string[] } as unknown as FakeSidecar;

  /** Length of a body, s; null when it was cut off. */
  async function take(request: Request): Promise<number | null> {
    let bytes = 0;
    if (fake.mood.slowMs === Number.POSITIVE_INFINITY) await Bun.sleep(60_000);
    try {
      for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        fake.bytes += chunk.length;
        if (fake.mood.slowMs) await Bun.sleep(fake.mood.slowMs);
      }
    } catch {
      fake.cut++;
      return null;
    }
    return bytes / 4 / Number(request.headers.get(sampleRateHeader) ?? fingerprintRate);
  }

  function health(): Response {
    const { unhealthy = null, parameters = "p1" } = fake.mood;
    const status = unhealthy === null ? "ok" : "unhealthy";
    const counts = { tracks: fake.tracks.size, seconds: 0, hashes: 0, bytes: 0, segments: 1, canary: null };
    const body = { status, engine, version: "1", parameters, ...counts, error: unhealthy };
    return Response.json(body, { status: unhealthy === null ? 200 : 503 });
  }

  async function put(id: number, request: Request): Promise<Response> {
    if (fake.mood.refuse) return problem(fake.mood.refuse.status, fake.mood.refuse.title);
    const heard = await take(request);
    if (heard === null) return problem(400, "Cut off");
    const durationSec = heard - (fake.mood.loseSec ?? 0);
    const hashes = Math.round(durationSec);
    const replaced = fake.tracks.has(id);
    const outcome = fake.mood.silent ? "silent" : "stored";
    if (outcome === "stored") fake.tracks.set(id, { hashes, durationSec });
    return Response.json({ id, outcome, hashes, durationSec, peaks: 10, set: false, replaced });
  }

  function answer(durationSec: number, matches: SidecarMatch[], request: Request): Response {
    const whole = { durationSec, matches };
    if (!request.headers.get("accept")?.includes("ndjson")) return Response.json(whole);
    return new Response([{ progress: 0.5 }, { answer: whole }].map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  const server = Bun.serve({
    port: 0,
    idleTimeout: 0,
    maxRequestBodySize: 1e12,
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      fake.asked.push(`${request.method} ${pathname}`);
      const id = Number(/^\/tracks\/(\d+)/.exec(pathname)?.[1]);
      if (pathname === "/health") return health();
      if (pathname === "/query") {
        const heard = await take(request);
        return heard === null ? problem(400, "Cut off") : answer(heard, fake.mood.matches ?? [], request);
      }
      if (pathname === "/tracks") {
        const after = Number(searchParams.get("after") ?? 0);
        const rows = [...fake.tracks].map(([track, facts]) => ({ id: track, set: false, ...facts }));
        const sorted = rows.filter((row) => row.id > after).sort((a, b) => a.id - b.id);
        return Response.json({ tracks: sorted.slice(0, 2), total: rows.length });
      }
      if (request.method === "DELETE") return Response.json({ deleted: fake.tracks.delete(id) });
      if (request.method === "PUT") return put(id, request);
      const own = fake.tracks.get(id);
      if (!own || request.headers.get("x-phaze-client") !== "daemon") return problem(404, "No such recording");
      return answer(
        own.durationSec,
        (fake.mood.matches ?? []).filter((found) => found.id !== id),
        request,
      );
    },
  });
  fake.url = `http://127.0.0.1:${server.port}`;
  fake.client = (idleMs) => makeSidecarClient(engine, () => fake.url, idleMs === undefined ? {} : { idleMs });
  fake.stop = () => server.stop(true);
  return fake;
}

/** Engines as stages see them, over fake sidecars. `away` names why an engine cannot be used. */
export function enginesOf(...fakes: FakeSidecar[]): Engines & { away: Partial<Record<FingerprintEngine, string>> } {
  const away: Partial<Record<FingerprintEngine, string>> = {};
  const fakeOf = (engine: FingerprintEngine) => fakes.find((fake) => fake.engine === engine);
  const unavailable = (engine: FingerprintEngine) => away[engine] ?? (fakeOf(engine) ? null : `${engine}: not there`);
  return {
    away,
    unavailable,
    look: async (engine) => unavailable(engine),
    parameters: (engine) => fakeOf(engine)?.mood.parameters ?? "p1",
    client: (engine) => (fakeOf(engine) as FakeSidecar).client(),
  };
}
