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
         created_at, updated_at) values (?, ?, 'track', ?, ?, ?, 'rules', ?, '{}', '[]', 0, ?, 1, 1)`,
    );
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
        `${word(n)} - ${title}.mp3`,
        `music/${word(n / 10)}/album`,
        (n % 100) / 100,
        JSON.stringify({ artist: word(n), title }),
        `k${n}`,
      );
    }
  })();
  db.run("insert into stages values ('hash', 1), ('tags', 1), ('propose', 1), ('refine', 1)");
  writeFact(db, "pipeline.paused", "true");
  db.close();
}

const requests = [
  ["list, first page", "/api/v1/files?page_size=50"],
  ["list, deep page", "/api/v1/files?page_size=50&page=3500"],
  ["list by state, by size", "/api/v1/files?state=APPROVED&sort=-size"],
  ["list with words", "/api/v1/files?q=glass+harbour&sort=path"],
  ["proposals, pending", "/proposals/?status=pending&page_size=50"],
  ["proposals, by confidence, deep", "/proposals/?status=pending&sort=-confidence&page=1000"],
  ["proposals with words", "/proposals/?q=winter+signal"],
  ["search, rare word", "/api/v1/search?q=199999"],
  ["search, two words", "/api/v1/search?q=silver+meridian"],
  ["search, a word in every file", "/api/v1/search?q=live"],
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
      await Bun.sleep(3000);
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
          `${name.padEnd(34)} p50 ${percentile(times, 0.5).toFixed(1).padStart(6)} ms   p99 ${percentile(times, 0.99).toFixed(1).padStart(6)} ms`,
        );
      }
    } finally {
      child.kill();
      await child.exited;
    }
    print(verdict("all requests, p50", percentile(all, 0.5), "ms", 10, true));
    print(verdict("all requests, p99", percentile(all, 0.99), "ms", 50, true));
    return { rows, p50: percentile(all, 0.5), p99: percentile(all, 0.99) };
  });
}
