import { join } from "node:path";
import { writeFact } from "../daemon/db/facts.ts";
import { openDatabase } from "../daemon/db/open.ts";
import { type BenchOptions, inFolder, percentile, verdict } from "./support.ts";

const fileCount = 200_000;

/** A database as after the pipeline: files with tags, runs and proposals. Written by SQL; the triggers keep the counts. */
function fill(path: string, library: string): void {
  const db = openDatabase(path);
  const words = ["north", "harbour", "ember", "glass", "silver", "quiet", "winter", "signal", "orchard", "meridian"];
  const word = (n: number) => words[n % words.length];
  db.run("pragma synchronous = off");
  db.transaction(() => {
    const folder = db.query("insert into folders (path_raw, path, device) values (?, ?, 1) returning id");
    const file = db.query(
      `insert into files (folder_id, name_raw, name, path, kind, extension, size_bytes, mtime_ms, inode, device, sha256, first_seen_at, changed_at)
       values (?, ?, ?, ?, 'music', 'mp3', ?, ?, ?, 1, ?, ?, ?) returning id`,
    );
    const run = db.query("insert into runs (file_id, stage, status, stage_version) values (?, ?, 'done', 1)");
    const metadata = db.query(
      "insert into metadata (file_id, artist, title, album, duration_sec, has_cover, value) values (?, ?, ?, ?, 240, 0, '{}')",
    );
    const fts = db.query("insert into files_fts (rowid, words) values (?, ?)");
    const proposal = db.query(
      `insert into proposals (file_id, status, kind, filename, directory, confidence, engine, fields, evidence, notes, unchanged, destination_key,
         created_at, updated_at) values (?, ?, ?, ?, ?, ?, 'rules', ?, ?, '[]', ?, ?, 1, 1)`,
    );
    const evidence = JSON.stringify({
      artist: [{ source: "filename", detail: "an example of what is kept. ".repeat(12) }],
    });
    const batch = db.query(
      "insert into batches (kind, status, created_at, units, bytes) values ('apply', 'done', 1, 20000, 1) returning id",
    );
    const operation = db.query(
      `insert into operations (batch_id, unit, role, action, source_raw, dest_raw, source, dest, size_bytes, mtime_ns, final_mtime_ns, mode,
         source_device, status, updated_at) values (?1, ?2, 'media', 'move', ?3, ?4, ?3, ?4, 100, '1', '1', 420, '1', ?5, 1)`,
    );
    const audit = db.query(
      "insert into execution_log (at, actor, action, file_id, batch_id, source) values (1, 'bench', ?, ?, ?, ?)",
    );
    let batchId = 0;
    let folderId = 0;
    let home = "";
    for (let n = 0; n < fileCount; n++) {
      if (n % 10 === 0) {
        home = `${library}/${word(n / 10)} ${word(n / 100)}/album ${n / 10}`;
        folderId = (folder.get(home, home) as { id: number }).id;
      }
      const title = `${word(n)} ${word(n * 7)} ${n}`;
      const name = `${n % 10} - ${title}.mp3`;
      const { id } = file.get(
        folderId,
        name,
        name,
        `${home}/${name}`,
        1_000_000 + n,
        n + 0.5,
        n + 1,
        n.toString(16).padStart(64, "0"),
        n,
        n,
      ) as { id: number };
      for (const stage of ["hash", "tags", "propose"]) run.run(id, stage);
      metadata.run(id, `${word(n / 10)} ${word(n / 100)}`, title, `album ${Math.floor(n / 10)}`);
      fts.run(id, `${home} ${name} ${word(n / 10)} live`);
      const status = ["pending", "pending", "approved", "rejected", "executed"][n % 5] ?? "pending";
      proposal.run(
        id,
        status,
        n % 40 === 0 ? "set" : "track",
        `${word(n)} - ${title}.mp3`,
        `music/${word(n / 10)}/album`,
        (n % 100) / 100,
        JSON.stringify({ artist: word(n), title }),
        evidence,
        n % 11 === 0 ? 1 : 0,
        `k${n}`,
      );
      if (n % 20_000 === 0) batchId = (batch.get() as { id: number }).id;
      operation.run(batchId, n, `${home}/${name}`, `/out/${name}`, n % 50 === 0 ? "failed" : "done");
      audit.run(n % 50 === 0 ? "fail" : "move", id, batchId, `${home}/${name}`);
    }
  })();
  db.run("insert into stages values ('hash', 1), ('tags', 1), ('propose', 1), ('refine', 1)");
  writeFact(db, "pipeline.paused", "true");
  db.close();
}

