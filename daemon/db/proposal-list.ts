import { type ProposalKind, proposalKinds } from "../contract/fields.ts";
import { type ProposalStatus, proposalStatuses } from "../contract/states.ts";
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
import { type Proposal, type ProposalRow, proposalColumns, proposalFrom, toProposal } from "./proposal-rows.ts";

export interface ProposalFilter {
  status?: ProposalStatus | undefined;
  kind?: ProposalKind | undefined;
  minConfidence?: number | undefined;
  changed?: boolean | undefined;
  search?: string | undefined;
}

const orders = {
  id: ["p.id"],
  confidence: ["p.confidence", "p.id"],
  path: ["p.path", "p.id"],
  destination: ["p.directory", "p.filename", "p.id"],
} as const;
export type ProposalSort = keyof typeof orders;
const sortIndexes = {
  id: "proposals_by_id",
  confidence: "proposals_by_confidence",
  path: "proposals_by_path",
  destination: "proposals_by_place",
} as const;

function orderBy({ sort, descending }: { sort: ProposalSort; descending: boolean }): string {
  return orders[sort].map((column) => `${column} ${descending ? "desc" : "asc"}`).join(", ");
}

const quoted = (values: readonly string[]) => values.map((value) => `'${value}'`).join(", ");

/**
 * The conditions of a filter, all on columns of the indexes; the search is not among them. With `every`, what is not
 * asked for is spelt out, so that the index of the filter is used up to the confidence.
 */
function conditions(filter: ProposalFilter, every: boolean): string[] {
  const parts: string[] = [];
  if (filter.status !== undefined) parts.push("p.status = $status");
  else if (every) parts.push(`p.status in (${quoted(proposalStatuses)})`);
  if (filter.kind !== undefined) parts.push("p.kind = $kind");
  else if (every) parts.push(`p.kind in (${quoted(proposalKinds)})`);
  if (filter.changed !== undefined) parts.push(`p.unchanged = ${filter.changed ? 0 : 1}`);
  else if (every) parts.push("p.unchanged in (0, 1)");
  if (filter.minConfidence !== undefined) parts.push("p.confidence >= $min");
  return parts;
}

const whereOf = (parts: readonly string[]) => (parts.length > 0 ? `where ${parts.join(" and ")}` : "");

function valuesOf({ status, kind, minConfidence }: ProposalFilter): Record<string, string | number> {
  return {
    ...(status === undefined ? {} : { $status: status }),
    ...(kind === undefined ? {} : { $kind: kind }),
    ...(minConfidence === undefined ? {} : { $min: minConfidence }),
  };
}

/** What is asked for, without conditions that hold for every proposal; `query` is the search for FTS5. */
interface Asked {
  filter: ProposalFilter;
  query: string | null;
  /** How many files match the search, and how many proposals the filter, each on its own. */
  matches: number;
  rows: number;
}

/** How many proposals a filter leaves, its search aside; from the kept counts or by steps along one index. */
function countFiltered(db: Db, filter: ProposalFilter): number {
  const { status, kind, changed, minConfidence } = filter;
  if (kind === undefined && changed === undefined && minConfidence === undefined) {
    const counts = readCounts(db, "proposal");
    return status ? (counts[status] ?? 0) : sumCounts(counts);
  }
  const sql = `select count(*) as n from proposals p indexed by proposals_by_filter ${whereOf(conditions(filter, true))}`;
  return (db.query(sql).get(valuesOf(filter)) as { n: number }).n;
}

function ask(db: Db, { search, ...filter }: ProposalFilter): Asked {
  if (!search?.trim()) return { filter, query: null, matches: 0, rows: countFiltered(db, filter) };
  const matches = countMatches(db, search);
  const rows = matches === 0 ? 0 : countFiltered(db, filter);
  return { filter, query: rows === 0 || matches === countMedia(db) ? null : ftsQuery(search), matches, rows };
}

