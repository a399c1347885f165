import { camelotOf, type KeyName, keyNames, type Scale } from "../daemon/contract/keys.ts";

/** Hue of a place on the wheel, degrees in OKLCH, so that neighbours look alike: 1 is teal, 5 orange, 9 violet. */
export const camelotHue = (code: string): number => (((180 - 30 * (Number.parseInt(code, 10) - 1)) % 360) + 360) % 360;

/** `A minor`, `E♭ major`. */
export const keyWords = (key: KeyName, scale: Scale): string =>
  `${key.replace("b", "♭").replace("#", "♯")} ${scale === "major" ? "major" : "minor"}`;

export interface WheelKey {
  code: string;
  key: KeyName;
  scale: Scale;
}

/** All keys in the order of the wheel: 1A, 1B, 2A … */
export const wheel: readonly WheelKey[] = keyNames
  .flatMap((key) => (["minor", "major"] as const).map((scale) => ({ code: camelotOf(key, scale), key, scale })))
  .sort((a, b) => a.code.localeCompare(b.code, "en", { numeric: true }));
