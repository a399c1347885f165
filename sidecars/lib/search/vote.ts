import type { Engine } from "../engine.ts";
import { frameRate } from "../parameters.ts";
import { sortedPlaces } from "../store/sort.ts";
import type { Line } from "./line.ts";
import type { Hits } from "./lookup.ts";

/** A guess worth verifying. */
export interface Candidate {
  id: number;
  line: Line;
  /** Places of the query, 4 frames apart at least, at which codes agree with the line. */
  votes: number;
}

/** Length of the windows of a long query, s, and from the start of one to the next, frames: 10 s. */
export const windowSec = 20;
export const stepFrames = 10 * frameRate;

const leastVotes = 2;
const mostSeeds = 40;
/** What codes of the same line may differ by: cents, logarithm of the tempo, frames, and frames for each frame of distance. */
const slack = { cents: 25, stretch: 0.03, frames: 6, drift: 0.012 };
const idScale = 2 ** 24;

/** The line through one code that most other codes of the same recording agree with. */
function bestLine(hits: Hits, places: Uint32Array, from: number, to: number, owners: Uint32Array): Candidate | null {
  const count = to - from;
  const seeds = Math.min(count, mostSeeds);
  let best: Candidate | null = null;
  for (let seed = 0; seed < seeds; seed++) {
    const at = owners[places[from + Math.floor((seed * count) / seeds)] as number] as number;
    const cents = hits.cents[at] as number;
    const stretch = hits.stretch[at] as number;
    const tempo = Math.exp(stretch);
    const queryFrame = hits.queryFrame[at] as number;
    const refFrame = hits.refFrame[at] as number;
    const seen = new Set<number>();
    for (let place = from; place < to; place++) {
      const other = owners[places[place] as number] as number;
      if (Math.abs((hits.cents[other] as number) - cents) > slack.cents) continue;
      if (Math.abs((hits.stretch[other] as number) - stretch) > slack.stretch) continue;
      const away = (hits.queryFrame[other] as number) - queryFrame;
      const off = (hits.refFrame[other] as number) - refFrame - tempo * away;
      if (Math.abs(off) < slack.frames + slack.drift * Math.abs(away))
        seen.add(Math.round((hits.queryFrame[other] as number) / 4));
    }
    if (!best || seen.size > best.votes)
      best = {
        id: hits.id[at] as number,
        line: { tempo, start: refFrame - tempo * queryFrame, cents },
        votes: seen.size,
      };
  }
  return best && best.votes >= leastVotes ? best : null;
}

/**
 * The best guesses of each window, at most `most` for each. Codes of one recording vote for a line together: at least two
 * places must agree in offset, tempo and pitch. Key of the map: the window's number.
 */
export function vote(engine: Engine, hits: Hits, whole: boolean, most: number): Map<number, Candidate[]> {
  const copies = whole ? 1 : 2;
  const keys = new Float64Array(hits.count * copies);
  const owners = new Uint32Array(hits.count * copies);
  let size = 0;
  for (let at = 0; at < hits.count; at++) {
    if (Math.abs(hits.stretch[at] as number) > engine.tempoReach) continue;
    const window = whole ? 0 : Math.floor((hits.queryFrame[at] as number) / stepFrames);
    for (let copy = 0; copy < copies && window - copy >= 0; copy++) {
      keys[size] = (window - copy) * idScale + (hits.id[at] as number);
      owners[size++] = at;
    }
  }
  const used = keys.subarray(0, size);
  const places = sortedPlaces(used);
  const found = new Map<number, Candidate[]>();
  for (let from = 0; from < size; ) {
    const key = used[places[from] as number] as number;
    let to = from + 1;
    while (to < size && used[places[to] as number] === key) to++;
    const candidate = to - from >= leastVotes ? bestLine(hits, places, from, to, owners) : null;
    from = to;
    if (!candidate) continue;
    const window = Math.floor(key / idScale);
    const list = found.get(window) ?? [];
    if (list.length === 0) found.set(window, list);
    list.push(candidate);
  }
  for (const list of found.values()) list.sort((a, b) => b.votes - a.votes).splice(most);
  return found;
}
