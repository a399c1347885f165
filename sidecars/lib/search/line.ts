/** How a stretch of the query lies on a reference: reference frame = tempo · query frame + start, and `cents` higher. */
export interface Line {
  tempo: number;
  start: number;
  cents: number;
}

export const refFrameOf = (line: Line, queryFrame: number): number => line.tempo * queryFrame + line.start;
export const queryFrameOf = (line: Line, refFrame: number): number => (refFrame - line.start) / line.tempo;
