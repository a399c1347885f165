import { type KeyName, keyNames, type Scale } from "../../daemon/contract/keys.ts";

export interface NamedKey {
  readonly key: KeyName;
  readonly scale: Scale;
}

/** Score of MIREX's task "Audio Key Detection": 1 the same, 0.5 a fifth away, 0.3 relative, 0.2 parallel, else 0. */
export function mirexScore(found: NamedKey, truth: NamedKey): number {
  const up = (keyNames.indexOf(found.key) - keyNames.indexOf(truth.key) + 12) % 12;
  if (found.scale === truth.scale) return up === 0 ? 1 : up === 7 || up === 5 ? 0.5 : 0;
  if (up === 0) return 0.2;
  return up === (truth.scale === "major" ? 9 : 3) ? 0.3 : 0;
}
