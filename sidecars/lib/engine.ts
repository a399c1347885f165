import { createHash } from "node:crypto";
import type { Coding, Density, Role } from "./codes.ts";
import { frontEndParameters } from "./parameters.ts";

/** A way to fingerprint: everything else is common to all engines. */
export interface Engine {
  name: "audfprint" | "panako";
  /** Rises with every change that makes other codes of the same peaks. */
  version: number;
  coding: Coding;
  density: Record<Role, Density>;
  /** How far a copy may be off in tempo, as a ratio (0.1: ±10 %), and in pitch, cents. */
  tempoReach: number;
  pitchReachCents: number;
  /** Step of `coding.length` in the logarithm of the length; 0 when lengths are exact. */
  lengthStep: number;
}

/** Hash of all that a store's content depends on: 16 hexadecimal digits. */
export function parameterHash(engine: Engine): string {
  const { name, version, coding, density } = engine;
  const { links, minFrames, maxFrames, maxCents, bits, lengthBits } = coding;
  const code = { name, version, links, minFrames, maxFrames, maxCents, bits, lengthBits };
  const text = JSON.stringify([frontEndParameters, code, density.track, density.set]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
