import type { FileDetail, FileRun, Stats } from "./api.ts";
import { sentenceCase, showList, toSentence } from "./format.ts";
import { stageTitle } from "./words.ts";

/** The stages that listen, in the order in which people think of them. */
export const soundStages = ["loudness", "rhythm", "key", "mood"] as const;

export type NewsKind = "running" | "queued" | "later" | "waiting" | "retry" | "failed" | "skipped";

/** What is under way, or in the way, for some stages of one file. */
export interface SoundNews {
  kind: NewsKind;
  stages: readonly string[];
  /** A sentence. */
  text: string;
  /** 0 … 1 of what is running, when known. */
  share: number | null;
}

interface Finding {
  kind: NewsKind;
  why: string;
  share: number | null;
}

function findingOf(stage: string, run: FileRun | undefined, file: FileDetail, stats: Stats | null): Finding | null {
  const known = stats?.stages.find(({ name }) => name === stage);
  const find = (kind: NewsKind, why = "", share: number | null = null): Finding => ({ kind, why, share });
  if (!run) {
    const hash = file.runs.find((other) => other.stage === "hash")?.status;
    return known ? find("later", hash === "failed" ? "failed" : "") : null;
  }
  if (run.status === "failed") return find("failed", run.error ?? "no reason was kept");
  if (run.status === "skipped") return find("skipped", run.error ?? "no reason was kept");
  if (run.status === "done") return null;
  const working = stats?.running.find((work) => work.fileId === file.id && work.stage === stage);
  if (working || run.status === "running") return find("running", "", working?.progress ?? null);
  if (file.missing) return find("waiting", "The file is missing");
  if (known?.waitingFor) return find("waiting", known.waitingFor);
  return run.error ? find("retry", run.error) : find("queued");
}

const waits = (names: readonly string[]) => (names.length === 1 ? "waits" : "wait");

function wordsOf(kind: NewsKind, names: readonly string[], why: string): string {
  const parts = sentenceCase(showList(names));
  if (kind === "running") return `Listening for ${showList(names)}`;
  if (kind === "queued") return `${parts} ${waits(names)} in the queue.`;
  if (kind === "later")
    return why
      ? `${parts} cannot be found: the checksum failed.`
      : `${parts} ${names.length === 1 ? "comes" : "come"} after the checksum.`;
  if (kind === "waiting") return `${parts} ${waits(names)}: ${toSentence(why)}`;
  if (kind === "retry") return `${parts}: will be tried again. ${toSentence(why)}`;
  if (kind === "skipped") return `${parts}: left out. ${toSentence(why)}`;
  return `${parts}: failed. ${toSentence(why)}`;
}

/** What is under way, or in the way, of a file's sound; stages with the same news share one sentence. */
export function soundNews(file: FileDetail, stats: Stats | null): SoundNews[] {
  const groups = new Map<string, Finding & { stages: string[]; shares: number[] }>();
  for (const stage of soundStages) {
    const run = file.runs.find((other) => other.stage === stage);
    const finding = findingOf(stage, run, file, stats);
    if (!finding) continue;
    const name = `${finding.kind} ${finding.why}`;
    const group = groups.get(name) ?? { ...finding, stages: [], shares: [] };
    group.stages.push(stage);
    if (finding.share !== null) group.shares.push(finding.share);
    groups.set(name, group);
  }
  return [...groups.values()].map(({ kind, why, stages, shares }) => ({
    kind,
    stages,
    text: wordsOf(
      kind,
      stages.map((stage) => stageTitle(stage).toLowerCase()),
      why,
    ),
    share: shares.length > 0 ? Math.min(...shares) : null,
  }));
}
