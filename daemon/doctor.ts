import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "./config.ts";
import type { ServiceStatus } from "./contract/service.ts";
import { mountOf, networkFileSystems } from "./db/mounts.ts";
import { connect } from "./db/open.ts";

/** One thing that was looked at. `warning` costs something, `problem` stops Phaze from doing its work. */
export interface Check {
  name: string;
  level: "ok" | "warning" | "problem";
  detail: string;
  fix: string | null;
}

const ok = (name: string, detail: string): Check => ({ name, level: "ok", detail, fix: null });
const bad = (level: "warning" | "problem", name: string, detail: string, fix: string): Check => ({
  name,
  level,
  detail,
  fix,
});

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function nearest(path: string): string {
  let here = path;
  while (!existsSync(here) && here !== "/") here = dirname(here);
  return here;
}

function checkLibrary(config: Config): Check {
  const { libraryPath } = config;
  if (libraryPath === null)
    return bad(
      "warning",
      "library",
      "No music folder is set: the demo library is used",
      "Set SCAN_PATH, or start with: npm start -- ~/Music",
    );
  if (!existsSync(libraryPath) || !statSync(libraryPath).isDirectory())
    return bad("problem", "library", `${libraryPath} is not there`, "Mount it, or set SCAN_PATH to your music folder");
  if (!may(libraryPath, constants.R_OK | constants.X_OK))
    return bad("problem", "library", `${libraryPath} cannot be read`, "Give Phaze's user the right to read it");
  if (!may(libraryPath, constants.W_OK))
    return bad(
      "warning",
      "library",
      `${libraryPath} is read-only: files cannot be moved out of it`,
      "Mount it for writing when you want to apply proposals",
    );
  return ok("library", libraryPath);
}

function checkOutput(config: Config): Check {
  const folder = nearest(config.outputPath);
  if (!may(folder, constants.W_OK | constants.X_OK))
    return bad("problem", "output", `${folder} cannot be written`, "Set OUTPUT_PATH to a folder that Phaze may write");
  const { bavail, bsize } = statfsSync(folder);
  const freeGb = (bavail * bsize) / 1e9;
  if (freeGb < 5)
    return bad(
      "warning",
      "output",
      `Only ${freeGb.toFixed(1)} GB are free at ${folder}`,
      "Free some space: each file is copied before its source goes",
    );
  return ok("output", `${config.outputPath}, ${freeGb.toFixed(0)} GB free`);
}

function checkDatabase(config: Config): Check {
  const { databasePath } = config;
  const mounts = existsSync("/proc/self/mounts") ? readFileSync("/proc/self/mounts", "utf8") : "";
  const mount = mountOf(databasePath, mounts);
  if (mount && networkFileSystems.test(mount.type))
    return bad(
      "problem",
      "database",
      `${databasePath} lies on ${mount.type}`,
      "Set DATABASE_URL to a path on a local disk",
    );
  if (!existsSync(databasePath)) return ok("database", `${databasePath} will be made at the first start`);
  try {
    const db = connect(databasePath, { readonly: true });
    const { quick_check: result } = db.query("pragma quick_check(1)").get() as { quick_check: string };
    db.close();
    if (result === "ok") return ok("database", `${databasePath}, ${(statSync(databasePath).size / 1e6).toFixed(1)} MB`);
    return bad(
      "problem",
      "database",
      `${databasePath} is damaged: ${result}`,
      "Restore a backup: phaze db restore FILE",
    );
  } catch (error) {
    return bad(
      "problem",
      "database",
      `${databasePath} cannot be opened: ${(error as Error).message}`,
      "Restore a backup: phaze db restore FILE",
    );
  }
}

function checkWatches(): Check[] {
  const file = "/proc/sys/fs/inotify/max_user_watches";
  if (!existsSync(file)) return [];
  const most = Number(readFileSync(file, "utf8"));
  if (most >= 65_536) return [ok("watches", `${most} folders can be watched`)];
  return [
    bad("warning", "watches", `Only ${most} folders can be watched`, "sysctl fs.inotify.max_user_watches=524288"),
  ];
}

/** Looks at everything Phaze needs or can use, and says how to mend what is amiss. */
export function examine(config: Config, services: readonly ServiceStatus[]): Check[] {
  const found = services.map((service) =>
    service.ok
      ? ok(service.name, service.detail)
      : bad("warning", service.name, `${service.detail}. ${service.cost ?? ""}`.trim(), service.remedy ?? ""),
  );
  return [
    ok("runtime", `Bun ${Bun.version}`),
    checkDatabase(config),
    checkLibrary(config),
    checkOutput(config),
    ...checkWatches(),
    ...found,
  ];
}
