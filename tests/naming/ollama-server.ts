/** A small server with the shapes of Ollama's API; `chat` decides what a question gets. */
export interface FakeOllama {
  readonly host: string;
  readonly requests: {
    messages: { role: string; content: string }[];
    format: unknown;
    think?: boolean;
    stream: boolean;
    options: Record<string, number>;
  }[];
  stop(): void;
}
export type ChatAnswer = string | Response | Promise<string | Response>;

function streamed(text: string, doneReason = "stop"): Response {
  const lines = (text.match(/[\s\S]{1,40}/g) ?? []).map((content) => ({
    model: "m",
    created_at: "2024-01-01T00:00:00Z",
    message: { role: "assistant", content },
    done: false,
  }));
  const last = {
    model: "m",
    created_at: "2024-01-01T00:00:00Z",
    message: { role: "assistant", content: "" },
    done: true,
    done_reason: doneReason,
  };
  return new Response([...lines, last].map((line) => `${JSON.stringify(line)}\n`).join(""), {
    headers: { "content-type": "application/x-ndjson" },
  });
}

/** A stream that ends without its last line, as when the answer hit its limit. */
export function truncated(text: string): Response {
  return streamed(text, "length");
}

/** A stream whose connection is cut in the middle. */
export function cut(text: string): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(
        new TextEncoder().encode(`${JSON.stringify({ message: { role: "assistant", content: text }, done: false })}\n`),
      );
      controller.close();
    },
  });
  return new Response(body);
}

/** An answer whose pieces come one by one, `everyMs` apart. */
export function slow(text: string, everyMs: number, pieces: number): Response {
  const size = Math.ceil(text.length / pieces);
  const body = new ReadableStream({
    async start(controller) {
      const send = (content: string, done: boolean) =>
        controller.enqueue(
          new TextEncoder().encode(`${JSON.stringify({ message: { role: "assistant", content }, done })}\n`),
        );
      for (let at = 0; at < text.length; at += size) {
        await Bun.sleep(everyMs);
        send(text.slice(at, at + size), false);
      }
      send("", true);
      controller.close();
    },
  });
  return new Response(body);
}

export function startOllama(
  chat: (attempt: number, content: string) => ChatAnswer,
  models: readonly string[] = ["m:latest"],
  port = 0,
): FakeOllama {
  const requests: FakeOllama["requests"] = [];
  const server = Bun.serve({
    port,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/api/tags")
        return Response.json({ models: models.map((name) => ({ name, model: name, size: 1 })) });
      if (pathname === "/api/show") return Response.json({ details: {}, capabilities: ["completion"] });
      if (pathname !== "/api/chat") return Response.json({ error: "not found" }, { status: 404 });
      const body = (await request.json()) as FakeOllama["requests"][number];
      requests.push(body);
      const answer = await chat(requests.length, body.messages[1]?.content ?? "");
      if (typeof answer !== "string") return answer;
      if (body.stream) return streamed(answer);
      return Response.json({
        model: "m",
        message: { role: "assistant", content: answer },
        done: true,
        done_reason: "stop",
      });
    },
  });
  return { host: `http://127.0.0.1:${server.port}`, requests, stop: () => void server.stop(true) };
}
