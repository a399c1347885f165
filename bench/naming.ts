import { join } from "node:path";
import { type Metadata, metadataSchema } from "../daemon/contract/metadata.ts";
import type { NamingInput } from "../daemon/contract/naming.ts";
import { ensureFolder, insertFile } from "../daemon/db/files.ts";
import { saveMetadata } from "../daemon/db/metadata.ts";
import { loadNamingInput } from "../daemon/db/naming-input.ts";
import { type Db, openDatabase } from "../daemon/db/open.ts";
import { saveNames } from "../daemon/db/proposal-names.ts";
import { saveProposal } from "../daemon/db/proposals.ts";
import { namesIn } from "../daemon/naming/library.ts";
import { proposeByRules } from "../daemon/naming/rules.ts";
import { type BenchOptions, inFolder, residentMb, seconds, verdict } from "./support.ts";

const count = 20_000;
const artists = ["nina_brandt", "the_low_tides", "DJ Keller", "Ana & Pol", "sonar_v"];
const places = ["live_at_nordhalle", "essential_mix", "Live @ Harbour Festival 2018", "boiler_room_lisbon"];

function input(index: number): NamingInput {
  const artist = artists[index % artists.length] ?? "";
  const place = places[index % places.length] ?? "";
  const isSet = index % 2 === 0;
  const name = isSet
    ? `01-${artist}-${place}-sat-09-${10 + (index % 18)}-2016-grp.mp3`
    : `${(index % 12) + 1} - ${artist} - Song ${index}.mp3`;
  const folder = isSet ? "incoming" : `${artist} - Album ${index % 40} (2014)`;
  const siblings = Array.from({ length: 10 }, (_, other) => `${other} - ${artist} - Song ${other}.mp3`);
  const album = { artist, album: `Album ${index % 40}`, year: "2014" };
  return {
    path: `${folder}/${name}`,
    durationSec: isSet ? 5400 : 240,
    tags: isSet ? {} : { artist, title: `Song ${index}` },
    companions: [],
    siblings,
    neighbours: isSet ? [] : siblings.map((sibling) => ({ name: sibling, tags: album })),
  };
}

const libraryCount = 200_000;
const filesPerFolder = 20;
const noTags = Object.fromEntries(Object.keys(metadataSchema.shape).map((key) => [key, null]));

function metadataOf({ durationSec, tags }: NamingInput): Metadata {
  const { artist = null, title = null } = tags;
  return metadataSchema.parse({ ...noTags, tagTypes: [], warnings: [], durationSec, artist, title });
}

/** A library's rows, as a scan and the reading of tags leave them. */
function fillLibrary(db: Db): void {
  for (let at = 0; at < libraryCount; at += filesPerFolder) {
    db.transaction(() => {
      const folder = ensureFolder(db, `/music/folder ${at / filesPerFolder}`, 1);
      for (let index = at; index < at + filesPerFolder; index++) {
        const made = input(index);
        const nameRaw = `${index} ${made.path.split("/").at(-1)}`;
        const facts = { kind: "music", sizeBytes: 1, mtimeMs: 1, inode: index, device: 1 } as const;
        saveMetadata(db, insertFile(db, { folder, nameRaw, ...facts }, 1), metadataOf(made));
      }
    })();
  }
}

/** Proposes for every file of a large library, from the database and back into it: files a second and memory at the end. */
async function benchLibrary(folder: string): Promise<{ perSec: number; grownMb: number }> {
  const db = openDatabase(join(folder, "phaze.db"));
  fillLibrary(db);
  const ids = db.query("select id from files").values().flat() as number[];
  const propose = (id: number) => {
    const loaded = loadNamingInput(db, id, "/music");
    if (!loaded) return;
    const draft = proposeByRules({ ...loaded, companions: [] });
    saveProposal(db, id, draft, loaded.path, 1);
    saveNames(db, id, namesIn(draft));
  };
  for (const id of ids.slice(0, 5000)) propose(id);
  const beforeMb = await residentMb(process.pid);
  const sec = await seconds(() => {
    for (let at = 0; at < ids.length; at += 500) db.transaction(() => ids.slice(at, at + 500).forEach(propose))();
  });
  const grownMb = (await residentMb(process.pid)) - beforeMb;
  db.close();
  return { perSec: ids.length / sec, grownMb };
}

/** Proposals by rules a second, on one core, and whether memory stays flat over many. */
export async function benchNaming({ print }: BenchOptions) {
  for (let index = 0; index < 2000; index++) proposeByRules(input(index));
  const beforeMb = await residentMb(process.pid);
  const sec = await seconds(() => {
    for (let index = 0; index < count; index++) proposeByRules(input(index));
  });
  const grownMb = (await residentMb(process.pid)) - beforeMb;
  print(verdict("proposals by rules", count / sec, "files/s", 2000, false));
  print(`memory grew by ${grownMb.toFixed(0)} MB over ${count} files`);
  const library = await inFolder("naming", benchLibrary);
  print(`${libraryCount} files from the database and back: ${library.perSec.toFixed(0)} files/s`);
  print(`memory grew by ${library.grownMb.toFixed(0)} MB meanwhile`);
  return { perSec: count / sec, grownMb, library };
}
