import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { readCounts } from "../daemon/db/counts.ts";
import { writeFact } from "../daemon/db/facts.ts";
import { openDatabase } from "../daemon/db/open.ts";
import { makeEvents } from "../daemon/events.ts";
import { makeSidecars, sidecarPorts } from "../daemon/fingerprint/sidecars.ts";
import { silentLog } from "../daemon/log.ts";
import { makeStages } from "../daemon/pipeline/stages.ts";
import type { AskModel } from "../daemon/stages/refine.ts";
import { makeScanner } from "../daemon/watch/scanner.ts";
import { makeSettle } from "../daemon/watch/settle.ts";
import { makeWalker } from "../daemon/watch/walker.ts";
import { type BenchOptions, inFolder, program, residentMb, seconds, verdict } from "./support.ts";
import { makeTree } from "./tree.ts";

const fileCount = 200_000;

/** The scanner alone, as the daemon wires it, without the stages that would read the files. */
function makeBareScanner(root: string, databasePath: string) {
  const db = openDatabase(databasePath);
  const ask: AskModel = async (_, draft) => draft;
  const registry = makeStages({
    root,
    ffprobePath: null,
    maxCompanionChars: 0,
    naming: () => ({}),
    ask,
    modelUnavailable: () => null,
    fingerprints: makeSidecars({
      urls: {},
      ports: sidecarPorts,
      dataDir: "/nowhere",
      healthMs: 60_000,
      log: silentLog,
      onChange() {},
    }),
    soundUnavailable: () => null,
    modelsPath: "",
    models: () => ({ id: "", reason: null }),
  });
  const settle = makeSettle({ settleMs: 0, onStill() {} });
  const deps = { db, registry, settle, now: Date.now, root, events: makeEvents(), log: silentLog };
  return { db, scanner: makeScanner({ ...deps, walker: makeWalker(), onChange() {} }) };
}

/** Memory of a whole daemon that watches the tree and has nothing to do, MB. */
async function restingMb(root: string, databasePath: string, folders: number, signal: AbortSignal): Promise<number> {
  const db = openDatabase(databasePath);
  writeFact(db, "pipeline.paused", "true");
  db.close();
  const env = {
    ...process.env,
    DATABASE_URL: databasePath,
    API_PORT: "0",
    PHAZE_AUTH: "none",
    PHAZE_SETTLE_SECONDS: "0",
    SCAN_PATH: root,
  };
  const cli = join(import.meta.dir, "..", "daemon", "cli.ts");
  const child = Bun.spawn([process.execPath, cli, "serve", "--json"], { env, stdout: "pipe", stderr: "ignore" });
  try {
    const { value } = await child.stdout.getReader().read();
    const { url } = JSON.parse(new TextDecoder().decode(value)) as { url: string };
    for (let calm = 0; calm < 10; ) {
      signal.throwIfAborted();
      await Bun.sleep(1000);
      const stats = (await (await fetch(`${url}/pipeline/stats`)).json()) as {
        watchedFolders: number;
        scan: { status: string };
      };
      calm = stats.scan.status === "completed" && stats.watchedFolders >= folders ? calm + 1 : 0;
    }
    return await residentMb(child.pid);
  } finally {
    child.kill();
    await child.exited;
  }
}

/** First scan and rescan of 200,000 files against `find` on the same tree in the same run, and memory at rest. */
export async function benchScan({ signal, print }: BenchOptions) {
  return inFolder("scan", async (folder) => {
    const root = join(folder, "library");
    mkdirSync(root);
    print(`making ${fileCount} files …`);
    const folders = makeTree(root, fileCount);
    const find = async () =>
      Math.min(
        ...[
          await seconds(() => program(["find", root, "-printf", "%s %T@ %p\\n"])),
          await seconds(() => program(["find", root, "-printf", "%s %T@ %p\\n"])),
        ],
      );
    const findSec = await find();
    const { db, scanner } = makeBareScanner(root, join(folder, "phaze.db"));
    const firstSec = await seconds(() => scanner.scan("bench").done);
    if (readCounts(db, "kind").music !== fileCount) throw new Error("The first scan did not find every file");
    const rescanSec = Math.min(
      await seconds(() => scanner.scan("bench").done),
      await seconds(() => scanner.scan("bench").done),
    );
    await scanner.stop();
    db.close();
    const restMb = await restingMb(root, join(folder, "phaze.db"), folders, signal);
    print(
      `find ${findSec.toFixed(2)} s, first scan ${firstSec.toFixed(2)} s, rescan ${rescanSec.toFixed(2)} s, ${folders} folders`,
    );
    print(verdict("first scan (no hashing) / find", firstSec / findSec, "×", 15, true));
    print(verdict("rescan of the unchanged tree / find", rescanSec / findSec, "×", 3, true));
    print(verdict("daemon at rest", restMb, "MB", 350, true));
    return { findSec, firstSec, rescanSec, restMb };
  });
}
