import { type KeyName, keyNames, type Scale } from "./analysis.ts";

/** Place on the wheel that DJs mix by: neighbours are a fifth apart, A is minor, B major; "8A" is A minor. */
export function camelotOf(key: KeyName, scale: Scale): string {
  const tonic = keyNames.indexOf(key);
  const major = scale === "major" ? tonic : tonic + 3;
  return `${((major * 7 + 7) % 12) + 1}${scale === "major" ? "B" : "A"}`;
}
