/** Names of the twelve keys from C upwards by semitones, in essentia's spelling: sharps for C and F, else flats. */
export const keyNames = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"] as const;
export type KeyName = (typeof keyNames)[number];
export const scales = ["major", "minor"] as const;
export type Scale = (typeof scales)[number];

/** Place on the wheel that DJs mix by: neighbours are a fifth apart, A is minor, B major; "8A" is A minor. */
export function camelotOf(key: KeyName, scale: Scale): string {
  const tonic = keyNames.indexOf(key);
  const major = scale === "major" ? tonic : tonic + 3;
  return `${((major * 7 + 7) % 12) + 1}${scale === "major" ? "B" : "A"}`;
}
