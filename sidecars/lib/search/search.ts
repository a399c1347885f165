import type { SidecarMatch } from "../../../daemon/contract/sidecar.ts";
import { type Codes, makeCodes, pickCodes, type Role } from "../codes.ts";
import type { Engine } from "../engine.ts";
import { groupBy } from "../group.ts";
import { frameRate, longestTrackSec, referencePerSec } from "../parameters.ts";
import { type Peaks, slicePeaks, thinPeaks } from "../peaks.ts";
import type { TrackRecord } from "../store/layout.ts";
import { readPeaks } from "../store/peak-bytes.ts";
import type { StoredSegment } from "../store/store.ts";
import { refFrameOf } from "./line.ts";
import { lookUp } from "./lookup.ts";
import { chain, type Span, spanOf, type Verified, withoutShadows } from "./spans.ts";
import { fitLine, weigh } from "./verify.ts";
import { type Candidate, stepFrames, vote, windowSec } from "./vote.ts";

/** What is searched: segments, and the peaks of what they hold. */
export interface Index {
  engine: Engine;
  segments: readonly StoredSegment[];
  get(id: number): TrackRecord | null;
  peaks(id: number): Uint8Array | null;
}

export interface Query {
  peaks: Peaks;
  durationSec: number;
  /** Recordings that are not looked for, such as the query itself. */
  except?: ReadonlySet<number>;
}

/** Up to this length a query is one window, looked up as densely as can be, s. */
const excerptSec = 30;
/** Ways to look a query up, each with more codes than the former. */
type QueryRole = Exclude<Role, "track" | "set">;
/** A long query is looked up in stretches, the shorter the more codes it has, so that memory does not grow with it, s. */
const stretchSec: Record<QueryRole, number> = { plain: 240, recording: 60, excerpt: excerptSec };
/** A window in which something was found as surely as this by few codes needs no denser look-up. */
const plainScore = 30;
const isSure = (verified: readonly Verified[]) => verified.some(({ evidence }) => evidence.score >= plainScore);
/** Guesses that are verified for each window. */
const mostCandidates = 20;
/** Windows weaker than this count for nothing; spans weaker than this are no matches. Fixed on the tuning split. */
const leastWindowScore = 8;
const leastScore = 9;
/** What the reference's peaks are read beyond a window, frames: lines beside the true one lie there. */
const marginFrames = 420;
/** Peaks of references that are kept at hand, bytes. */
const cacheBytes = 32 * 1024 ** 2;

/** The peaks of a recording, as they are stored. */
type BytesOf = (id: number) => Uint8Array;

/** References' peaks at hand, the latest ones. */
function makeCache(index: Index): BytesOf {
  const kept = new Map<number, Uint8Array>();
  let size = 0;
  return (id) => {
    const known = kept.get(id);
    if (known) return known;
    const bytes = index.peaks(id) ?? new Uint8Array(4);
    kept.set(id, bytes);
    size += bytes.length;
    for (const [old, { length }] of kept) {
      if (size <= cacheBytes || old === id) break;
      kept.delete(old);
      size -= length;
    }
    return bytes;
  };
}

/** Verifies the guesses for one window against the references' peaks. */
function verify(
  window: { from: number; to: number },
  query: Peaks,
  candidates: readonly Candidate[],
  bytesOf: BytesOf,
): Verified[] {
  const near = slicePeaks(query, window.from - frameRate, window.to + frameRate);
  const verified: Verified[] = [];
  for (const { id, line } of candidates) {
    const from = refFrameOf(line, window.from) - marginFrames;
    const to = refFrameOf(line, window.to) + marginFrames;
    const stretch = slicePeaks(readPeaks(bytesOf(id), from, to), from, to);
    const reference = thinPeaks(stretch, referencePerSec);
    const fitted = fitLine(near, reference, window.from, window.to, line);
    const evidence = weigh(near, reference, window.from, window.to, fitted);
    if (evidence.score >= leastWindowScore) verified.push({ id, ...window, line: fitted, evidence });
  }
  return verified;
}

function codesOf(engine: Engine, peaks: Peaks, role: Role): Codes {
  return makeCodes(peaks, engine.coding, engine.density[role], 1 + engine.tempoReach);
}

function toMatch(span: Span): SidecarMatch {
  const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits;
  const seconds = (frames: number) => Math.max(0, round(frames / frameRate, 2));
  const { evidence } = span;
  return {
    id: span.id,
    score: round(evidence.score, 2),
    expectedPeaks: evidence.expected,
    foundPeaks: evidence.found,
    chancePeaks: round(evidence.chance, 1),
    queryStartSec: seconds(span.from),
    queryEndSec: seconds(span.to),
    refStartSec: seconds(span.refFrom),
    refEndSec: seconds(span.refTo),
    tempoRatio: round(span.tempo, 4),
    pitchRatio: round(2 ** (-span.cents / 1200), 4),
  };
}

