import type { SidecarMatch } from "../../../daemon/contract/sidecar.ts";
import { type Codes, makeCodes, type Role } from "../codes.ts";
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
import { type Candidate, stepSec, vote, windowSec } from "./vote.ts";

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
/** A long query is looked up in stretches, the shorter the more codes it has, so that memory does not grow with it, s. */
const stretchSec: Record<QueryRole, number> = { plain: 240, recording: 60, excerpt: excerptSec };
/** A window in which something was found as surely as this by few codes needs no denser look-up. */
const plainScore = 30;
/** Guesses that are verified for each window. */
const mostCandidates = 20;
/** Windows weaker than this count for nothing; spans weaker than this are no matches. Fixed on the tuning split. */
const leastWindowScore = 8;
const leastScore = 9;
/** What the reference's peaks are read beyond a window, frames: lines beside the true one lie there. */
const marginFrames = 420;
/** Peaks of references that are kept at hand, bytes. */
const cacheBytes = 32 * 1024 ** 2;

/** References' peaks at hand, the latest ones. */
function makeCache(index: Index) {
  const kept = new Map<number, Uint8Array>();
  let size = 0;
  return (id: number): Uint8Array => {
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
  bytesOf: (id: number) => Uint8Array,
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

type QueryRole = Exclude<Role, "track" | "set">;

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
    const window = Math.floor((codes.frame[at] as number) / (stepSec * frameRate));
    return isOpen(window) || (window > 0 && isOpen(window - 1));
  });
  return {
    key: Float64Array.from(places, (at) => codes.key[at] as number),
    frame: Float64Array.from(places, (at) => codes.frame[at] as number),
    cents: Float32Array.from(places, (at) => codes.cents[at] as number),
  };
}

/**
 * Finds what of the index is in the query: an excerpt, a track, or a set of any length. Codes give guesses, the peaks of the
 * reference decide, windows that follow each other become spans. Yields how much is done, 0 … 1.
 */
export function* search(index: Index, query: Query): Generator<number, SidecarMatch[]> {
  const { engine } = index;
  const { peaks, durationSec } = query;
  const except = query.except ?? new Set<number>();
  const frames = durationSec * frameRate;
  const excerpt = durationSec <= excerptSec;
  const bytesOf = makeCache(index);
  const found = new Map<number, Verified[]>();
  const isSure = (window: number) => found.get(window)?.some(({ evidence }) => evidence.score >= plainScore) ?? false;
  const roles = rolesOf(durationSec);
  for (const [turn, role] of roles.entries()) {
    const stretches = excerpt ? 1 : Math.ceil(durationSec / stretchSec[role]);
    const sure = new Set([...found.keys()].filter(isSure));
    if (excerpt && sure.size > 0) break;
    if (excerpt) found.clear();
    for (let stretch = 0; stretch < stretches; stretch++) {
      const done = (part: number) => (turn + (stretch + part) / stretches) / roles.length;
      const base = stretch * stretchSec[role] * frameRate;
      const next = base + stretchSec[role] * frameRate;
      // Codes begin in the stretch, or in the window's rest behind it; their other peaks may lie further on.
      const part = excerpt ? peaks : slicePeaks(peaks, base, next + windowSec * frameRate);
      const codes = codesOf(engine, part, role);
      const looking = lookUp(
        engine,
        index.segments,
        excerpt ? codes : codesIn(codes, (window) => !sure.has(window)),
        except,
      );
      let step = looking.next();
      for (; !step.done; step = looking.next()) yield done(0);
      for (const [window, candidates] of vote(engine, step.value, excerpt, mostCandidates)) {
        const from = excerpt ? 0 : window * stepSec * frameRate;
        // The window that begins in the next stretch is looked at there.
        if (sure.has(window) || (!excerpt && (from < base || from >= next))) continue;
        const to = excerpt ? frames : Math.min(frames, from + windowSec * frameRate);
        const verified = verify({ from, to }, peaks, candidates, bytesOf);
        if (verified.length > 0) found.set(window, verified);
        yield done(0.9);
      }
    }
  }
  const spans: Span[] = [];
  for (const [id, windows] of groupBy([...found.values()].flat(), (window) => window.id)) {
    const refFrames = (index.get(id)?.durationSec ?? 0) * frameRate;
    const readReference = (from: number, to: number) =>
      thinPeaks(
        slicePeaks(readPeaks(bytesOf(id), from - frameRate, to + frameRate), from - frameRate, to + frameRate),
        referencePerSec,
      );
    for (const links of chain(windows)) {
      const span = spanOf(links, peaks, frames, refFrames, readReference);
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
