import type { FileItem } from "../contract/api.ts";
import type { FileKind } from "../contract/kinds.ts";
import type { FileState } from "../contract/states.ts";
import { readCounts, sumCounts } from "./counts.ts";
import { countMatches, ftsQuery, type MatchWay, matchCondition, matchWay } from "./matches.ts";
import type { Db } from "./open.ts";

export interface FileFilter {
  kind?: FileKind | "media" | undefined;
  state?: FileState | undefined;
  /** false: files that are there; true: files that are missing; undefined: both. */
  missing?: boolean | undefined;
  search?: string | undefined;
}

export const fileSorts = { path: "f.path", size: "f.size_bytes", added: "f.id" } as const;
export type FileSort = keyof typeof fileSorts;

type Values = Record<string, string | number>;

function kindsOf(kind: FileFilter["kind"]): FileKind[] | null {
  if (kind === undefined) return null;
  return kind === "media" ? ["music", "video"] : [kind];
}

function conditions(filter: FileFilter, way: MatchWay): { where: string; values: Values } {
  const parts: string[] = [];
  const values: Values = {};
  const kinds = kindsOf(filter.kind);
  if (kinds) parts.push(`f.kind in (${kinds.map((kind) => `'${kind}'`).join(", ")})`);
  if (filter.missing !== undefined) parts.push(`f.missing_since is ${filter.missing ? "not null" : "null"}`);
  if (filter.state) {
    const state = "coalesce((select state from file_states s where s.file_id = f.id), 'DISCOVERED')";
    if (filter.state === "DISCOVERED") parts.push(`f.kind <> 'companion' and ${state} = 'DISCOVERED'`);
    else {
      parts.push(
        way === "drive" ? "f.id in (select file_id from file_states where state = $state)" : `${state} = $state`,
      );
      values.$state = filter.state;
    }
  }
  if (filter.search?.trim()) {
    const query = ftsQuery(filter.search);
    parts.push(query ? matchCondition("f.id", way) : "0");
    if (query) values.$query = query;
  }
  return { where: parts.length > 0 ? `where ${parts.join(" and ")}` : "", values };
}

/** The number of matches, from the kept counts or the search index where they suffice. */
export function countFiles(db: Db, filter: FileFilter): number {
  const { search, ...rest } = filter;
  if (!search?.trim()) {
    const kept = keptCount(db, filter);
    if (kept !== null) return kept;
  } else if ((rest.kind ?? "media") === "media" && rest.state === undefined && rest.missing === undefined) {
    return countMatches(db, search);
  }
  const { where, values } = conditions(filter, "drive");
  return (db.query(`select count(*) as n from files f ${where}`).get(values) as { n: number }).n;
}

/** Media files by state; one that has none yet is discovered. */
export function countStates(db: Db): Record<string, number> {
  const { DISCOVERED: _, ...states } = readCounts(db, "state");
  const kinds = readCounts(db, "kind");
  const discovered = (kinds.music ?? 0) + (kinds.video ?? 0) - sumCounts(states);
  return discovered > 0 ? { DISCOVERED: discovered, ...states } : states;
}

function keptCount(db: Db, filter: FileFilter): number | null {
  const missing = readCounts(db, "missing");
  const all = readCounts(db, "kind");
  const kinds = kindsOf(filter.kind) ?? (Object.keys(all) as FileKind[]);
  const sum = (counts: Record<string, number>) => kinds.reduce((n, kind) => n + (counts[kind] ?? 0), 0);
  if (filter.state === undefined)
    return filter.missing === undefined ? sum(all) : filter.missing ? sum(missing) : sum(all) - sum(missing);
  // States are kept for media of both kinds together.
  const anyMissing = Object.values(missing).some((n) => n > 0);
  if (kindsOf(filter.kind)?.length === 1 || (filter.missing !== undefined && anyMissing)) return null;
  return filter.missing ? 0 : (countStates(db)[filter.state] ?? 0);
}

const columns = `f.id, f.path, f.name, f.kind, f.extension, f.size_bytes as sizeBytes, f.mtime_ms as mtimeMs, f.sha256, f.first_seen_at as firstSeenAt,
  f.missing_since is not null as missing,
  iif(f.kind = 'companion', null, coalesce(s.state, 'DISCOVERED')) as state, m.artist, m.title, m.album, m.duration_sec as durationSec`;
const from = "from files f left join file_states s on s.file_id = f.id left join metadata m on m.file_id = f.id";
type Row = Omit<FileItem, "missing"> & { missing: number };
const toItem = (row: Row): FileItem => ({ ...row, missing: row.missing === 1 });

export function getFileItem(db: Db, id: number): FileItem | null {
  const row = db.query(`select ${columns} ${from} where f.id = ?`).get(id) as Row | null;
  return row && toItem(row);
}

/** A page of files with the true total, in a stable order (equal ones by id). */
export function listFiles(
  db: Db,
  filter: FileFilter,
  page: { sort: FileSort; descending: boolean; limit: number; offset: number },
): { items: FileItem[]; total: number } {
  const total = countFiles(db, filter);
  if (page.offset >= total) return { items: [], total };
  const { where, values } = conditions(filter, matchWay(db, total, page.offset + page.limit));
  const direction = page.descending ? "desc" : "asc";
  const order = page.sort === "added" ? `f.id ${direction}` : `${fileSorts[page.sort]} ${direction}, f.id ${direction}`;
  const rows = db
    .query(
      `select ${columns} ${from} where f.id in (select f.id from files f ${where} order by ${order} limit $limit offset $offset) order by ${order}`,
    )
    .all({ ...values, $limit: page.limit, $offset: page.offset }) as Row[];
  return { items: rows.map(toItem), total };
}

/** Search over path, artist, title and album; the newest first. */
export function searchFiles(db: Db, text: string, limit: number, offset: number): { items: FileItem[]; total: number } {
  const query = ftsQuery(text);
  if (!query) return { items: [], total: 0 };
  const ids = db
    .query("select rowid as id from files_fts where files_fts match ? order by rowid desc limit ? offset ?")
    .all(query, limit, offset) as { id: number }[];
  const items = ids.map((row) => getFileItem(db, row.id)).filter((item): item is FileItem => item !== null);
  return { items, total: countMatches(db, text) };
}
