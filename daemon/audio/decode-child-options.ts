/** What the decoder's process was asked to do, taken apart from its command line. */
export interface DecodeCommand {
  /** FFmpeg's options, with the names that the input and the outputs have inside the sandbox. */
  readonly options: readonly string[];
  /** What to open (a path, or a descriptor that was inherited) and its name in the sandbox; null when there is none. */
  readonly input: { readonly source: string | number; readonly name: string } | null;
  /** Descriptors that FFmpeg may write to. */
  readonly outputs: readonly number[];
  /** A line of the log as FFmpeg itself would have written it: with the names it was called with. */
  readonly restoreNames: (line: string) => string;
}

/** The command line is wrong: a mistake in the program that starts the decoder, never in a media file. */
export class DecodeCommandError extends Error {}

/** Folders inside the sandbox. A file in them exists only when the command names it. */
export const inputFolder = "/in";
export const outputFolder = "/out";

const inherited = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;

/**
 * Translates a command line for FFmpeg's program, so that the caller writes one and the same for both. Only names are
 * looked at: one `-i file:…`, and outputs `pipe:N`. All other options pass, since whatever they say stays inside the
 * sandbox. Throws DecodeCommandError.
 */
export function parseDecodeCommand(words: readonly string[]): DecodeCommand {
  const outputs: number[] = [];
  const options: string[] = [];
  let asked: string | null = null;
  for (const [index, word] of words.entries()) {
    const output = /^pipe:(\d+)$/.exec(word);
    if (words[index - 1] === "-i") {
      if (asked !== null) throw new DecodeCommandError("More than one input");
      if (!word.startsWith("file:")) throw new DecodeCommandError("The input must be a file:");
      asked = word;
      options.push(`file:${inputFolder}/${nameInside(word)}`);
    } else if (output) {
      const descriptor = Number(output[1]);
      if (descriptor === 0 || descriptor === 2 || outputs.includes(descriptor))
        throw new DecodeCommandError(`${word} cannot be an output here`);
      outputs.push(descriptor);
      options.push(`file:${outputFolder}/${descriptor}`);
    } else options.push(word);
  }
  return { options, outputs, input: asked === null ? null : inputOf(asked), restoreNames: nameRestorer(asked) };
}

function inputOf(word: string) {
  const path = word.slice("file:".length);
  const descriptor = inherited.exec(path)?.[1];
  return { source: descriptor === undefined ? path : Number(descriptor), name: nameInside(word) };
}

function nameRestorer(asked: string | null): (line: string) => string {
  if (asked === null) return (line) => line;
  const inside = `file:${inputFolder}/${nameInside(asked)}`;
  return (line) =>
    line.replaceAll(inside, () => asked).replaceAll(/file:\/out\/(\d+)/g, (_, number: string) => `pipe:${number}`);
}

/** A plain name with the ending of the real one, which FFmpeg takes as a hint for formats without a signature. */
function nameInside(word: string): string {
  const ending = /\.([A-Za-z0-9]{1,8})$/.exec(word)?.[1];
  return ending === undefined ? "media" : `media.${ending.toLowerCase()}`;
}
