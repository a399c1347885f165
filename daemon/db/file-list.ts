import type { FileItem } from "../contract/api.ts";
import type { FileKind } from "../contract/kinds.ts";
import type { FileState } from "../contract/states.ts";
import { readCounts, sumCounts } from "./counts.ts";
import {
  countMatches,
  countMedia,
  countWay,
  fewRows,
  ftsQuery,
  matchCondition,
  matchWay,
  nearerEnd,
  type PageRequest,
} from "./matches.ts";
import type { Db } from "./open.ts";

export interface FileFilter {
  kind?: FileKind | "media" | undefined;
  state?: FileState | undefined;
  /** false: files that are there; true: files that are missing; undefined: both. */
  missing?: boolean | undefined;
  search?: string | undefined;
}

const orders = { path: ["f.path", "f.id"], size: ["f.size_bytes", "f.id"], added: ["f.id"] } as const;
export type FileSort = keyof typeof orders;
const sortIndexes = { path: "files_by_path", size: "files_by_size", added: "files_by_id" } as const;

function orderBy({ sort, descending }: { sort: FileSort; descending: boolean }): string {
  return orders[sort].map((column) => `${column} ${descending ? "desc" : "asc"}`).join(", ");
}

function kindsOf(kind: FileFilter["kind"]): FileKind[] | null {
  if (kind === undefined) return null;
  return kind === "media" ? ["music", "video"] : [kind];
}

/** The conditions of a filter, all on columns of the indexes; empty when there are none. The search is not among them. */
function conditions(filter: FileFilter): string[] {
  const parts: string[] = [];
  // Only media have a state, and one that is merely discovered has none yet.
  const kinds = kindsOf(filter.kind) ?? (filter.state === undefined ? null : ["music", "video"]);
  if (filter.state !== undefined) parts.push(filter.state === "DISCOVERED" ? "f.state is null" : "f.state = $state");
  if (kinds) parts.push(`f.kind in (${kinds.map((kind) => `'${kind}'`).join(", ")})`);
  if (filter.missing !== undefined) parts.push(`f.missing_since is ${filter.missing ? "not null" : "null"}`);
  return parts;
}

const whereOf = (parts: readonly string[]) => (parts.length > 0 ? `where ${parts.join(" and ")}` : "");

const valuesOf = ({ state }: FileFilter): Record<string, string> =>
  state === undefined || state === "DISCOVERED" ? {} : { $state: state };

/** The index in which the rows of a filter lie together. */
const filterIndex = (filter: FileFilter) => (filter.state === undefined ? "files_by_kind" : "files_by_state");

/** Media files by state; one that has none yet is discovered. */
export function countStates(db: Db): Record<string, number> {
  const states = readCounts(db, "state");
  const kinds = readCounts(db, "kind");
  const discovered = (kinds.music ?? 0) + (kinds.video ?? 0) - sumCounts(states);
  return discovered > 0 ? { DISCOVERED: discovered, ...states } : states;
}

/** The number of files that a filter leaves, its search aside; from the kept counts or by steps along one index. */
function countFiltered(db: Db, filter: FileFilter): number {
  if (filter.state === undefined) {
    const missing = readCounts(db, "missing");
    const all = readCounts(db, "kind");
    const kinds = kindsOf(filter.kind) ?? (Object.keys(all) as FileKind[]);
    const sum = (counts: Record<string, number>) => kinds.reduce((n, kind) => n + (counts[kind] ?? 0), 0);
    return filter.missing === undefined ? sum(all) : filter.missing ? sum(missing) : sum(all) - sum(missing);
  }
  if ((filter.kind ?? "media") === "media" && filter.missing === undefined) return countStates(db)[filter.state] ?? 0;
  const sql = `select count(*) as n from files f indexed by files_by_state ${whereOf(conditions(filter))}`;
  return (db.query(sql).get(valuesOf(filter)) as { n: number }).n;
}

/** What is asked for, without the conditions that hold for every file; `query` is the search for FTS5. */
interface Asked {
  filter: FileFilter;
  query: string | null;
  /** How many match the search, and how many the filter, each on its own. */
  matches: number;
  rows: number;
}

