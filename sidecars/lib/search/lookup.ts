import type { Codes } from "../codes.ts";
import type { Engine } from "../engine.ts";
import { sortedPlaces } from "../store/sort.ts";
import type { StoredSegment } from "../store/store.ts";

/** Postings found for codes of the query, column by column. */
export interface Hits {
  count: number;
  id: Uint32Array;
  /** Frames of the reference and of the query. */
  refFrame: Uint32Array;
  queryFrame: Float32Array;
  /** Pitch of the reference above that of the query, cents. */
  cents: Float32Array;
  /** Logarithm of the reference's length over the query's; 0 where lengths are exact. */
  stretch: Float32Array;
}

/** A key that more postings than this have says nothing. */
const mostPerCode = 2000;

function makeHits(): Hits & { push(id: number, ref: number, query: number, cents: number, stretch: number): void } {
  let room = 4096;
  const hits = {
    count: 0,
    id: new Uint32Array(room),
    refFrame: new Uint32Array(room),
    queryFrame: new Float32Array(room),
    cents: new Float32Array(room),
    stretch: new Float32Array(room),
    push(id: number, ref: number, query: number, cents: number, stretch: number) {
      if (hits.count === room) {
        room *= 2;
        const larger = <T extends Uint32Array | Float32Array>(old: T, made: T): T => {
          made.set(old);
          return made;
        };
        hits.id = larger(hits.id, new Uint32Array(room));
        hits.refFrame = larger(hits.refFrame, new Uint32Array(room));
        hits.queryFrame = larger(hits.queryFrame, new Float32Array(room));
        hits.cents = larger(hits.cents, new Float32Array(room));
        hits.stretch = larger(hits.stretch, new Float32Array(room));
      }
      hits.id[hits.count] = id;
      hits.refFrame[hits.count] = ref;
      hits.queryFrame[hits.count] = query;
      hits.cents[hits.count] = cents;
      hits.stretch[hits.count] = stretch;
      hits.count++;
    },
  };
  return hits;
}

/** First place from `start` on whose key is not below `key`. */
function firstNotBelow(keys: Float64Array, start: number, count: number, key: number): number {
  let low = start;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as number) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Looks codes up in all segments: keys in order, so that each block is read once, front to back. A generator that yields
 * after every few thousand codes; returns the postings whose tempo and pitch are within the engine's reach.
 */
export function* lookUp(
  engine: Engine,
  segments: readonly StoredSegment[],
  codes: Codes,
  except: ReadonlySet<number> = new Set(),
): Generator<void, Hits> {
  const { lengthBits } = engine.coding;
  const cells = 2 ** lengthBits;
  const reach = engine.lengthStep > 0 ? Math.round(engine.tempoReach / engine.lengthStep) : 0;
  const hits = makeHits();
  const order = sortedPlaces(codes.key);
  for (const { segment, dead } of segments) {
    let index = 0;
    let read = -1;
    let block = null as ReturnType<typeof segment.readBlock> | null;
    const { firstKeys, blocks, tracks } = segment;
    for (let turn = 0; turn < order.length; turn++) {
      if (turn % 4096 === 4095) {
        yield;
        // Another query may have read from this segment meanwhile.
        read = -1;
      }
      const code = order[turn] as number;
      const key = codes.key[code] as number;
      const base = key - (key % cells);
      const from = Math.max(base, key - reach);
      const to = Math.min(base + cells - 1, key + reach);
      while (index + 1 < blocks && (firstKeys[index + 1] as number) < from) index++;
      let left = mostPerCode;
      for (let at = index; at < blocks && (at === index || (firstKeys[at] as number) <= to) && left > 0; at++) {
        if (read !== at || !block) {
          block = segment.readBlock(at);
          read = at;
        }
        const { keys, count } = block;
        for (let place = firstNotBelow(keys, 0, count, from); place < count && (keys[place] as number) <= to; place++) {
          if (--left <= 0) break;
          const pitch = block.cents(place) - (codes.cents[code] as number);
          if (pitch > engine.pitchReachCents || pitch < -engine.pitchReachCents) continue;
          const track = block.track(place);
          if (dead.has(track)) continue;
          const { id } = tracks[track] as (typeof tracks)[number];
          if (except.has(id)) continue;
          const stretch = ((keys[place] as number) - key) * engine.lengthStep;
          hits.push(id, block.frame(place), codes.frame[code] as number, pitch, stretch);
        }
      }
    }
    yield;
  }
  return hits;
}
