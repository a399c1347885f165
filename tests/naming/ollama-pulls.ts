import { createHash } from "node:crypto";
import { lineOf, type PullLine, pullLineSchema } from "./ollama-shapes.ts";

/** What a pull gets; `arrive` makes the model one that the server has. */
export type Puller = (model: string, arrive: () => void) => Response;

const encode = (text: string) => new TextEncoder().encode(text);
const digestOf = (model: string, layer: number) =>
  `sha256:${createHash("sha256").update(`${model} ${layer}`).digest("hex")}`;

/** Lines as they come; the server goes on no further when the client has left. */
function streamOf(lines: (signal: AbortSignal) => AsyncGenerator<PullLine>): Response {
  const gone = new AbortController();
  const body = new ReadableStream({
    async start(controller) {
      try {
        for await (const line of lines(gone.signal)) {
          if (gone.signal.aborted) return;
          controller.enqueue(encode(lineOf(pullLineSchema, line)));
        }
        controller.close();
      } catch (error) {
        if (!gone.signal.aborted) controller.error(error);
      }
    },
    cancel: () => gone.abort(),
  });
  return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
}

async function* layersOf(
  model: string,
  { layers, steps, everyMs }: { layers: readonly number[]; steps: number; everyMs: number },
): AsyncGenerator<PullLine> {
  yield { status: "pulling manifest" };
  for (const [n, total] of layers.entries()) {
    const digest = digestOf(model, n);
    const status = `pulling ${digest.slice(7, 19)}`;
    yield { status, digest, total };
    for (let step = 1; step <= steps; step++) {
      await Bun.sleep(everyMs);
      yield { status, digest, total, completed: Math.round((total * step) / steps) };
    }
  }
}

/** A pull that succeeds: `layers` in bytes, each in `steps` pieces. */
export function arrives(layers: readonly number[] = [1_000_000, 500], steps = 2, everyMs = 1): Puller {
  return (model, arrive) =>
    streamOf(async function* () {
      yield* layersOf(model, { layers, steps, everyMs });
      yield { status: "verifying sha256 digest" };
      yield { status: "writing manifest" };
      arrive();
      yield { status: "success" };
    });
}

/** A pull that fails on its way. */
export function breaksOff(error: string): Puller {
  return (model) =>
    streamOf(async function* () {
      yield* layersOf(model, { layers: [1000], steps: 1, everyMs: 1 });
      yield { error };
    });
}

/** A pull that stands still but goes on saying so, as Ollama does when nothing comes in. */
export function standsStill(): Puller {
  return (model) =>
    streamOf(async function* (signal) {
      yield* layersOf(model, { layers: [1000, 2000], steps: 1, everyMs: 1 });
      while (!signal.aborted) {
        await Bun.sleep(20);
        const digest = digestOf(model, 1);
        yield { status: `pulling ${digest.slice(7, 19)}`, digest, total: 2000, completed: 2000 };
      }
    });
}
