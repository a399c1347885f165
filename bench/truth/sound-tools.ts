import { existsSync } from "node:fs";
import { join } from "node:path";
import { rateHz } from "./drum-synth.ts";

/** Sound of a file as ffmpeg decodes it: `Float32Array[n]`, mono, 44,100 Hz. */
export async function decode(file: string): Promise<Float32Array> {
  const command = ["ffmpeg", "-v", "error", "-i", file, "-ac", "1", "-ar", `${rateHz}`, "-f", "f32le", "-"];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const bytes = await new Response(child.stdout).arrayBuffer();
  if ((await child.exited) !== 0) throw new Error(`ffmpeg cannot decode ${file}`);
  return new Float32Array(bytes.slice(0, bytes.byteLength - (bytes.byteLength % 4)));
}

const soundFont = "/usr/share/sounds/sf2/FluidR3_GM.sf2";

/** Why nothing can be rendered here; null if it can. */
export function noFluidsynth(): string | null {
  if (Bun.which("fluidsynth") === null) return "fluidsynth is not installed";
  return existsSync(soundFont) ? null : "fluid-soundfont-gm is not installed";
}

/** A MIDI file as sound: `Float32Array[n]`, mono, 44,100 Hz. `folder` is for files in between. */
export async function renderMidi(midi: Uint8Array, folder: string): Promise<Float32Array> {
  const [song, wave] = [join(folder, "song.mid"), join(folder, "song.wav")];
  await Bun.write(song, midi);
  const command = ["fluidsynth", "-q", "-n", "-i", "-g", "0.6", "-r", `${rateHz}`, "-F", wave, soundFont, song];
  const child = Bun.spawn(command, { stdout: "ignore", stderr: "ignore" });
  if ((await child.exited) !== 0) throw new Error("fluidsynth failed");
  return decode(wave);
}