const files = "/api/v1/files?page_size=50";
const proposals = "/proposals/?page_size=50";
const requests = [
  ["list, first page", files],
  ["list, deep page", `${files}&page=3500`],
  ["list by state, by size", `${files}&state=APPROVED&sort=-size`],
  ["list by state, deep page", `${files}&state=PROPOSAL_GENERATED&page=800`],
  ["list by state, the rare one, by path", `${files}&state=FAILED`],
  ["list by state and kind", `${files}&state=APPROVED&kind=music`],
  ["list by state and kind, added, deep", `${files}&state=APPROVED&kind=music&sort=-added&page=400`],
  ["list by state with words", `${files}&state=APPROVED&q=glass+harbour`],
  ["list by state, a word in every file", `${files}&state=APPROVED&q=live`],
  ["list by state, a common word", `${files}&state=APPROVED&q=glass`],
  ["list with words", "/api/v1/files?q=glass+harbour&sort=path"],
  ["proposals, pending", `${proposals}&status=pending`],
  ["proposals, deep page", `${proposals}&page=2000`],
  ["proposals, by confidence, deep", "/proposals/?status=pending&sort=-confidence&page=1000"],
  ["proposals by status, by path", `${proposals}&status=approved&sort=path`],
  ["proposals by status, by path, deep", `${proposals}&status=approved&sort=path&page=400`],
  ["proposals by status, by destination", `${proposals}&status=approved&sort=destination`],
  ["proposals by status, destination, deep", `${proposals}&status=pending&sort=-destination&page=800`],
  ["proposals by status and kind", `${proposals}&status=pending&kind=set`],
  ["proposals that move, sure ones", `${proposals}&status=pending&changed=true&min_confidence=0.9`],
  ["proposals with words", "/proposals/?q=winter+signal"],
  ["proposals with words, newest", "/proposals/?q=winter+signal&sort=-id"],
  ["proposals, a word in every file, newest", "/proposals/?q=live&sort=-id"],
  ["proposals, a common word, newest", "/proposals/?q=glass&status=pending&sort=-id"],
  ["preview", "/preview/"],
  ["search, rare word", "/api/v1/search?q=199999"],
  ["search, two words", "/api/v1/search?q=silver+meridian"],
  ["search, a word in every file", "/api/v1/search?q=live"],
  ["audit, deep page", "/audit/?page=3000"],
  ["audit by batch and action", "/audit/?batch_id=3&action=move"],
  ["audit by action, deep page", "/audit/?action=move&page=2000"],
  ["batches", "/execution/"],
  ["batch", "/execution/3"],
  ["batch, journal, deep page", "/execution/3/operations?page=300"],
  ["batch, journal, what failed", "/execution/3/operations?status=failed"],
  ["stats", "/pipeline/stats"],
  ["file detail", "/api/v1/files/150000"],
] as const;
const rounds = 60;

/** Answer times over loopback with 200,000 files: list, search, stats. */
export async function benchApi({ print }: BenchOptions) {
  return inFolder("api", async (folder) => {
    const library = join(folder, "library");
    await Bun.write(join(library, "keep.txt"), "x");
    const databasePath = join(folder, "phaze.db");
    print(`filling a database with ${fileCount} files …`);
    fill(databasePath, library);
    const env = {
      ...process.env,
      DATABASE_URL: databasePath,
      API_PORT: "0",
      PHAZE_AUTH: "none",
      SCAN_PATH: library,
      PHAZE_SCAN_INTERVAL: "0",
    };
    const cli = join(import.meta.dir, "..", "daemon", "cli.ts");
    const child = Bun.spawn([process.execPath, cli, "serve", "--json"], { env, stdout: "pipe", stderr: "ignore" });
    const all: number[] = [];
    const rows: { name: string; p50: number; p99: number }[] = [];
    try {
      const { value } = await child.stdout.getReader().read();
      const { url } = JSON.parse(new TextDecoder().decode(value)) as { url: string };
      // The scan of the start takes all files for missing: they are in the database alone.
      for (let calm = 0; calm < 3; ) {
        await Bun.sleep(1000);
        const { scan } = (await (await fetch(`${url}/pipeline/stats`)).json()) as { scan: { status: string } | null };
        calm = scan?.status === "completed" ? calm + 1 : 0;
      }
      for (const [name, path] of requests) {
        const times: number[] = [];
        for (let round = 0; round < rounds; round++) {
          const start = performance.now();
          const response = await fetch(`${url}${path}`);
          await response.text();
          if (!response.ok) throw new Error(`${path} answered ${response.status}`);
          times.push(performance.now() - start);
        }
        all.push(...times);
        rows.push({ name, p50: percentile(times, 0.5), p99: percentile(times, 0.99) });
        print(
          `${name.padEnd(41)} p50 ${percentile(times, 0.5).toFixed(1).padStart(6)} ms   p99 ${percentile(times, 0.99).toFixed(1).padStart(6)} ms`,
        );
      }
    } finally {
      child.kill();
      await child.exited;
    }
    const worst = (of: (row: (typeof rows)[number]) => number) => Math.max(...rows.map(of));
    print(
      verdict(
        "slowest request, p50",
        worst((row) => row.p50),
        "ms",
        10,
        true,
      ),
    );
    print(
      verdict(
        "slowest request, p99",
        worst((row) => row.p99),
        "ms",
        50,
        true,
      ),
    );
    print(verdict("all requests, p50", percentile(all, 0.5), "ms", 10, true));
    print(verdict("all requests, p99", percentile(all, 0.99), "ms", 50, true));
    return { rows, p50: percentile(all, 0.5), p99: percentile(all, 0.99) };
  });
}
