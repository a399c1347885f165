import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proposalKinds } from "../../daemon/contract/fields.ts";
import { proposalStatuses } from "../../daemon/contract/states.ts";
import { appendAudit, listAudit } from "../../daemon/db/audit.ts";
import { listFiles } from "../../daemon/db/file-list.ts";
import { ensureFolder, indexNewFiles, insertFile, markMissing, markPresent } from "../../daemon/db/files.ts";
import { type Db, openDatabase } from "../../daemon/db/open.ts";
import { batchProgress, insertBatch, listOperations, updateOperation } from "../../daemon/db/operations.ts";
import { listProposals, previewMoves } from "../../daemon/db/proposal-list.ts";
import { saveProposal } from "../../daemon/db/proposals.ts";
import { claimRuns, enqueue, finishRun, hasPending } from "../../daemon/db/runs.ts";

// More than `fewRows`, so that both ways are taken: from a filter's few rows, and along the sort.
const fileCount = 12_000;
const words = ["north", "ember", "glass"];

/** One database for all tests: filling it takes a second. */
const shared = mkdtempSync(join(tmpdir(), "phaze-test-"));
afterAll(() => rmSync(shared, { recursive: true }));

function filled(): Db {
  const db = openDatabase(join(shared, "phaze.db"));
  const folder = ensureFolder(db, "/m", 1);
  db.transaction(() => {
    const ids: number[] = [];
    for (let n = 0; n < fileCount; n++) {
      const kind = n % 50 === 0 ? "companion" : n % 7 === 0 ? "video" : "music";
      const nameRaw = `${(n * 7919) % fileCount} ${words[n % 3]} ${n % 2 ? "rare" : ""} live.mp3`;
      ids.push(insertFile(db, { folder, nameRaw, kind, sizeBytes: n % 1000, mtimeMs: 1, inode: n, device: 1 }, 1));
      if (kind === "companion" || n % 10 === 0) continue;
      const draft = { fields: {}, filename: `${n % 13}`, confidence: (n % 100) / 100, engine: "rules" } as const;
      const proposal = { ...draft, kind: proposalKinds[n % 3] ?? "track", directory: `d${n % 5}` };
      const unchanged = n % 11 === 0 ? `d${n % 5}/${n % 13}` : "a/b";
      saveProposal(
        db,
        ids.at(-1) as number,
        { ...proposal, evidence: {}, sureness: {}, alternatives: {}, notes: [] },
        unchanged,
        1,
      );
    }
    db.run(
      "update proposals set status = case when id % 4 = 0 then 'approved' when id % 97 = 0 then 'rejected' else status end",
    );
    markMissing(
      db,
      ids.filter((id) => id % 9 === 0),
      1,
    );
    indexNewFiles(db, ids);
  })();
  return db;
}

let db: Db;
beforeAll(() => {
  db = filled();
});

/** Pages at the start, in both halves, across the end and past it. */
const offsets = (total: number) => [
  0,
  7,
  Math.floor(total / 3),
  Math.floor(total / 2) + 3,
  Math.max(0, total - 4),
  total + 5,
];
const searches: [string | undefined, string][] = [
  [undefined, "1"],
  ["live", "f.kind <> 'companion'"],
  ["rare", "f.kind <> 'companion' and f.path like '% rare %'"],
  ["glass rare", "f.kind <> 'companion' and f.path like '% glass rare %'"],
  ["117", "f.kind <> 'companion' and f.path like '/m/117%'"],
  ["nowhere", "0"],
];

