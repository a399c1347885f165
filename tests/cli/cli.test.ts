import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commands, runCli } from "../../daemon/cli.ts";
import { ConfigError, readConfig, settings } from "../../daemon/config.ts";
import { readMigrations } from "../../daemon/db/migrate.ts";
import { plant, tempFolder, testEnv, until, wav } from "../support/world.ts";
import { run } from "./run-cli.ts";

function library(
  tree: Record<string, string | Buffer> = {
    "Lowtide - Ebb.wav": wav(2, { seed: 1 }),
    "Mara Voss - Solo.wav": wav(2, { seed: 2 }),
  },
): string {
  const folder = tempFolder();
  plant(join(folder, "library"), tree);
  return folder;
}

describe("use", () => {
  test("every command has help with its options, and --json", async () => {
    const folder = tempFolder();
    for (const command of commands) {
      const { code, out } = await run(folder, [command.name, "--help"]);
      expect([command.name, code]).toEqual([command.name, 0]);
      expect(out).toContain(`Usage: phaze ${command.name}`);
      expect(out).toContain("--json");
    }
    const help = (await run(folder, ["serve", "--help"])).out;
    for (const name of Object.keys(settings)) expect(help).toContain(name);
  });

  const wrong: string[][] = [
    [],
    ["nonsense"],
    ["scan", "--nope"],
    ["approve"],
    ["approve", "1", "--all"],
    ["approve", "x"],
    ["approve", "--all", "--min-confidence", "7"],
    ["undo"],
    ["db"],
    ["db", "nonsense"],
    ["db", "backup"],
    ["db", "current", "x"],
    ["inspect"],
    ["bench", "nope"],
    ["eval", "x", "y"],
    ["files", "--page", "-1"],
    ["propose", "--engine", "cloud"],
  ];
  for (const args of wrong) {
    test(`"${args.join(" ")}" is wrong use: exit 2, nothing on stdout`, async () => {
      const { code, out, err } = await run(tempFolder(), args);
      expect([code, out]).toEqual([2, ""]);
      expect(err.length).toBeGreaterThan(0);
    });
  }

  test("a bad setting is named with its meaning", async () => {
    const { code, err } = await run(tempFolder(), ["status"], { API_PORT: "99999" });
    expect(code).toBe(2);
    expect(err).toContain('API_PORT="99999"');
  });
});

