// Finds or installs Bun and the packages, with nothing but Node (or Bun) and npm on the machine.
// Plain JavaScript without dependencies: it runs before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bunVersion = "1.4.5";
const say = (text) => process.stderr.write(`${text}\n`);

function fail(text) {
  say(text);
  process.exit(1);
}

/** True when `version` (such as 1.4.10) is at least the one this project is tested with. */
export function isRecent(version) {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const [wantMajor, wantMinor, wantPatch] = bunVersion.split(".").map(Number);
  if (major !== wantMajor) return major > wantMajor;
  if (minor !== wantMinor) return minor > wantMinor;
  return patch >= wantPatch;
}

function bunOnPath() {
  const found = spawnSync("bun", ["--version"], { encoding: "utf8" });
  return found.status === 0 && isRecent(found.stdout.trim()) ? "bun" : undefined;
}

function bunFromNpm() {
  const scope = join(root, ".bun", "node_modules", "@oven");
  if (!existsSync(scope)) return undefined;
  for (const name of readdirSync(scope)) {
    const file = join(scope, name, "bin", process.platform === "win32" ? "bun.exe" : "bun");
    if (!existsSync(file)) continue;
    const found = spawnSync(file, ["--version"], { encoding: "utf8" });
    if (found.status === 0 && isRecent(found.stdout.trim())) return file;
  }
  return undefined;
}

function installBun() {
  say(`Installing the Bun ${bunVersion} runtime into .bun/ (once) …`);
  // Without scripts: npm picks the one platform package that holds the program.
  const args = ["install", "--prefix", join(root, ".bun"), "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
  const done = spawnSync("npm", [...args, "--loglevel=error", `bun@${bunVersion}`], {
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (done.error || done.status !== 0) {
    fail(
      `Bun could not be installed from npm (${done.error?.message ?? `exit ${done.status}`}). Check the network, or install Bun yourself: https://bun.sh`,
    );
  }
  return (
    bunFromNpm() ??
    fail(
      "npm has no Bun for this machine (operating system, processor or C library). See https://bun.sh/docs/installation",
    )
  );
}

/** Path of a Bun program recent enough: the one running, the one on PATH, or one from npm. */
export function ensureBun() {
  if (process.versions.bun && isRecent(process.versions.bun)) return process.execPath;
  return bunFromNpm() ?? bunOnPath() ?? installBun();
}

/** Installs the packages of bun.lock unless the very same set is there. `production` leaves development tools out. */
export function ensurePackages(bun, production) {
  const stamp = join(root, "node_modules", ".phaze-installed");
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "bun.lock")))
    .digest("hex");
  const have = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  if (have === `${lock} all` || (production && have === `${lock} production`)) return;
  say("Installing packages …");
  const args = [
    "install",
    "--frozen-lockfile",
    "--ignore-scripts",
    "--no-progress",
    ...(production ? ["--production"] : []),
  ];
  const done = spawnSync(bun, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (done.status !== 0)
    fail("The packages could not be installed: see the lines above. Check the network and try again.");
  writeFileSync(stamp, `${lock} ${production ? "production" : "all"}`);
}

/** Runs a program in the foreground, passes signals on, and resolves to its exit code. */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "inherit", ...options });
    const forward = (signal) => child.kill(signal);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward);
    child.on("error", (error) => {
      say(`${program}: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 1)));
    options.onChild?.(child);
  });
}
