import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import {
  queryAnswerSchema,
  queryLineSchema,
  sidecarHealthSchema,
  sidecarProblemSchema,
  storedSchema,
  trackListSchema,
} from "../../daemon/contract/sidecar.ts";
import { tempFolder } from "../support/world.ts";
import { bytesOf, tune } from "./support.ts";

const root = join(import.meta.dir, "..", "..");
const node = Bun.which("node");

interface Running {
  url: string;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a sidecar as its users do: the source under Bun, or bundled under Node. */
async function start(program: readonly string[], data: string): Promise<Running> {
  const child = Bun.spawn([...program, "--port", "0", "--data", data], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });
  const lines = createInterface({ input: Readable.fromWeb(child.stdout as never) });
  const [line] = (await Promise.race([
    new Promise((resolve) => lines.once("line", (text) => resolve([text]))),
    child.exited.then(() => [""]),
  ])) as [string];
  return {
    url: JSON.parse(line).url,
    async kill(signal = "SIGTERM") {
      child.kill(signal);
      await child.exited;
    },
  };
}

const engines = ["audfprint", "panako"] as const;
const kinds = engines.flatMap((engine) => [
  { engine, runtime: "Bun", there: true },
  { engine, runtime: "Node", there: node !== null },
]);

const bundles = new Map<string, string>();
beforeAll(async () => {
  const folder = `${Bun.env.TMPDIR ?? "/tmp"}/phaze-bundles-${process.pid}`;
  for (const engine of engines) {
    const entrypoints = [join(root, "sidecars", engine, "main.ts")];
    const built = await Bun.build({ entrypoints, target: "node", outdir: join(folder, engine), naming: "main.mjs" });
    bundles.set(engine, built.outputs[0]?.path as string);
  }
});
afterAll(() => {
  for (const path of bundles.values()) Bun.spawnSync(["rm", "-rf", join(path, "..", "..")]);
});

