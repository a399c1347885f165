import { createHash } from "node:crypto";
import { arrives, type Puller } from "./ollama-pulls.ts";
import {
  chatEndSchema,
  chatPieceSchema,
  errorSchema,
  exactly,
  lineOf,
  showSchema,
  tagsSchema,
  versionSchema,
} from "./ollama-shapes.ts";

/** A small server with the shapes of Ollama's API; `chat` decides what a question gets. */
export interface FakeOllama {
  readonly host: string;
  readonly requests: {
    model: string;
    messages: { role: string; content: string }[];
    format: unknown;
    think?: boolean;
    stream: boolean;
    truncate?: boolean;
    options: Record<string, number>;
  }[];
  /** Models that were asked for with a pull. */
  readonly pulls: string[];
  stop(): void;
}
export type ChatAnswer = string | Response | Promise<string | Response>;
export interface OllamaOptions {
  /** What a model's files say of it. */
  readonly contextLength?: number;
  readonly capabilities?: readonly string[];
  /** What a pull gets; the model arrives after a stream that ends in `success`. */
  readonly pull?: Puller;
  /** Tokens that a prompt is said to have. */
  readonly promptTokens?: (chars: number) => number;
}

const ndjson = { headers: { "content-type": "application/x-ndjson" } };
const created_at = "2026-01-01T00:00:00.123456789Z";
const encode = (text: string) => new TextEncoder().encode(text);

function piece(content: string): string {
  return lineOf(chatPieceSchema, { model: "m", created_at, message: { role: "assistant", content }, done: false });
}

function end(done_reason: "stop" | "length", promptTokens = 20): string {
  return lineOf(chatEndSchema, {
    ...{ model: "m", created_at, message: { role: "assistant", content: "" }, done: true, done_reason },
    ...{ total_duration: 5_000_000, load_duration: 1000, prompt_eval_count: promptTokens, prompt_eval_duration: 2000 },
    ...{ eval_count: 7, eval_duration: 3000 },
  });
}

function streamed(text: string, doneReason: "stop" | "length" = "stop", promptTokens = 20): Response {
  const size = Math.max(40, Math.ceil(text.length / 500));
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
  return new Response([...pieces.map(piece), end(doneReason, promptTokens)].join(""), ndjson);
}

/** A refusal, or a failure before the first word. */
export function refused(status: number, error: string): Response {
  return Response.json(exactly(errorSchema, { error }), { status });
}

/** A failure in the middle of the stream, whose status is 200 all the same. */
export function failsAfter(text: string, error: string): Response {
  return new Response(`${text === "" ? "" : piece(text)}${lineOf(errorSchema, { error })}`, ndjson);
}

/** A stream that ends because the answer hit its limit. */
export function truncated(text: string): Response {
  return streamed(text, "length");
}

/** A stream that ends in the middle, without its last line. */
export function cut(text: string): Response {
  return new Response(piece(text), ndjson);
}

/** An answer whose pieces come one by one, `everyMs` apart. */
export function slow(text: string, everyMs: number, pieces: number): Response {
  const size = Math.ceil(text.length / pieces);
  const body = new ReadableStream({
    async start(controller) {
      for (let at = 0; at < text.length; at += size) {
        await Bun.sleep(everyMs);
        controller.enqueue(encode(piece(text.slice(at, at + size))));
      }
      controller.enqueue(encode(end("stop")));
      controller.close();
    },
  });
  return new Response(body, ndjson);
}

/** An answer that says the same for ever. */
export function endless(text: string): Response {
  const line = encode(piece(text.repeat(50)));
  const body = new ReadableStream({
    async pull(controller) {
      await Bun.sleep(1);
      controller.enqueue(line);
    },
  });
  return new Response(body, ndjson);
}

const fullName = (name: string) => (/:[^/]+$/.test(name) ? name : `${name}:latest`);
const notFound = (model: string) => refused(404, `model '${model}' not found`);
const details = {
  ...{ parent_model: "", format: "gguf", family: "llama", families: ["llama"] },
  ...{ parameter_size: "1.2B", quantization_level: "Q4_K_M" },
};

function tags(models: Iterable<string>): Response {
  const listed = [...models].map((name) => ({
    ...{ name, model: name, modified_at: "2026-01-01T00:00:00.5+01:00", size: 1_400_000_000 },
    ...{ digest: createHash("sha256").update(name).digest("hex"), details },
  }));
  return Response.json(exactly(tagsSchema, { models: listed }));
}

function show({ contextLength = 40_960, capabilities = ["completion"] }: OllamaOptions): Response {
  const shown = {
    ...{ modelfile: "FROM m", parameters: "stop x", template: "{{ .Prompt }}", details },
    model_info: { "general.architecture": "llama", "llama.context_length": contextLength },
    capabilities: [...capabilities],
  };
  return Response.json(exactly(showSchema, shown));
}

export function startOllama(
  chat: (attempt: number, content: string) => ChatAnswer,
  models: readonly string[] = ["m:latest"],
  port = 0,
  options: OllamaOptions = {},
): FakeOllama {
  const requests: FakeOllama["requests"] = [];
  const pulls: string[] = [];
  const have = new Set(models.map(fullName));
  const asked = async (request: Request) => (await request.json()) as FakeOllama["requests"][number];
  const answers: Record<string, (request: Request) => Response | Promise<Response>> = {
    "GET /api/version": () => Response.json(exactly(versionSchema, { version: "0.12.0" })),
    "GET /api/tags": () => tags(have),
    async "POST /api/show"(request) {
      const { model } = await asked(request);
      return have.has(fullName(model)) ? show(options) : notFound(model);
    },
    async "POST /api/pull"(request) {
      // Older clients say `name`.
      const body = (await request.json()) as { model?: string; name?: string };
      const model = body.model ?? body.name ?? "";
      pulls.push(model);
      if (!/^[\w.:/-]+$/.test(model)) return refused(400, "invalid model name");
      return (options.pull ?? arrives())(model, () => have.add(fullName(model)));
    },
    async "POST /api/chat"(request) {
      const body = await asked(request);
      if (!have.has(fullName(body.model))) return notFound(body.model);
      requests.push(body);
      const answer = await chat(requests.length, body.messages[1]?.content ?? "");
      if (typeof answer !== "string") return answer;
      const chars = body.messages.reduce((sum, { content }) => sum + content.length, 0);
      return streamed(answer, "stop", options.promptTokens?.(chars) ?? 20);
    },
  };
  const server = Bun.serve({
    port,
    hostname: "127.0.0.1",
    fetch(request) {
      const answer = answers[`${request.method} ${new URL(request.url).pathname}`];
      return answer ? answer(request) : new Response("404 page not found", { status: 404 });
    },
  });
  return { host: `http://127.0.0.1:${server.port}`, requests, pulls, stop: () => void server.stop(true) };
}
