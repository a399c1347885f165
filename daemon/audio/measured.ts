/** What was measured beside the parser. */
export interface Measured {
  readonly durationSec: number | null;
  readonly bitrateKbps: number | null;
  readonly warnings: readonly string[];
}

export function averageKbps(bytes: number, durationSec: number | null): number | null {
  return durationSec ? (bytes * 8) / durationSec / 1000 : null;
}
