/** Where beats are in time, and how fast they are. */
export interface TempoMap {
  /** Seconds from the start to a beat, fractions of a beat included. */
  readonly timeOf: (beat: number) => number;
  /** Beats a minute, averaged over time. */
  readonly meanBpm: (startSec: number, endSec: number) => number;
}

export const steady = (bpm: number): TempoMap => ({ timeOf: (beat) => (beat * 60) / bpm, meanBpm: () => bpm });

/** From one tempo to another in a straight line over `lengthSec`, then steady. */
export function ramp(fromBpm: number, toBpm: number, lengthSec: number): TempoMap {
  const perSec = (toBpm - fromBpm) / lengthSec;
  const beatsAt = (sec: number) => {
    const inside = Math.min(sec, lengthSec);
    return (fromBpm * inside + (perSec * inside ** 2) / 2 + toBpm * (sec - inside)) / 60;
  };
  const end = beatsAt(lengthSec);
  return {
    timeOf(beat) {
      if (beat >= end || perSec === 0) return lengthSec + ((beat - end) * 60) / toBpm;
      return (Math.sqrt(fromBpm ** 2 + 2 * perSec * 60 * beat) - fromBpm) / perSec;
    },
    meanBpm: (startSec, endSec) => ((beatsAt(endSec) - beatsAt(startSec)) * 60) / (endSec - startSec),
  };
}

/** Tempo that changes at given times; `changes` are sorted, the first at 0 s. */
export function stepwise(changes: readonly { readonly atSec: number; readonly bpm: number }[]): TempoMap {
  const pieces: { atSec: number; bpm: number; beat: number }[] = [];
  for (const { atSec, bpm } of changes) {
    const last = pieces.at(-1);
    pieces.push({ atSec, bpm, beat: last ? last.beat + ((atSec - last.atSec) * last.bpm) / 60 : 0 });
  }
  const beatsAt = (sec: number) => {
    const piece = pieces.findLast(({ atSec }) => atSec <= sec) ?? pieces[0];
    return piece ? piece.beat + ((sec - piece.atSec) * piece.bpm) / 60 : 0;
  };
  return {
    timeOf(beat) {
      const piece = pieces.findLast((one) => one.beat <= beat) ?? pieces[0];
      return piece ? piece.atSec + ((beat - piece.beat) * 60) / piece.bpm : 0;
    },
    meanBpm: (startSec, endSec) => ((beatsAt(endSec) - beatsAt(startSec)) * 60) / (endSec - startSec),
  };
}
