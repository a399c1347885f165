import type { z } from "zod";
import {
  type batchSchema,
  fileDetailSchema,
  fileSchema,
  type operationSchema,
  proposalItemSchema,
  statsSchema,
} from "../../../daemon/contract/api.ts";

// Answers as the daemon gives them: every one goes through the schema of the API, so that none can drift from it.

export type Proposal = z.infer<typeof proposalItemSchema>;
export type Operation = z.infer<typeof operationSchema>;
export type Batch = z.infer<typeof batchSchema>;

export const library = "/music/inbox";
export const output = "/music/organized";
export const hostile = '<img src=x onerror="document.title=1"> & <script>document.title=1</script>';
const startMs = 1_760_000_000_000;

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

const states = {
  pending: "PROPOSAL_GENERATED",
  approved: "APPROVED",
  rejected: "REJECTED",
  executed: "EXECUTED",
} as const;

export function toFile(proposal: Proposal) {
  const path = proposal.status === "executed" ? proposal.destination : proposal.path;
  return fileSchema.parse({
    id: proposal.fileId,
    path,
    name: path.split("/").at(-1),
    kind: "music",
    extension: path.split(".").at(-1),
    sizeBytes: proposal.sizeBytes,
    mtimeMs: startMs,
    sha256: `${proposal.id}`.padStart(64, "c0ffee"),
    firstSeenAt: startMs,
    missing: false,
    state: states[proposal.status],
    artist: proposal.fields.artist ?? null,
    title: proposal.fields.title ?? null,
    album: proposal.fields.album ?? null,
    durationSec: proposal.durationSec,
  });
}

const run = (stage: string, status: "done" | "failed", error: string | null = null) => ({
  stage,
  status,
  attempts: error ? 4 : 1,
  startedAt: startMs,
  finishedAt: startMs + 42,
  durationMs: 42,
  error,
});

export function toFileDetail(proposal: Proposal) {
  const metadata = {
    ...{
      artist: "carl cox",
      title: null,
      album: null,
      albumArtist: null,
      composer: null,
      genre: "techno",
      comment: hostile,
      date: "2016",
    },
    ...{
      year: 2016,
      trackNumber: 1,
      trackTotal: null,
      discNumber: null,
      discTotal: null,
      bpm: null,
      key: null,
      durationSec: proposal.durationSec,
    },
    ...{
      bitrateKbps: 320,
      sampleRateHz: 44_100,
      channels: 2,
      codec: "MPEG 1 Layer 3",
      container: "MPEG",
      lossless: false,
      hasAudio: true,
    },
    ...{
      hasVideo: false,
      cover: { mime: "image/jpeg", bytes: 48_213 },
      tagTypes: ["ID3v2.4"],
      warnings: ["Track number 20211013 cannot be right and was left out"],
    },
  };
  return fileDetailSchema.parse({
    ...toFile(proposal),
    metadata,
    runs: [
      run("hash", "done"),
      run("tags", "done"),
      run("propose", "done"),
      run("refine", "failed", "Ollama gave an answer that is no JSON"),
    ],
    proposal,
    companions: [{ id: 900, name: "01-carl_cox-live.cue", basis: "stem", sizeBytes: 1820 }],
  });
}

export function countBy<T>(items: readonly T[], of: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[of(item)] = (counts[of(item)] ?? 0) + 1;
  return counts;
}

const stage = (
  name: string,
  done: number,
  rest: Partial<Record<"pending" | "running" | "failed" | "skipped", number>> = {},
  waitingFor: string | null = null,
) => ({
  name,
  version: 1,
  pending: 0,
  running: 0,
  failed: 0,
  skipped: 0,
  ...rest,
  done,
  waitingFor,
});

export function cannedStats(
  proposals: readonly Proposal[],
  now: { paused: boolean; scanning: boolean; batchRunning: boolean },
) {
  const n = proposals.length;
  return statsSchema.parse({
    library,
    output,
    paused: now.paused,
    idle: n === 0,
    files: n === 0 ? {} : { music: n, video: 3, companion: 21 },
    bytes: proposals.reduce((sum, proposal) => sum + proposal.sizeBytes, 0),
    missing: 0,
    states: {
      ...countBy(proposals, (proposal) => states[proposal.status]),
      ...(n > 0 ? { FAILED: 2, METADATA_EXTRACTED: 9 } : {}),
    },
    proposals: countBy(proposals, (proposal) => proposal.status),
    stages: [
      stage("hash", n, { running: n > 0 ? 1 : 0 }),
      stage("tags", n, { failed: n > 0 ? 2 : 0, pending: n > 0 ? 9 : 0 }),
      stage("propose", n),
      stage("refine", 0, { pending: n, skipped: 4 }, "Ollama at http://127.0.0.1:11434 cannot be reached"),
    ],
    running: n > 0 ? [{ fileId: 101, stage: "hash", startedAt: Date.now() - 4000, progress: 0.37 }] : [],
    settling: 1,
    watchedFolders: 214,
    scan: {
      id: 7,
      root: library,
      status: now.scanning ? "running" : "completed",
      reason: "start",
      startedAt: Date.now() - 90_000,
      finishedAt: now.scanning ? null : Date.now() - 84_000,
      files: {
        folders: 214,
        seen: n + 24,
        new: n,
        changed: 0,
        moved: 3,
        missing: 0,
        returned: 0,
        settling: 1,
        skipped: { hidden: 12, "symbolic link": 2 },
      },
      error: null,
    },
    batchRunning: now.batchRunning,
    services: [
      { name: "ffprobe", ok: true, detail: "/usr/bin/ffprobe", cost: null, remedy: null },
      {
        name: "ollama",
        ok: false,
        detail: "Ollama at http://127.0.0.1:11434 cannot be reached",
        cost: "Proposals are made by rules alone",
        remedy: "Start Ollama, or set OLLAMA_HOST",
      },
    ],
  });
}
