/** One invented song: nobody of these names makes such music. */
export interface Song {
  readonly id: string;
  readonly artist: string;
  readonly title: string;
  readonly bpm: number;
  /** 0 is C, 11 is B. */
  readonly root: number;
  readonly mode: "major" | "minor";
  readonly beat: "four" | "broken" | "half" | "none";
}

const rows = [
  ["harbour", "Lumo & Kvist", "Harbour Light", 112, 9, "minor", "four"],
  ["salt", "Lumo & Kvist", "Salt Roads", 118, 4, "minor", "four"],
  ["paper", "Lumo & Kvist", "A Map of Paper", 92, 0, "major", "half"],
  ["ebb", "Lumo & Kvist", "Ebb", 84, 7, "major", "none"],
  ["lanterns", "Lumo & Kvist", "Lanterns (Reprise)", 105, 2, "minor", "broken"],
  ["undertow", "Sable Marrow", "Undertow (Tarn Hollis Remix)", 124, 5, "minor", "four"],
  ["meridian", "Tarn Hollis", "Slow Meridian", 120, 10, "minor", "four"],
  ["granite", "Vexholm", "Granite", 132, 1, "minor", "four"],
  ["ninefold", "Oskar Fjeldgren", "Ninefold", 128, 6, "minor", "four"],
  ["spring", "Bøkeskov", "Kilde", 98, 8, "major", "half"],
  ["stones", "Bøkeskov", "Stein mot stein", 140, 3, "minor", "broken"],
  ["mouth", "Bøkeskov", "Munning", 88, 11, "minor", "none"],
  ["delta", "Bøkeskov", "Delta", 150, 0, "minor", "broken"],
  ["orchard", "Zoë Lindqvärn", "Glass Orchard", 126, 7, "minor", "four"],
  ["ferry", "Zoë Lindqvärn", "Nattfärja", 122, 2, "major", "four"],
  ["autumn", "Björn Ålander", "Höstljus", 100, 4, "major", "half"],
  ["moons", "Noor Attwater", "Paper Moons (Extended Mix)", 130, 9, "major", "four"],
  ["signal", "Kestrel Union", "Signal Loss", 172, 5, "minor", "broken"],
  ["relay", "Kestrel Union", "Relay", 168, 1, "major", "broken"],
  ["bounce", "Mirelle Tanz", "Untitled Bounce", 136, 11, "minor", "four"],
] as const;

export const songs: readonly Song[] = rows.map(([id, artist, title, bpm, root, mode, beat]) => ({
  ...{ id, artist, title, bpm, root, mode, beat },
}));

/** The song of this id; a wrong id in the library's list is a fault of the program. */
export function findSong(id: string): Song {
  const song = songs.find((one) => one.id === id);
  if (song === undefined) throw new Error(`no demo song ${id}`);
  return song;
}
