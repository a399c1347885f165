import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeSidecars, type Sidecars } from "../fingerprint/sidecars.ts";
import { silentLog } from "../log.ts";

const patienceMs = 20_000;

/**
 * Starts fingerprint engines with empty stores in a temporary folder, for what must not touch the library's, and waits
 * until it is known whether they can be used.
 */
export async function startScratchSidecars(): Promise<{ sidecars: Sidecars; stop(): Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), "phaze-inspect-"));
  const sidecars = makeSidecars({
    urls: {},
    ports: { audfprint: 0, panako: 0 },
    dataDir,
    healthMs: 60_000,
    log: silentLog,
    onChange() {},
  });
  sidecars.start();
  await Promise.race([sidecars.ready(), Bun.sleep(patienceMs)]);
  return {
    sidecars,
    async stop() {
      await sidecars.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