describe("the way of a file by commands", () => {
  test("scan, proposals, approve, apply, audit, undo, status, all with --json", async () => {
    const folder = library();
    expect((await run(folder, ["scan", "--wait", "--json"])).json()).toMatchObject({
      status: "completed",
      files: { new: 2 },
    });
    const list = (await run(folder, ["proposals", "--json", "--sort", "path"])).json();
    expect(list.total).toBe(2);
    expect((await run(folder, ["approve", `${list.items[0].id}`, "--json"])).json()).toMatchObject({ decided: 1 });
    expect((await run(folder, ["approve", "--all", "--min-confidence", "0"])).out).toBe("1 approved\n");
    expect((await run(folder, ["apply", "--dry-run", "--json"])).json()).toMatchObject({
      ready: 2,
      dryRun: true,
      batch: null,
    });
    expect(existsSync(join(folder, "organized"))).toBe(false);
    expect((await run(folder, ["apply", "--json"])).json()).toMatchObject({ ready: 2, batch: { status: "done" } });
    expect(statSync(join(folder, "organized/music/Lowtide/Lowtide - Ebb.wav")).size).toBe(2044);
    expect((await run(folder, ["audit", "--action", "move"])).out).toContain("1–2 of 2");
    expect((await run(folder, ["undo", "1", "--dry-run", "--json"])).json()).toMatchObject({ ready: 2, batchId: null });
    expect((await run(folder, ["undo", "1"])).out).toBe("2 files went back, 0 cannot\n");
    expect((await run(folder, ["undo", "1"])).code).toBe(1);
    expect((await run(folder, ["files", "--kind", "media"])).out).toContain("PROPOSAL_GENERATED");
    expect((await run(folder, ["reject", "1"])).out).toBe("1 rejected\n");
    const status = (await run(folder, ["status", "--json"])).json();
    expect(status.proposals).toEqual({ pending: 1, rejected: 1 });
    expect((await run(folder, ["status"])).out).toContain("Proposals are made by rules alone");
    expect((await run(folder, ["propose", "--wait"])).out).toBe("2 files queued\n");
    expect((await run(folder, ["approve", "77"])).code).toBe(1);
  }, 20_000);

  test("inspect tells all stages of files outside the database, and names what cannot be read", async () => {
    const folder = library({
      "x/Lowtide - Ebb.wav": wav(2),
      "x/Lowtide - Ebb.nfo": "recorded somewhere",
      "x/empty.mp3": "",
    });
    const good = await run(folder, ["inspect", "library/x/Lowtide - Ebb.wav", "--json"]);
    expect(good.json()).toMatchObject({
      sizeBytes: 2044,
      fileType: "wav",
      durationSec: 2,
      analysis: { durationSec: 2, coverage: 1, bpm: null, reasons: { bpm: expect.any(String) } },
      proposal: { kind: "track", fields: { artist: "Lowtide", title: "Ebb" } },
      // What cannot run here is named, and is no failure.
      errors: [{ stage: "mood", message: expect.stringContaining("phaze models download") }],
    });
    expect(good.code).toBe(0);
    expect(Object.keys(good.json().ms)).toEqual(["hash", "tags", "rhythm", "key", "decode", "propose"]);
    const bad = await run(folder, ["inspect", "library/x/empty.mp3", "nowhere.mp3", "--json"]);
    expect(bad.code).toBe(1);
    const [empty, gone] = bad.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(empty.errors[0]).toMatchObject({ stage: "hash" });
    expect(gone.errors[0].message).toBe("There is no such file");
    expect((await run(folder, ["inspect", "library/x/Lowtide - Ebb.wav"])).out).toContain(
      "→ music/Lowtide/Lowtide - Ebb.wav",
    );
  });

  test("eval scores cases and names the wrong ones", async () => {
    const folder = library();
    const kase = { path: "in/Lowtide - Ebb.mp3", durationSec: 200, tags: {}, companions: [], siblings: [] };
    const right = {
      id: "a",
      ...kase,
      expect: { kind: "track", artist: "Lowtide", filename: "Lowtide - Ebb.mp3", directory: "music/Lowtide" },
    };
    const wrong = { id: "b", ...kase, expect: { kind: "set", filename: "x.mp3", directory: "y" } };
    writeFileSync(join(folder, "cases.jsonl"), `${JSON.stringify(right)}\n${JSON.stringify(wrong)}\n`);
    expect((await run(folder, ["eval", "naming", "cases.jsonl", "--json"])).json()).toMatchObject({
      cases: 2,
      right: 1,
      invented: 0,
      fields: { artist: { right: 1, total: 1 } },
    });
    expect((await run(folder, ["eval", "naming", "cases.jsonl"])).out).toContain("1 of 2 right (50.0 %), 0 invented");
    writeFileSync(join(folder, "cases.jsonl"), "no json");
    expect((await run(folder, ["eval", "naming", "cases.jsonl"])).err).toContain("Line 1");
  });

  test("doctor names what is amiss with a fix", async () => {
    const folder = library();
    const { code, out } = await run(folder, ["doctor"]);
    expect(code).toBe(0);
    expect(out).toContain("! ollama: ");
    expect((await run(folder, ["doctor"], { SCAN_PATH: join(folder, "gone") })).code).toBe(1);
    const checks = (await run(folder, ["doctor", "--json"])).json().checks as {
      name: string;
      level: string;
      fix: string | null;
    }[];
    for (const check of checks) expect(check.level === "ok" || Boolean(check.fix)).toBe(true);
  });
});

test("names of files do not steer the terminal", async () => {
  const folder = library({ "x/Low\u001b]0;pwned\u0007tide - Ebb.wav": wav(1) });
  await run(folder, ["scan", "--wait"]);
  await run(folder, ["approve", "--all"]);
  for (const args of [["files"], ["proposals"], ["apply"], ["undo", "1"], ["audit"]]) {
    const { out, err } = await run(folder, args);
    expect(`${out}${err}`).not.toMatch(/(?!\n)\p{Cc}/u);
  }
}, 20_000);

describe("the database's upkeep", () => {
  test("backup, loss, restore", async () => {
    const folder = library();
    const newest = readMigrations(join(import.meta.dir, "../../daemon/db/migrations")).length;
    await run(folder, ["scan", "--wait"]);
    expect((await run(folder, ["db", "current", "--json"])).json()).toMatchObject({ version: newest, newest });
    expect((await run(folder, ["db", "history"])).out).toContain("start");
    expect((await run(folder, ["db", "backup", "safe.db"])).code).toBe(0);
    expect((await run(folder, ["db", "backup", "safe.db"])).err).toContain("exists already");
    writeFileSync(join(folder, "data/phaze.db"), "ruined ".repeat(2000));
    const broken = await run(folder, ["status"]);
    expect(broken.code).toBe(1);
    expect(broken.err).toContain("phaze db restore");
    writeFileSync(join(folder, "bad.db"), readFileSync(join(folder, "data/phaze.db")));
    expect((await run(folder, ["db", "restore", "bad.db"])).code).toBe(1);
    expect((await run(folder, ["db", "restore", "nowhere.db"])).code).toBe(2);
    expect((await run(folder, ["db", "restore", "safe.db"])).code).toBe(0);
    expect((await run(folder, ["files", "--json"])).json().total).toBe(2);
    // A log that a lost database left behind does not get mixed into the restored one.
    rmSync(join(folder, "data/phaze.db"));
    writeFileSync(join(folder, "data/phaze.db-wal"), "left over ".repeat(500));
    expect((await run(folder, ["db", "restore", "safe.db"])).code).toBe(0);
    expect((await run(folder, ["files", "--json"])).json().total).toBe(2);
    expect((await run(folder, ["db", "upgrade", "--json"])).json()).toEqual({
      from: newest,
      to: newest,
      backup: null,
    });
    expect((await run(folder, ["db", "downgrade"])).code).toBe(0);
    expect((await run(folder, ["db", "current", "--json"])).json()).toMatchObject({ version: newest - 1, newest });
    expect((await run(folder, ["db", "upgrade"])).code).toBe(0);
  }, 20_000);
});

