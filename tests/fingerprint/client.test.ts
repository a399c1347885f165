import { afterEach, describe, expect, test } from "bun:test";
import { until } from "../support/world.ts";
import { match, startFakeSidecar } from "./fake-sidecar.ts";

const never = new AbortController().signal;
const fakes: ReturnType<typeof startFakeSidecar>[] = [];
const start = (...args: Parameters<typeof startFakeSidecar>) => {
  const fake = startFakeSidecar(...args);
  fakes.push(fake);
  return fake;
};
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.stop();
});

const second = () => new Uint8Array(4 * 11_025);

describe("the client of a sidecar", () => {
  test("stores, lists page by page, asks and deletes", async () => {
    const fake = start("panako", { matches: [match(3)] });
    const client = fake.client();
    expect(await client.health(never)).toMatchObject({ status: "ok", engine: "panako" });
    for (const id of [5, 3, 9]) {
      const upload = client.put(id, 11_025, never);
      for (let n = 0; n < id; n++) await upload.write(second());
      expect(await upload.end()).toMatchObject({ id, durationSec: id, outcome: "stored" });
    }
    const ids = [];
    for await (const track of client.list(never)) ids.push(track.id);
    expect(ids).toEqual([3, 5, 9]);
    const shares: (number | undefined)[] = [];
    const answer = await client.queryStored(5, { signal: never, onProgress: (share) => shares.push(share) });
    expect(answer?.matches.map(({ id }) => id)).toEqual([3]);
    expect(shares).toEqual([0.5]);
    expect(await client.queryStored(77, { signal: never })).toBeNull();
    const query = client.query(11_025, { signal: never });
    await query.write(second());
    expect((await query.end()).durationSec).toBe(1);
    expect([await client.remove(5, never), await client.remove(5, never)]).toEqual([true, false]);
  });

  test("an unhealthy one tells why; another program is no sidecar", async () => {
    const fake = start("panako", { unhealthy: "the store is damaged" });
    expect(await fake.client().health(never)).toMatchObject({ status: "unhealthy", error: "the store is damaged" });
    const other = Bun.serve({ port: 0, fetch: () => new Response("<html>") });
    fake.url = `http://127.0.0.1:${other.port}`;
    expect(fake.client().health(never)).rejects.toThrow("not that of a fingerprint sidecar");
    await other.stop(true);
    expect(fake.client().health(never)).rejects.toThrow("panako: It does not answer");
  });

  test("waits while the sidecar is behind: memory does not grow with the sound", async () => {
    const fake = start("audfprint", { slowMs: Number.POSITIVE_INFINITY });
    const upload = fake.client(1000).put(1, 11_025, never);
    let sent = 0;
    const before = process.memoryUsage.rss();
    const sending = (async () => {
      for (; sent < 400e6; sent += 1 << 18) await upload.write(new Uint8Array(1 << 18));
    })();
    expect(sending).rejects.toThrow("says nothing for 1 s");
    await sending.catch(() => {});
    expect(sent).toBeLessThan(60e6);
    expect(process.memoryUsage.rss() - before).toBeLessThan(150e6);
  });

  test("memory does not grow with a sound that is hours long, either", async () => {
    const fake = start("audfprint");
    const upload = fake.client().put(1, 11_025, never);
    await upload.write(second());
    Bun.gc(true);
    const before = process.memoryUsage.rss();
    for (let sent = 0; sent < 500e6; sent += 1 << 18) await upload.write(new Uint8Array(1 << 18));
    await upload.end();
    expect(fake.bytes).toBeGreaterThan(500e6);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200e6);
  }, 30_000);

  test("what is aborted is cut off, and nothing is stored", async () => {
    const fake = start("panako");
    for (const how of ["signal", "abort"]) {
      const control = new AbortController();
      const upload = fake.client().put(1, 11_025, control.signal);
      await upload.write(second());
      await until("the sidecar to take it", () => fake.bytes >= 4 * 11_025 * (how === "signal" ? 1 : 2));
      if (how === "signal") control.abort(new Error("cancelled"));
      else upload.abort(new Error("cancelled"));
      expect(upload.write(second())).rejects.toThrow("cancelled");
      expect(upload.end()).rejects.toThrow("cancelled");
    }
    await until("both to be cut", () => fake.cut === 2);
    expect(fake.tracks.size).toBe(0);
  });

  test("a refusal that comes before the end of the sound is told with its words", async () => {
    const fake = start("panako", { refuse: { status: 507, title: "The disk is full" } });
    const upload = fake.client().put(1, 11_025, never);
    const sending = (async () => {
      for (let n = 0; n < 3000; n++) await upload.write(second());
      await upload.end();
    })();
    expect(sending).rejects.toThrow(/disk is full/);
    await sending.catch((error) => expect(error.status).toBe(507));
  });

  test("an answer that breaks off is an error, not an empty answer", async () => {
    const fake = start("panako");
    const broken = Bun.serve({ port: 0, fetch: () => new Response('{"progress":0.5}\n{"progress":0.6}\n') });
    fake.url = `http://127.0.0.1:${broken.port}`;
    expect(fake.client().queryStored(1, { signal: never })).rejects.toThrow("broke off");
    await broken.stop(true);
  });
});