describe("lists equal what a plain query says", () => {
  const fileFilters: [Parameters<typeof listFiles>[1], string][] = [
    [{}, "1"],
    [{ kind: "video" }, "f.kind = 'video'"],
    [{ kind: "companion" }, "f.kind = 'companion'"],
    [{ missing: true }, "f.missing_since is not null"],
    [{ missing: false, kind: "media" }, "f.missing_since is null and f.kind <> 'companion'"],
    [{ state: "DISCOVERED" }, "f.state is null and f.kind <> 'companion'"],
    [{ state: "PROPOSAL_GENERATED" }, "f.state = 'PROPOSAL_GENERATED'"],
    [
      { state: "APPROVED", kind: "music", missing: false },
      "f.state = 'APPROVED' and f.kind = 'music' and f.missing_since is null",
    ],
    [{ state: "REJECTED" }, "f.state = 'REJECTED'"],
    [{ state: "FAILED" }, "0"],
  ];
  const fileOrders = { path: "f.path", size: "f.size_bytes", added: "f.id" } as const;
  for (const [filter, where] of fileFilters)
    test(`files ${JSON.stringify(filter)}`, () => {
      for (const [search, match] of searches)
        for (const sort of ["path", "size", "added"] as const)
          for (const direction of ["asc", "desc"]) {
            const sql = `select f.id from files f where ${where} and ${match} order by ${fileOrders[sort]} ${direction}, f.id ${direction}`;
            const all = (db.query(sql).values() as [number][]).map(([id]) => id);
            for (const offset of offsets(all.length)) {
              const page = { sort, descending: direction === "desc", limit: 5, offset };
              const { items, total } = listFiles(db, { ...filter, search }, page);
              expect([search, sort, offset, total, ...items.map((item) => item.id)]).toEqual([
                search,
                sort,
                offset,
                all.length,
                ...all.slice(offset, offset + 5),
              ]);
            }
          }
    });

  const proposalFilters: [Parameters<typeof listProposals>[1], string][] = [
    [{}, "1"],
    ...proposalStatuses.map((status) => [{ status }, `p.status = '${status}'`] as [{ status: typeof status }, string]),
    [{ kind: "set", minConfidence: 0.5 }, "p.kind = 'set' and p.confidence >= 0.5"],
    [{ status: "pending", changed: true }, "p.status = 'pending' and p.unchanged = 0"],
    [{ changed: false }, "p.unchanged = 1"],
  ];
  const proposalOrders = {
    id: [],
    confidence: ["p.confidence"],
    path: ["f.path"],
    destination: ["p.directory", "p.filename"],
  } as const;
  for (const [filter, where] of proposalFilters)
    test(`proposals ${JSON.stringify(filter)}`, () => {
      for (const [search, match] of searches)
        for (const sort of ["id", "confidence", "path", "destination"] as const)
          for (const direction of ["asc", "desc"]) {
            const order = [...proposalOrders[sort], "p.id"].map((column) => `${column} ${direction}`).join(", ");
            const sql = `select p.id from proposals p join files f on f.id = p.file_id where ${where} and ${match} order by ${order}`;
            const all = (db.query(sql).values() as [number][]).map(([id]) => id);
            for (const offset of offsets(all.length)) {
              const page = { sort, descending: direction === "desc", limit: 5, offset };
              const { items, total } = listProposals(db, { ...filter, search }, page);
              expect([search, sort, offset, total, ...items.map((item) => item.id)]).toEqual([
                search,
                sort,
                offset,
                all.length,
                ...all.slice(offset, offset + 5),
              ]);
            }
          }
    });

  test("the preview, by destination", () => {
    const sql = "select id from proposals where status = 'approved' and unchanged = 0 order by directory, filename, id";
    const all = (db.query(sql).values() as [number][]).map(([id]) => id);
    const { items, total } = previewMoves(db, 100);
    expect([total, ...items.map((item) => item.proposalId)]).toEqual([all.length, ...all.slice(0, 100)]);
  });

  test("the audit trail, by any filters", () => {
    for (let n = 0; n < 60; n++)
      appendAudit(db, {
        at: n,
        actor: "a",
        action: n % 3 ? "move" : "fail",
        fileId: (n % 4) + 1,
        batchId: n % 2 ? 1 : null,
      });
    const fileIds = [undefined, 2];
    for (const action of [undefined, "move"] as const)
      for (const batchId of [undefined, 1])
        for (const fileId of fileIds) {
          const parts = [
            action && `action = '${action}'`,
            batchId && `batch_id = ${batchId}`,
            fileId && `file_id = ${fileId}`,
          ];
          const sql = `select id from execution_log where ${parts.filter(Boolean).join(" and ") || "1"} order by id desc`;
          const all = (db.query(sql).values() as [number][]).map(([id]) => id);
          for (const offset of [0, 3, all.length - 2, all.length + 9]) {
            const { items, total } = listAudit(db, { action, batchId, fileId }, 5, offset);
            expect([total, ...items.map((item) => item.id)]).toEqual([all.length, ...all.slice(offset, offset + 5)]);
          }
        }
  });

  test("the journal of a batch, its progress from kept counts", () => {
    const move = {
      proposalId: null,
      fileId: null,
      role: "media",
      action: "move",
      mtimeNs: "1",
      finalMtimeNs: "1",
    } as const;
    const operations = [0, 1, 2, 3].map((unit) => {
      const paths = { sourceRaw: `/s${unit}`, destRaw: `/d${unit}`, source: `/s${unit}`, dest: `/d${unit}` };
      return { ...move, ...paths, unit, sizeBytes: 10, mode: 0o644, sourceDevice: "1", sha256: null };
    });
    const id = insertBatch(db, { kind: "apply", undoOf: null, createdAt: 1 }, operations);
    const ids = listOperations(db, { batchId: id }, 9, 0).items.map((operation) => operation.id);
    updateOperation(db, ids[1] as number, { status: "failed", error: "no" }, 2);
    updateOperation(db, ids[2] as number, { status: "done" }, 2);
    expect(batchProgress(db, id)).toEqual({ statuses: { planned: 2, failed: 1, done: 1 }, bytesDone: 20 });
    expect(listOperations(db, { batchId: id }, 2, 1)).toMatchObject({ total: 4, items: [{ unit: 1 }, { unit: 2 }] });
    expect(listOperations(db, { batchId: id, status: "failed" }, 2, 0)).toMatchObject({
      total: 1,
      items: [{ unit: 1 }],
    });
  });
});

describe("the queue", () => {
  const claim = (now: number, limit = 1) => claimRuns(db, "hash", limit, now, 60_000, 3_600_000);

  test("leaves runs of missing files out until the files are back, also those queued meanwhile", () => {
    const [before, after] = [20, 21];
    enqueue(db, before, "hash", 1);
    markMissing(db, [before, after], 1);
    enqueue(db, after, "hash", 1);
    expect([hasPending(db, "hash"), claim(1)]).toEqual([false, []]);
    markPresent(db, before);
    markPresent(db, after);
    expect(hasPending(db, "hash")).toBe(true);
    expect(claim(1, 5).map((run) => run.fileId)).toEqual([after, before].sort((a, b) => a - b));
    for (const fileId of [before, after]) finishRun(db, { fileId, stage: "hash", status: "done", now: 2 });
  });

  test("a retry waits for its time and then goes by its turn like the others", () => {
    enqueue(db, 30, "hash", 1);
    enqueue(db, 31, "hash", 1);
    expect(claim(1).map((run) => run.fileId)).toEqual([31]);
    finishRun(db, { fileId: 31, stage: "hash", status: "pending", now: 1, dueAt: 500 });
    expect(hasPending(db, "hash")).toBe(true);
    expect(claim(499).map((run) => run.fileId)).toEqual([30]);
    expect(claim(499)).toEqual([]);
    expect(claim(500)).toMatchObject([{ fileId: 31, attempts: 2 }]);
  });
});