/**
 * How a query is looked up, few codes first. A track is asked about everywhere it may be heard, in sparsely hashed sets
 * too, so that a copy that is found is no reason to look no further.
 */
function rolesOf(durationSec: number): readonly QueryRole[] {
  if (durationSec <= excerptSec) return ["plain", "recording", "excerpt"];
  return durationSec <= longestTrackSec ? ["recording"] : ["plain", "recording"];
}

/** The codes that begin in one of the windows. */
function codesIn(codes: Codes, isOpen: (window: number) => boolean): Codes {
  const places = [...codes.frame.keys()].filter((at) => {
    const window = Math.floor((codes.frame[at] as number) / stepFrames);
    return isOpen(window) || (window > 0 && isOpen(window - 1));
  });
  return pickCodes(codes, places);
}

/** Looks a query of one window up, with more and more codes until something is sure. */
function* searchExcerpt(index: Index, query: Query, bytesOf: BytesOf): Generator<number, Verified[]> {
  const { peaks, durationSec, except } = query;
  const roles = rolesOf(durationSec);
  let found: Verified[] = [];
  for (const [turn, role] of roles.entries()) {
    const looking = lookUp(index.engine, index.segments, codesOf(index.engine, peaks, role), except);
    let step = looking.next();
    for (; !step.done; step = looking.next()) yield turn / roles.length;
    const candidates = vote(index.engine, step.value, true, mostCandidates).get(0) ?? [];
    found = verify({ from: 0, to: durationSec * frameRate }, peaks, candidates, bytesOf);
    if (isSure(found)) break;
  }
  return found;
}

/** Looks a longer query up, stretch by stretch; those windows with more codes in which nothing is sure. */
function* searchWindows(index: Index, query: Query, bytesOf: BytesOf): Generator<number, Verified[]> {
  const { engine, segments } = index;
  const { peaks, durationSec, except } = query;
  const roles = rolesOf(durationSec);
  const found = new Map<number, Verified[]>();
  for (const [turn, role] of roles.entries()) {
    const sure = new Set([...found].flatMap(([window, verified]) => (isSure(verified) ? [window] : [])));
    const stretches = Math.ceil(durationSec / stretchSec[role]);
    for (let stretch = 0; stretch < stretches; stretch++) {
      const done = (turn + stretch / stretches) / roles.length;
      const base = stretch * stretchSec[role] * frameRate;
      const next = base + stretchSec[role] * frameRate;
      // Codes begin in the stretch, or in the window's rest behind it; their other peaks may lie further on.
      const codes = codesOf(engine, slicePeaks(peaks, base, next + windowSec * frameRate), role);
      const open = codesIn(codes, (window) => !sure.has(window));
      const looking = lookUp(engine, segments, open, except);
      let step = looking.next();
      for (; !step.done; step = looking.next()) yield done;
      for (const [window, candidates] of vote(engine, step.value, false, mostCandidates)) {
        const from = window * stepFrames;
        // The window that begins in the next stretch is looked at there.
        if (sure.has(window) || from < base || from >= next) continue;
        const to = Math.min(durationSec * frameRate, from + windowSec * frameRate);
        const verified = verify({ from, to }, peaks, candidates, bytesOf);
        if (verified.length > 0) found.set(window, verified);
        yield done;
      }
    }
  }
  return [...found.values()].flat();
}

/**
 * Finds what of the index is in the query: an excerpt, a track, or a set of any length. Codes give guesses, the peaks of the
 * reference decide, windows that follow each other become spans. Yields how much is done, 0 … 1.
 */
export function* search(index: Index, query: Query): Generator<number, SidecarMatch[]> {
  const { peaks, durationSec } = query;
  const bytesOf = makeCache(index);
  const verified = yield* (durationSec <= excerptSec ? searchExcerpt : searchWindows)(index, query, bytesOf);
  const spans: Span[] = [];
  for (const [id, windows] of groupBy(verified, (window) => window.id)) {
    const refFrames = (index.get(id)?.durationSec ?? 0) * frameRate;
    const readReference = (from: number, to: number) =>
      thinPeaks(
        slicePeaks(readPeaks(bytesOf(id), from - frameRate, to + frameRate), from - frameRate, to + frameRate),
        referencePerSec,
      );
    for (const links of chain(windows)) {
      const span = spanOf(links, peaks, durationSec * frameRate, refFrames, readReference);
      if (span.evidence.score >= leastScore) spans.push(span);
    }
    yield 1;
  }
  return withoutShadows(spans).map(toMatch);
}

/** Runs a search (or anything that works in steps) without a break. */
export function runThrough<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as Result;
  }
}
