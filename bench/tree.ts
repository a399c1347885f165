import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A library of `files` small files with names as they occur, ten to a folder. Returns the number of folders. */
export function makeTree(root: string, files: number): number {
  let made = 0;
  let folders = 0;
  for (let artist = 0; made < files; artist++) {
    for (let album = 0; album < 20 && made < files; album++) {
      const folder = join(root, `Artist ${artist}`, `Some_Set-Album_${album}`);
      mkdirSync(folder, { recursive: true });
      folders++;
      for (let track = 0; track < 10 && made < files; track++) {
        const name = `${`${track}`.padStart(2, "0")}-artist_${artist}_-_live_at_place_${album}-sat-09-20-2016-grp${track}.mp3`;
        writeFileSync(join(folder, name), `${made}`);
        made++;
      }
    }
  }
  return folders;
}