describe("serve", () => {
  test("prints one sign-in link, answers other commands, keeps a second daemon out, and stops cleanly", async () => {
    const folder = library();
    const controller = new AbortController();
    let printed = "";
    const env = { ...testEnv(folder), SCAN_PATH: join(folder, "library") };
    const io = {
      out(text: string) {
        printed += text;
      },
      err() {},
      isTerminal: false,
      env,
      cwd: folder,
      signal: controller.signal,
    };
    const serving = runCli(["serve"], io);
    await until("the link", () => printed.includes("Open "));
    const link = /Open (\S+)/.exec(printed)?.[1] ?? "";
    expect(printed.match(/sign-in/g)).toHaveLength(1);
    const signedIn = await fetch(link, { redirect: "manual" });
    expect(signedIn.status).toBe(302);
    const page = await fetch(new URL("/", link), {
      headers: { accept: "text/html", cookie: (signedIn.headers.get("set-cookie") ?? "").split(";")[0] as string },
    });
    expect(await page.text()).toContain("<title>");
    expect((await fetch(new URL("/assets/main.js", link))).status).toBe(200);
    await until("the proposals", async () => (await run(folder, ["proposals", "--json"])).json().total === 2);
    expect((await run(folder, ["scan", "--json"])).json()).toMatchObject({ batchId: expect.any(Number) });
    const second = await run(folder, ["serve"]);
    expect(second.code).toBe(1);
    expect(second.err).toContain("Another Phaze works with the database");
    expect((await run(folder, ["db", "upgrade"])).err).toContain("stop it before");
    controller.abort();
    expect(await serving).toBe(0);
    expect(existsSync(join(folder, "data/daemon.json"))).toBe(false);
  }, 30_000);

  test("a folder that is not there and a port that is taken are said plainly", async () => {
    const folder = library();
    expect((await run(folder, ["serve", join(folder, "gone")])).err).toContain("is not there");
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("") });
    const taken = await run(folder, ["serve"], { API_PORT: `${server.port}` });
    await server.stop(true);
    expect([taken.code, taken.err.includes("set API_PORT")]).toEqual([1, true]);
  });
});

describe("settings", () => {
  const read = (env: Record<string, string>, libraryPath?: string) => readConfig(env, "/home/me/phaze", libraryPath);

  test("defaults, and paths from them", () => {
    const config = read({});
    expect(config).toMatchObject({
      databasePath: "/home/me/phaze/data/phaze.db",
      libraryPath: null,
      outputPath: "/home/me/phaze/data/organized",
    });
    expect(read({ SCAN_PATH: "/mnt/music" }).outputPath).toBe("/mnt/organized");
    expect(read({ SCAN_PATH: "/mnt/music" }, "other").libraryPath).toBe("/home/me/phaze/other");
    expect(read({ DATABASE_URL: "sqlite:///var/phaze.db" }).databasePath).toBe("/var/phaze.db");
    expect(Object.isFrozen(config)).toBe(true);
  });

  test("secrets come from files, and never show in errors", () => {
    const file = join(tempFolder(), "token");
    writeFileSync(file, "from-a-file\n");
    expect(read({ PHAZE_TOKEN_FILE: file }).values.PHAZE_TOKEN).toBe("from-a-file");
    expect(() => read({ PHAZE_TOKEN_FILE: file, PHAZE_TOKEN: "other-token" })).toThrow("keep one");
    expect(() => read({ PHAZE_TOKEN_FILE: "/nowhere" })).toThrow("cannot read");
    expect(() => read({ PHAZE_TOKEN: "short" })).toThrow("(hidden)");
  });

  const bad: Record<string, string>[] = [
    { API_PORT: "x" },
    { PHAZE_AUTH: "maybe" },
    { PHAZE_AUTH: "none", API_HOST: "0.0.0.0" },
    { PHAZE_BASE_PATH: "phaze/" },
    { PHAZE_DEBUG: "perhaps" },
    { WORKER_MAX_JOBS: "0" },
    { PHAZE_FRAME_ANCESTORS: "a;b" },
  ];
  for (const env of bad) test(`refuses ${JSON.stringify(env)}`, () => expect(() => read(env)).toThrow(ConfigError));

  test("settings that wait for their part of the product are named", () => {
    expect(read({ REDIS_URL: "redis://x" }).ignored).toEqual(["REDIS_URL"]);
  });
});
