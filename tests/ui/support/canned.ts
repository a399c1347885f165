import type { z } from "zod";
import {
  type batchSchema,
  fileDetailSchema,
  fileSchema,
  type operationSchema,
  statsSchema,
} from "../../../daemon/contract/api.ts";
import { hostile, library, output, type Proposal, startMs } from "./canned-proposals.ts";

// Answers as the daemon gives them: every one goes through the schema of the API, so that none can drift from it.

export type Operation = z.infer<typeof operationSchema>;
export type Batch = z.infer<typeof batchSchema>;

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

type Sound = Pick<z.input<typeof fileDetailSchema>, "analysis" | "runs">;

export function toFileDetail(proposal: Proposal, sound: Sound = { analysis: null, runs: [] }) {
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
    analysis: sound.analysis,
    runs: [
      run("hash", "done"),
      run("tags", "done"),
      run("propose", "done"),
      run("refine", "failed", "Ollama gave an answer that is no JSON"),
      ...sound.runs,
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
  now: {
    paused: boolean;
    scanning: boolean;
    batchRunning: boolean;
    waits: Readonly<Record<string, string>>;
    running: readonly z.infer<typeof statsSchema>["running"][number][];
  },
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
      ...["loudness", "rhythm", "key", "mood"].map((name) =>
        now.waits[name] ? stage(name, 0, { pending: n }, now.waits[name]) : stage(name, n),
      ),
      stage("propose", n),
      stage("refine", 0, { pending: n, skipped: 4 }, "Ollama at http://127.0.0.1:11434 cannot be reached"),
    ],
    running: [
      ...(n > 0 ? [{ fileId: 101, stage: "hash", startedAt: Date.now() - 4000, progress: 0.37 }] : []),
      ...now.running,
    ],
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