for (const { engine, runtime, there } of kinds)
  describe.skipIf(!there)(`${engine} under ${runtime}`, () => {
    let running: Running;
    let data: string;
    const program = () =>
      runtime === "Bun"
        ? [process.execPath, join(root, "sidecars", engine, "main.ts")]
        : [node as string, bundles.get(engine) as string];
    beforeEach(async () => {
      data = join(tempFolder(), "store");
      running = await start(program(), data);
    });
    afterEach(() => running.kill("SIGKILL"));

    const call = (method: string, path: string, body?: Uint8Array, headers: Record<string, string> = {}) =>
      fetch(`${running.url}${path}`, {
        method,
        headers: { "x-sample-rate": "11025", ...headers },
        ...(body ? { body: body as Uint8Array<ArrayBuffer> } : {}),
      });
    const put = async (id: number, samples: Float32Array, rate = 11_025) => {
      const answer = await call("PUT", `/tracks/${id}`, bytesOf(samples), { "x-sample-rate": `${rate}` });
      expect(answer.status).toBe(200);
      return storedSchema.parse(await answer.json());
    };
    const health = async () => {
      const answer = await fetch(`${running.url}/health`);
      return { code: answer.status, ...sidecarHealthSchema.parse(await answer.json()) };
    };
    const query = async (samples: Float32Array, rate = 11_025) => {
      const answer = await call("POST", "/query", bytesOf(samples), { "x-sample-rate": `${rate}` });
      return queryAnswerSchema.parse(await answer.json()).matches.sort((a, b) => b.score - a.score);
    };

    test("stores, finds, replaces, lists and deletes", async () => {
      expect(await health()).toMatchObject({ code: 200, status: "ok", engine, tracks: 0, hashes: 0, canary: null });
      const [one, two] = [tune(41, 60), tune(42, 60)];
      const stored = await put(1, one);
      expect(stored).toMatchObject({ id: 1, outcome: "stored", durationSec: 60, replaced: false, set: false });
      expect(stored.hashes).toBeGreaterThan(300);
      await put(2, two);
      expect(await health()).toMatchObject({ code: 200, tracks: 2, seconds: 120, canary: { ok: true } });
      const [best] = await query(one.slice(11_025 * 20, 11_025 * 40));
      expect(best?.id).toBe(1);
      expect(Math.abs((best?.refStartSec ?? 0) - 20)).toBeLessThan(0.2);
      // The same sound at another rate is the same sound.
      expect((await query(tune(42, 20, 44_100), 44_100))[0]?.id).toBe(2);

      expect(await put(1, tune(43, 30))).toMatchObject({ replaced: true, durationSec: 30 });
      expect((await query(one.slice(11_025 * 20, 11_025 * 40))).filter(({ score }) => score > 15)).toEqual([]);
      const listed = trackListSchema.parse(await (await call("GET", "/tracks?after=1&limit=5")).json());
      expect(listed).toMatchObject({ total: 2, tracks: [{ id: 2, durationSec: 60, set: false }] });

      expect(await (await call("DELETE", "/tracks/2")).json()).toEqual({ deleted: true });
      expect(await (await call("DELETE", "/tracks/2")).json()).toEqual({ deleted: false });
      expect((await query(two.slice(0, 11_025 * 20))).filter(({ id }) => id === 2)).toEqual([]);
      expect(await health()).toMatchObject({ tracks: 1, seconds: 30 });
      expect(await (await call("GET", "/stats")).json()).toMatchObject({ engine, tracks: 1 });
    });

    test("asks with what it has stored, line by line, and leaves it out", async () => {
      await put(1, tune(44, 60));
      await put(2, tune(44, 60).slice(11_025 * 10));
      const answer = await call("POST", "/tracks/1/query", undefined, { accept: "application/x-ndjson" });
      const lines = (await answer.text())
        .trim()
        .split("\n")
        .map((line) => queryLineSchema.parse(JSON.parse(line)));
      const last = lines.at(-1);
      const matches = last && "answer" in last ? last.answer.matches : [];
      expect(matches.map(({ id }) => id)).toEqual([2]);
      expect(Math.abs((matches[0]?.queryStartSec ?? 0) - 10)).toBeLessThan(2.5);
      expect((await call("POST", "/tracks/9/query")).status).toBe(404);
    });

    test("keeps everything over a kill, a compaction and a new start", async () => {
      for (let id = 1; id <= 10; id++) await put(id, tune(50 + id, 20));
      await running.kill("SIGKILL");
      running = await start(program(), data);
      expect(await health()).toMatchObject({ code: 200, tracks: 10, canary: { ok: true } });
      expect((await call("POST", "/compact")).status).toBe(200);
      expect(await (await call("POST", "/verify")).json()).toMatchObject({ ok: true, tracks: 10, segments: 1 });
      const lines = (await (await call("GET", "/export")).text()).trim().split("\n");
      expect(lines.map((line) => JSON.parse(line).id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect((await query(tune(57, 20)))[0]?.id).toBe(7);
    });

    test("an upload that breaks off stores nothing", async () => {
      const body = bytesOf(tune(60, 60));
      const { port } = new URL(running.url);
      const headers = { "x-sample-rate": "11025", "content-length": `${body.length}` };
      const sent = request({ host: "127.0.0.1", port, method: "PUT", path: "/tracks/5", headers });
      sent.on("error", () => {});
      sent.write(body.subarray(0, body.length / 2));
      await sleep(150);
      sent.destroy();
      await sleep(150);
      expect(await health()).toMatchObject({ code: 200, tracks: 0 });
    });

    test("a sidecar killed within an upload has what it had", async () => {
      await put(1, tune(61, 30));
      const pending = call("PUT", "/tracks/2", bytesOf(tune(62, 600))).catch(() => null);
      await sleep(30);
      await running.kill("SIGKILL");
      await pending;
      running = await start(program(), data);
      const { tracks, canary } = await health();
      expect([1, 2]).toContain(tracks);
      expect(canary?.ok).toBe(true);
    });

    test.each([
      ["silence", new Float32Array(11_025 * 30)],
      ["a tenth of a second", tune(63, 0.1)],
      ["one sample", new Float32Array(1)],
    ])("%s is its own outcome, and nothing is stored", async (_name, samples) => {
      expect(await put(1, samples)).toMatchObject({ outcome: "silent", hashes: 0 });
      expect(await health()).toMatchObject({ code: 200, tracks: 0 });
    });

    test("a pure tone does no harm", async () => {
      const tone = Float32Array.from(
        { length: 11_025 * 120 },
        (_, at) => 0.5 * Math.sin((2 * Math.PI * 1000 * at) / 11_025),
      );
      const { hashes } = await put(1, tone);
      expect(hashes).toBeLessThan(120 * 20);
      await put(2, tune(64, 60));
      expect((await query(tune(64, 20)))[0]?.id).toBe(2);
      expect((await health()).code).toBe(200);
    });

    const infinite = tune(65, 10);
    infinite[5000] = Number.NaN;
    test.each([
      ["no rate", "PUT", "/tracks/1", bytesOf(tune(1, 1)), { "x-sample-rate": "" }, 400],
      ["a rate of 0", "PUT", "/tracks/1", bytesOf(tune(1, 1)), { "x-sample-rate": "0" }, 400],
      ["half a sample", "PUT", "/tracks/1", bytesOf(tune(1, 1)).slice(0, 4001), {}, 400],
      ["no body", "PUT", "/tracks/1", new Uint8Array(0), {}, 400],
      ["what is no number", "PUT", "/tracks/1", bytesOf(infinite), {}, 400],
      ["an id too large", "PUT", "/tracks/16777216", bytesOf(tune(1, 1)), {}, 400],
      ["an id that is none", "PUT", "/tracks/..%2fx", bytesOf(tune(1, 1)), {}, 400],
      ["a page of a browser", "POST", "/query", bytesOf(tune(1, 1)), { origin: "http://evil.example" }, 403],
      ["a path that is none", "GET", "/nothing", undefined, {}, 404],
    ] as const)("%s is refused with the reason", async (_name, method, path, body, headers, status) => {
      const answer = await call(method, path, body, headers);
      expect(answer.status).toBe(status);
      expect(sidecarProblemSchema.parse(await answer.json()).title.length).toBeGreaterThan(5);
      expect(await health()).toMatchObject({ code: 200, tracks: 0 });
    });

    test("a query longer than all that is stored finds it", async () => {
      await put(1, tune(66, 30));
      const long = new Float32Array(11_025 * 300);
      long.set(tune(66, 30), 11_025 * 200);
      const [best] = await query(long);
      expect(best?.id).toBe(1);
      expect(Math.abs((best?.queryStartSec ?? 0) - 200)).toBeLessThan(3);
    });

    test("two at one store: the second says so and touches nothing", async () => {
      await put(1, tune(67, 20));
      const second = await start(program(), data);
      const answer = await fetch(`${second.url}/health`);
      expect(answer.status).toBe(503);
      expect(sidecarHealthSchema.parse(await answer.json()).error).toContain("Another process");
      expect((await fetch(`${second.url}/tracks`)).status).toBe(503);
      await second.kill();
      expect(await health()).toMatchObject({ code: 200, tracks: 1 });
    });

    test("a store that became a zero-byte file is not healthy, open or closed", async () => {
      await put(1, tune(68, 20));
      const segment = join(data, readdirSync(data).find((name) => name.endsWith(".seg")) as string);
      truncateSync(segment, 0);
      expect(await health()).toMatchObject({ code: 503, status: "unhealthy", tracks: 0 });
      expect((await health()).error).toContain("0 bytes");
      await running.kill();
      running = await start(program(), data);
      expect(await health()).toMatchObject({ code: 503, tracks: 0 });
      expect((await call("PUT", "/tracks/2", bytesOf(tune(69, 10)))).status).toBe(503);
      expect(existsSync(segment)).toBe(true);
      writeFileSync(join(data, "note"), "");
    });
  });