function ask(db: Db, { search, ...given }: FileFilter): Asked {
  const filter: FileFilter = { ...given };
  const missing = sumCounts(readCounts(db, "missing"));
  if (filter.missing === false && missing === 0) delete filter.missing;
  if (!search?.trim()) return { filter, query: null, matches: 0, rows: countFiltered(db, filter) };
  // Only media files are in the search index.
  const matches = countMatches(db, search);
  const narrowed: FileFilter = { ...filter, kind: filter.kind ?? "media" };
  const rows = matches === 0 || filter.kind === "companion" ? 0 : countFiltered(db, narrowed);
  if (rows === 0 || matches === countMedia(db)) return { filter: narrowed, query: null, matches, rows };
  if (rows === countMedia(db)) return { filter: {}, query: ftsQuery(search), matches, rows };
  return { filter: narrowed, query: ftsQuery(search), matches, rows };
}

function countAsked(db: Db, asked: Asked): number {
  const { filter, query, matches, rows } = asked;
  if (query === null) return rows;
  const parts = conditions(filter);
  if (parts.length === 0) return matches;
  const source =
    countWay(asked) === "filter"
      ? `files f indexed by ${filterIndex(filter)} ${whereOf([...parts, matchCondition("f.id", "filter")])}`
      : `files_fts cross join files f indexed by files_by_id on f.id = files_fts.rowid and files_fts match $query ${whereOf(parts)}`;
  const sql = `select count(*) as n from ${source}`;
  return (db.query(sql).get({ ...valuesOf(filter), $query: query }) as { n: number }).n;
}

const columns = `f.id, f.path, f.name, f.kind, f.extension, f.size_bytes as sizeBytes, f.mtime_ms as mtimeMs, f.sha256, f.first_seen_at as firstSeenAt,
  f.missing_since is not null as missing,
  iif(f.kind = 'companion', null, coalesce(f.state, 'DISCOVERED')) as state, m.artist, m.title, m.album, m.duration_sec as durationSec`;
const from = "from files f left join metadata m on m.file_id = f.id";
type Row = Omit<FileItem, "missing"> & { missing: number };
const toItem = (row: Row): FileItem => ({ ...row, missing: row.missing === 1 });

export function getFileItem(db: Db, id: number): FileItem | null {
  const row = db.query(`select ${columns} ${from} where f.id = ?`).get(id) as Row | null;
  return row && toItem(row);
}

/** Where the ids of a page come from: the search's matches, the few rows of the filter, or a walk along the sort. */
function sourceOf(asked: Asked, total: number, page: PageRequest<FileSort>): string {
  const { filter, query, matches, rows } = asked;
  const parts = conditions(filter);
  const index = rows <= fewRows && parts.length > 0 ? filterIndex(filter) : sortIndexes[page.sort];
  if (query === null) return `files f indexed by ${index} ${whereOf(parts)}`;
  const way = matchWay({ matches, rows, found: total }, page.offset + page.limit);
  if (way === "drive")
    return `files_fts cross join files f on f.id = files_fts.rowid and files_fts match $query ${whereOf(parts)}`;
  return `files f indexed by ${index} ${whereOf([...parts, matchCondition("f.id", way)])}`;
}

/** A page of files with the true total, in a stable order (equal ones by id). */
export function listFiles(
  db: Db,
  filter: FileFilter,
  page: PageRequest<FileSort>,
): { items: FileItem[]; total: number } {
  const asked = ask(db, filter);
  const total = countAsked(db, asked);
  if (page.offset >= total) return { items: [], total };
  const near = nearerEnd(page, total);
  const ids = `select f.id from ${sourceOf(asked, total, near)} order by ${orderBy(near)} limit $limit offset $offset`;
  const rows = db.query(`select ${columns} ${from} where f.id in (${ids}) order by ${orderBy(page)}`).all({
    ...valuesOf(asked.filter),
    ...(asked.query === null ? {} : { $query: asked.query }),
    $limit: near.limit,
    $offset: near.offset,
  }) as Row[];
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
