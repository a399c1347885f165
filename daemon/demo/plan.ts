/** What a media file of the demo sounds like. */
export type Sound =
  | { readonly kind: "track" | "ogg" | "flac" | "wav" | "sample"; readonly song: string }
  /** Songs in full one after another, until the result counts as a set; a seed chooses them when none are named. */
  | { readonly kind: "set"; readonly songs?: readonly string[]; readonly seed?: string }
  | { readonly kind: "copy"; readonly of: string };

export interface MediaFile {
  readonly path: string;
  readonly sound: Sound;
  /** TagLib's property names. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly cover?: boolean;
}

export interface BuiltFile {
  readonly path: string;
  readonly seconds: number;
  /** As SFV files hold it. */
  readonly crc32: number;
  /** Of a set: what is played when. */
  readonly tracks: readonly { readonly artist: string; readonly title: string; readonly startSec: number }[];
}

export interface Companion {
  readonly path: string;
  readonly make: (built: readonly BuiltFile[]) => string | Uint8Array;
}
