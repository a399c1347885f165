import { lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ensureFolder, insertFile } from "../daemon/db/files.ts";
import { openDatabase } from "../daemon/db/open.ts";
import { proposalIds } from "../daemon/db/proposal-list.ts";
import { decide, saveProposal } from "../daemon/db/proposals.ts";
import { makeEvents } from "../daemon/events.ts";
import { silentLog } from "../daemon/log.ts";
import { openLibc } from "../daemon/rename/libc.ts";
import { makeMover } from "../daemon/rename/mover.ts";
import { hashFile } from "../daemon/stages/hash.ts";
import { type BenchOptions, inFolder, program, seconds, verdict } from "./support.ts";

const fileCount = 12;
const fileMb = 80;

/** A database in which every file of `library` is known, hashed and approved for a new name. */
async function approveAll(folder: string, library: string, signal: AbortSignal) {
  const db = openDatabase(join(folder, "phaze.db"));
  for (let index = 0; index < fileCount; index++) {
    const nameRaw = `set ${index}.mp3`;
    const path = join(library, nameRaw);
    const stat = lstatSync(path);
    const home = ensureFolder(db, library, stat.dev);
    const facts = { sizeBytes: stat.size, mtimeMs: stat.mtimeMs, inode: stat.ino, device: stat.dev };
    const id = insertFile(db, { folder: home, nameRaw, kind: "music", ...facts }, Date.now());
    db.query("update files set sha256 = ? where id = ?").run(
      (await hashFile(path, { progress() {} }, signal)).sha256,
      id,
    );
    const filename = `Artist - Live @ Place ${index}.mp3`;
    const draft = {
      kind: "set",
      fields: {},
      filename,
      directory: "sets",
      confidence: 1,
      engine: "rules",
      evidence: {},
      sureness: {},
      alternatives: {},
      notes: [],
    } as const;
    saveProposal(db, id, { ...draft, notes: [] }, nameRaw, Date.now());
  }
  for (const id of proposalIds(db, {}, fileCount)) decide(db, id, "approve", { actor: "bench", now: Date.now() });
  return db;
}

/** Applying a batch (copy, sync, read back, journal, remove) against `cp` and `sha256sum` of both files. */
export async function benchApply({ signal, print }: BenchOptions) {
  return inFolder("apply", async (folder) => {
    const library = join(folder, "library");
    mkdirSync(library);
    const names = Array.from({ length: fileCount }, (_, index) => join(library, `set ${index}.mp3`));
    for (const name of names)
      await program(["dd", "if=/dev/urandom", `of=${name}`, "bs=1M", `count=${fileMb}`, "status=none"]);
    await program(["sync"]);
    const db = await approveAll(folder, library, signal);
    const peerFolder = join(folder, "peer");
    mkdirSync(peerFolder);
    const peerSec = await seconds(async () => {
      for (const name of names) {
        const copy = join(peerFolder, name.split("/").at(-1) ?? "");
        await program(["cp", "--preserve=all", name, copy]);
        await program(["sha256sum", name, copy]);
      }
    });
    const syncSec = await seconds(() => program(["sync"]));
    const mover = makeMover({
      db,
      libc: openLibc(),
      events: makeEvents(),
      log: silentLog,
      now: Date.now,
      outputPath: join(folder, "organized"),
    });
    let status: unknown;
    const ourSec = await seconds(async () => {
      const result = await mover.apply(undefined, "bench");
      if (result.batch) status = await result.done;
    });
    if (status !== "done") throw new Error(`The batch ended as ${status}`);
    db.close();
    const mb = fileCount * fileMb;
    print(
      `cp + sha256sum of both ${(mb / peerSec).toFixed(0)} MB/s (its sync afterwards ${syncSec.toFixed(2)} s, not counted), apply ${(mb / ourSec).toFixed(0)} MB/s`,
    );
    print(verdict("apply / (cp + sha256sum of both)", peerSec / ourSec, "×", 0.6, false));
    print(verdict("apply / (cp + sha256sum of both + sync)", (peerSec + syncSec) / ourSec, "×", 0.6, false));
    return { peerSec, syncSec, ourSec };
  });
}
