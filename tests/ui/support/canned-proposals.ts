import type { z } from "zod";
import { proposalItemSchema } from "../../../daemon/contract/api.ts";

// Answers as the daemon gives them: every one goes through the schema of the API, so that none can drift from it.

export type Proposal = z.infer<typeof proposalItemSchema>;

export const library = "/music/inbox";
export const output = "/music/organized";
export const hostile = '<img src=x onerror="document.title=1"> & <script>document.title=1</script>';
export const startMs = 1_760_000_000_000;

type Fields = Proposal["fields"];
interface Sketch {
  path: string;
  filename: string;
  directory: string;
  fields: Fields;
  confidence: number;
  kind?: Proposal["kind"];
  engine?: Proposal["engine"];
  notes?: string[];
  durationSec?: number;
  sizeBytes?: number;
}

const sketches: readonly Sketch[] = [
  {
    path: "incoming/01-carl_cox-live_at_space_ibiza-sat-09-20-2016-talion.mp3",
    filename: "Carl Cox - Live @ Space Ibiza 2016.09.20.mp3",
    directory: "performances/artists/Carl Cox",
    fields: { artist: "Carl Cox", venue: "Space Ibiza", date: "2016-09-20", source: "club" },
    confidence: 0.91,
    kind: "set",
    durationSec: 7165,
    sizeBytes: 286_600_000,
  },
  {
    path: "Various/Dance Classics/strobe (club edit).flac",
    filename: "deadmau5 - Strobe (Club Edit).flac",
    directory: "music/deadmau5/For Lack of a Better Name",
    fields: {
      artist: "deadmau5",
      title: "Strobe (Club Edit)",
      mix: "Club Edit",
      album: "For Lack of a Better Name",
      year: "2009",
    },
    confidence: 0.97,
    durationSec: 384,
    sizeBytes: 41_230_000,
  },
  {
    path: "sets/VA_-_Awakenings_2019-(Day_2)-Sven_VÃ¤th-SAT-06-30-2019-iDC.mp3",
    filename: "Sven Väth - Live @ Awakenings Festival Day 2 2019.06.30.mp3",
    directory: "performances/festivals/Awakenings Festival 2019",
    fields: { artist: "Sven Väth", event: "Awakenings Festival", day: "Day 2", date: "2019-06-30", source: "festival" },
    confidence: 0.78,
    kind: "set",
    engine: "ollama",
    notes: [
      'The artist tag "VA" says nothing.',
      'The date "06-30-2019" is read as month-day: other files of iDC show the order.',
    ],
    durationSec: 5400,
    sizeBytes: 216_000_000,
  },
  {
    path: `incoming/${hostile}.mp3`,
    filename: `Nobody - ${hostile.replaceAll("/", "-")}.mp3`,
    directory: "music/Nobody",
    fields: { artist: "Nobody", title: hostile },
    confidence: 0.42,
    notes: [`The comment says: ${hostile}`],
  },
  {
    path: "Moderat - Bad Kingdom.mp3",
    filename: "Moderat - Bad Kingdom.mp3",
    directory: "",
    fields: { artist: "Moderat", title: "Bad Kingdom" },
    confidence: 0.66,
  },
];

const artists = [
  "Röyksopp",
  "Boards of Canada",
  "Sigur Rós",
  "The Field",
  "Nina Kraviz",
  "Jon Hopkins",
  "坂本龍一",
  "Caribou",
];
const titles = [
  "Poor Leno",
  "Roygbiv",
  "Glósóli",
  "Over the Ice",
  "Ghetto Kraviz",
  "Open Eye Signal",
  "Merry Christmas Mr. Lawrence",
  "Odessa",
];

function madeUp(n: number): Sketch {
  const [artist, title] = [artists[n % 8] as string, titles[(n * 3) % 8] as string];
  const track = `${(n % 12) + 1}`.padStart(2, "0");
  return {
    path: `dump/${artist.toLowerCase().replaceAll(" ", "_")}/${track}_${title.toLowerCase().replaceAll(" ", "_")}_[www.site${n}.tld]_320kbps.mp3`,
    filename: `${artist} - ${track} - ${title}.mp3`,
    directory: `music/${artist}/Album ${n % 5}`,
    fields: { artist, title, album: `Album ${n % 5}`, trackNumber: track },
    confidence: 0.5 + ((n * 37) % 50) / 100,
    durationSec: 180 + n,
    sizeBytes: 7_000_000 + n * 1234,
  };
}

function toProposal(sketch: Sketch, id: number): Proposal {
  const path = `${library}/${sketch.path}`;
  const unchanged = sketch.directory === "";
  const evidence = Object.fromEntries(
    Object.entries(sketch.fields).map(([field, value]) => [
      field,
      [
        { source: "filename", text: sketch.path.split("/").at(-1) },
        ...(field === "artist" ? [{ source: "tag", text: value.toLowerCase() }] : []),
      ],
    ]),
  );
  return proposalItemSchema.parse({
    id,
    fileId: id + 100,
    version: 1,
    status: "pending",
    kind: sketch.kind ?? "track",
    path,
    filename: sketch.filename,
    directory: sketch.directory,
    destination: unchanged ? path : `${output}/${sketch.directory}/${sketch.filename}`,
    confidence: sketch.confidence,
    engine: sketch.engine ?? "rules",
    fields: sketch.fields,
    evidence,
    sureness: Object.fromEntries(Object.keys(evidence).map((field) => [field, 0.8])),
    alternatives: {},
    model: null,
    prompt: null,
    durationMs: null,
    notes: sketch.notes ?? [],
    unchanged,
    missing: false,
    sizeBytes: sketch.sizeBytes ?? 8_400_000,
    durationSec: sketch.durationSec ?? 215,
    createdAt: startMs + id,
    updatedAt: startMs + id,
    decidedAt: null,
  });
}

export function cannedProposals(count: number): Proposal[] {
  return Array.from({ length: count }, (_, at) => toProposal(sketches[at] ?? madeUp(at), at + 1));
}
