import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./repository.ts";

const isRoot = process.getuid?.() === 0 && Bun.which("setpriv") !== null;
const name = isRoot ? "entry point of the container" : "entry point of the container (skipped: needs root and setpriv)";

/** A stand-in for Bun that tells as whom it runs and what it was given. */
const fakeBun = `#!/bin/sh
echo "uid=$(id -u) gid=$(id -g) groups=$(id -G) home=$HOME"
printf '%s\\n' "$@"
grep -E '^(CapEff|NoNewPrivs)' /proc/self/status
`;

describe.skipIf(!isRoot)(name, () => {
  let dir = "";
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "phaze-entry-"));
    chmodSync(dir, 0o755);
    writeFileSync(join(dir, "bun"), fakeBun, { mode: 0o755 });
    // A copy, since the checkout may be out of the other users' reach.
    copyFileSync(join(root, "docker", "entrypoint.sh"), join(dir, "entrypoint.sh"));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  function volume(label: string, owner: number, mode = 0o755): string {
    const path = join(dir, label);
    mkdirSync(path);
    chownSync(path, owner, owner);
    chmodSync(path, mode);
    return path;
  }

  async function run(env: Record<string, string>, args: string[] = ["serve"], as: string[] = []) {
    const child = Bun.spawn([...as, "/bin/sh", join(dir, "entrypoint.sh"), ...args], {
      env: { PATH: `${dir}:${process.env.PATH}`, PHAZE_APP: "/app", ...env },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { out, err, code };
  }

  test("gives up root for PUID and PGID, with no rights left", async () => {
    const config = volume("config", 0);
    const { out, code } = await run({ PUID: "12345", PGID: "12346", PHAZE_VOLUMES: config }, ["status", "--json"]);
    expect(code).toBe(0);
    expect(out).toContain("uid=12345 gid=12346 groups=12346 home=/tmp");
    expect(out).toContain("/app/daemon/cli.ts\nstatus\n--json\n");
    expect(out).toMatch(/CapEff:\s+0{16}/);
    expect(out).toMatch(/NoNewPrivs:\s+1/);
    expect(statSync(config)).toMatchObject({ uid: 12345, gid: 12346 });
  });

  test("leaves a folder that holds files to its owner, and says what to do", async () => {
    const config = volume("foreign", 0);
    writeFileSync(join(config, "phaze.db"), "");
    const { out, err, code } = await run({ PUID: "12345", PGID: "12345", PHAZE_VOLUMES: config });
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(err).toContain(`PUID=12345 PGID=12345 may not write ${config}`);
    expect(statSync(config).uid).toBe(0);
  });

  test("takes 1000 when nothing is set", async () => {
    const { out } = await run({ PHAZE_VOLUMES: volume("default", 0) });
    expect(out).toContain("uid=1000 gid=1000");
  });

  test.each([["abc"], ["-1"], ["1 2"], ["99999999999"], ["0x10"]])("refuses PUID=%s", async (puid) => {
    const { out, err, code } = await run({ PUID: puid, PHAZE_VOLUMES: "" });
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(err).toContain("must be a number");
  });

  test("stays who it is as root of a rootless engine, and as an ordinary user", async () => {
    expect((await run({ PUID: "0", PGID: "0", PHAZE_VOLUMES: "" })).out).toContain("uid=0");
    const ordinary = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"];
    const { out, code } = await run({ PUID: "1000", PHAZE_VOLUMES: "" }, ["serve"], ordinary);
    expect(code).toBe(0);
    expect(out).toContain("uid=12345 gid=12345");
  });
});
