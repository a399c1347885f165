import type { FileMatches } from "../contract/fingerprint-api.ts";
import type { MatchRow } from "../db/fingerprints.ts";
import { overlapOf } from "../fingerprint/combine.ts";

type SeenMatch = FileMatches["matches"][number];

/** A match with its times and ratios as this file has them, whether it was the query or the reference. */
function seenFrom(fileId: number, row: MatchRow): SeenMatch {
  const { path, missing, probability, score, engines, reasons, foundAt } = row;
  const common = { path, missing, probability, score, engines, reasons, foundAt };
  const query = { start: row.queryStartSec, end: row.queryEndSec };
  const reference = { start: row.refStartSec, end: row.refEndSec };
  const isQuery = row.fileId === fileId;
  const [own, other] = isQuery ? [query, reference] : [reference, query];
  return {
    ...common,
    otherId: isQuery ? row.otherId : row.fileId,
    startSec: own.start,
    endSec: own.end,
    otherStartSec: other.start,
    otherEndSec: other.end,
    tempoRatio: isQuery ? row.tempoRatio : 1 / row.tempoRatio,
    pitchRatio: isQuery ? row.pitchRatio : 1 / row.pitchRatio,
    role: isQuery ? "query" : "reference",
  };
}

const stretch = ({ startSec, endSec }: SeenMatch) => ({ start: startSec, end: endSec });
const otherStretch = ({ otherStartSec, otherEndSec }: SeenMatch) => ({ start: otherStartSec, end: otherEndSec });

const sameStretches = (a: SeenMatch, b: SeenMatch) =>
  a.otherId === b.otherId &&
  overlapOf(stretch(a), stretch(b)) >= 0.5 &&
  overlapOf(otherStretch(a), otherStretch(b)) >= 0.5;

/** Matches by the time of this file. What was found from both sides is told once, as the surer side saw it. */
export function matchesSeenFrom(fileId: number, rows: readonly MatchRow[]): SeenMatch[] {
  const kept: SeenMatch[] = [];
  const bySureness = rows.map((row) => seenFrom(fileId, row)).sort((a, b) => b.probability - a.probability);
  for (const match of bySureness) if (!kept.some((other) => sameStretches(other, match))) kept.push(match);
  return kept.sort((a, b) => a.startSec - b.startSec || b.probability - a.probability);
}
