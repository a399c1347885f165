import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FingerprintEngine, fingerprintEngines } from "../../daemon/contract/sidecar.ts";
import { makeSidecars, type Sidecars, type SidecarsOptions } from "../../daemon/fingerprint/sidecars.ts";
import { silentLog } from "../../daemon/log.ts";
import { tempFolder, until } from "../support/world.ts";
import { startFakeSidecar } from "./fake-sidecar.ts";

const script = join(import.meta.dir, "fake-main.ts");
const never = new AbortController().signal;
const running: Sidecars[] = [];
afterEach(async () => {
  for (const sidecars of running.splice(0)) await sidecars.stop();
});

function make(more: Partial<SidecarsOptions> = {}) {
  const dataDir = tempFolder();
  const changes: FingerprintEngine[] = [];
  const sidecars = makeSidecars({
    urls: {},
    ports: { audfprint: 0, panako: 0 },
    dataDir,
    healthMs: 50,
    log: silentLog,
    onChange: (engine) => changes.push(engine),
    scripts: { audfprint: script, panako: script },
    backoffMs: () => 20,
    ...more,
  });
  running.push(sidecars);
  return { sidecars, dataDir, changes, starts: () => readFileSync(join(dataDir, "panako", "starts"), "utf8").length };
}

describe("sidecars that Phaze starts", () => {
  test("cost nothing before, are told of when they are up, and end with it", async () => {
    const { sidecars, changes } = make();
    expect(sidecars.unavailable("panako")).toContain("not made by this process");
    expect(sidecars.services().map(({ name, ok }) => [name, ok])).toEqual([
      ["audfprint", true],
      ["panako", true],
    ]);
    sidecars.start();
    expect(sidecars.unavailable("panako")).toContain("starting");
    await sidecars.ready();
    expect(fingerprintEngines.map(sidecars.unavailable)).toEqual([null, null]);
    expect(changes.sort()).toEqual(["audfprint", "panako"]);
    expect(sidecars.parameters("panako")).toBe("p1");
    expect(sidecars.services()[1]?.detail).toContain("0 recordings");
    const client = sidecars.client("panako");
    await sidecars.stop();
    expect(client.health(never)).rejects.toThrow();
  });

  test("one that dies is started again; the reason is told meanwhile", async () => {
    const { sidecars, dataDir, starts, changes } = make();
    mkdirSync(join(dataDir, "panako"));
    writeFileSync(join(dataDir, "panako", "mood"), "die");
    sidecars.start();
    await sidecars.ready();
    expect(sidecars.unavailable("panako")).toContain("ended with code 3: the store is locked");
    expect(sidecars.unavailable("audfprint")).toBeNull();
    expect(sidecars.services()[1]).toMatchObject({ ok: false, remedy: expect.stringContaining("panako") });
    await until("more starts", () => starts() > 2);
    rmSync(join(dataDir, "panako", "mood"));
    await until("it to come up", () => sidecars.unavailable("panako") === null);
    expect(changes).toContain("panako");
  });

  test("stop does not wait for one that never gets ready", async () => {
    const { sidecars, dataDir } = make();
    mkdirSync(join(dataDir, "panako"));
    writeFileSync(join(dataDir, "panako", "mood"), "mute");
    sidecars.start();
    await until("its start", () => Bun.file(join(dataDir, "panako", "starts")).exists());
    const began = performance.now();
    await sidecars.stop();
    expect(performance.now() - began).toBeLessThan(8000);
  }, 15_000);
});

describe("a sidecar that somebody else runs", () => {
  test("is looked at: unhealthy, another engine, away, other parameters", async () => {
    const panako = startFakeSidecar("panako");
    const { sidecars, changes } = make({ urls: { audfprint: panako.url, panako: `${panako.url}/` } });
    sidecars.start();
    await sidecars.ready();
    expect(sidecars.unavailable("audfprint")).toContain("is panako, not audfprint");
    expect(sidecars.unavailable("panako")).toBeNull();
    panako.mood.unhealthy = "the store is damaged";
    expect(await sidecars.look("panako")).toContain("the store is damaged");
    panako.mood.unhealthy = undefined;
    panako.mood.parameters = "p2";
    await until("it to be usable", () => sidecars.unavailable("panako") === null);
    expect([sidecars.parameters("panako"), changes.length]).toEqual(["p2", 2]);
    await panako.stop();
    await until("it to be missed", () => sidecars.unavailable("panako"));
    expect(sidecars.services()[1]?.remedy).toContain("PANAKO_URL");
    expect(sidecars.parameters("panako")).toBe("p2");
  });
});