function countAsked(db: Db, asked: Asked): number {
  const { filter, query, matches, rows } = asked;
  if (query === null) return rows;
  // Every media file has such a proposal: then every match has one.
  if (rows === countMedia(db)) return matches;
  const source =
    countWay(asked) === "filter"
      ? `proposals p indexed by proposals_by_filter ${whereOf([...conditions(filter, true), matchCondition("p.file_id", "filter")])}`
      : `files_fts cross join proposals p indexed by proposals_by_file on p.file_id = files_fts.rowid
          and files_fts match $query ${whereOf(conditions(filter, false))}`;
  const sql = `select count(*) as n from ${source}`;
  return (db.query(sql).get({ ...valuesOf(filter), $query: query }) as { n: number }).n;
}

/** Where the ids of a page come from: the search's matches, the few rows of the filter, or a walk along the sort. */
function sourceOf(asked: Asked, total: number, page: PageRequest<ProposalSort>): string {
  const { filter, query, matches, rows } = asked;
  const few = rows <= fewRows;
  const index = few ? "proposals_by_filter" : sortIndexes[page.sort];
  const parts = conditions(filter, few);
  if (query === null) return `proposals p indexed by ${index} ${whereOf(parts)}`;
  const way = matchWay({ matches, rows, found: total }, page.offset + page.limit);
  if (way === "drive")
    return `files_fts cross join proposals p indexed by proposals_by_file on p.file_id = files_fts.rowid
      and files_fts match $query ${whereOf(conditions(filter, false))}`;
  return `proposals p indexed by ${index} ${whereOf([...parts, matchCondition("p.file_id", way)])}`;
}

/** The ids of a page as SQL with its values; null when the page lies past the end. */
function pageIds(db: Db, filter: ProposalFilter, page: PageRequest<ProposalSort>) {
  const asked = ask(db, filter);
  const total = countAsked(db, asked);
  if (page.offset >= total) return { total, ids: null };
  const near = nearerEnd(page, total);
  const values = {
    ...valuesOf(asked.filter),
    ...(asked.query === null ? {} : { $query: asked.query }),
    $limit: near.limit,
    $offset: near.offset,
  };
  const ids = `select p.id from ${sourceOf(asked, total, near)} order by ${orderBy(near)} limit $limit offset $offset`;
  return { total, ids, values };
}

/** A page of proposals with the true total; the order is total, too: equal ones by id. */
export function listProposals(
  db: Db,
  filter: ProposalFilter,
  page: PageRequest<ProposalSort>,
): { items: Proposal[]; total: number } {
  const { total, ids, values } = pageIds(db, filter, page);
  if (ids === null) return { items: [], total };
  const rows = db
    .query(`select ${proposalColumns} ${proposalFrom} where p.id in (${ids}) order by ${orderBy(page)}`)
    .all(values) as ProposalRow[];
  return { items: rows.map(toProposal), total };
}

/** One file that the approved proposals would move. */
export interface PreviewedMove {
  proposalId: number;
  directory: string;
  name: string;
  source: string;
  sizeBytes: number;
}

/**
 * What the approved proposals would move, by destination, at most `limit` files. Read from the index of that order and
 * the files alone: the proposals' rows are long, for they hold the evidence.
 */
export function previewMoves(db: Db, limit: number): { items: PreviewedMove[]; total: number } {
  const page = { sort: "destination", descending: false, limit, offset: 0 } as const;
  const asked = ask(db, { status: "approved", changed: true });
  const items = db
    .query(
      `select p.id as proposalId, p.directory, p.filename as name, f.path as source, f.size_bytes as sizeBytes
       from (select * from ${sourceOf(asked, asked.rows, page)} order by ${orderBy(page)} limit $limit) p
       join files f on f.id = p.file_id order by ${orderBy(page)}`,
    )
    .all({ ...valuesOf(asked.filter), $limit: limit }) as PreviewedMove[];
  return { items, total: asked.rows };
}

/** Ids of all proposals that match, at most `limit`, oldest first. */
export function proposalIds(db: Db, filter: ProposalFilter, limit: number): number[] {
  const { ids, values } = pageIds(db, filter, { sort: "id", descending: false, limit, offset: 0 });
  if (ids === null) return [];
  return (db.query(ids).values(values) as [number][]).map(([id]) => id);
}
