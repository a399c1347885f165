import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import type { Analysis } from "../contract/analysis.ts";
import { textCompanionExtensions } from "../contract/kinds.ts";
import type { Metadata } from "../contract/metadata.ts";
import type { ProposalDraft } from "../contract/naming.ts";
import { displayPath, extensionOf, joinRaw, splitRaw } from "../contract/raw-path.ts";
import { type FingerprintEngine, fingerprintEngines } from "../contract/sidecar.ts";
import { linkCompanions } from "../db/companions.ts";
import { tagTexts } from "../db/naming-input.ts";
import type { Sidecars } from "../fingerprint/sidecars.ts";
import { silentLog } from "../log.ts";
import { findProgram } from "../services.ts";
import { makeSound, type Sound } from "../sound.ts";
import { makeFingerprintStage } from "../stages/fingerprint.ts";
import { hashStage } from "../stages/hash.ts";
import { keyStage } from "../stages/key.ts";
import { loudnessStage } from "../stages/loudness.ts";
import { makeMoodStage } from "../stages/mood.ts";
import { makeProposeStage } from "../stages/propose.ts";
import { rhythmStage } from "../stages/rhythm.ts";
import { makeTagsStage } from "../stages/tags.ts";
import { listFolder } from "../watch/walk.ts";
import type { Command, CommandInput } from "./command.ts";
import { describeAnalysis, type FingerprintFacts, inspectSound } from "./inspect-sound.ts";
import { printJson } from "./review.ts";
import { startScratchSidecars } from "./scratch-sidecars.ts";
import { progressBar, showBytes } from "./table.ts";

/** All that the stages say of one file outside the database. A stage that cannot run is named in `errors`. */
export interface Inspection {
  path: string;
  sizeBytes: number | null;
  sha256?: string;
  fileType: string;
  durationSec?: number | null;
  metadata?: Metadata;
  analysis?: Analysis;
  fingerprint?: Partial<Record<FingerprintEngine, FingerprintFacts>>;
  proposal?: ProposalDraft;
  errors: { stage: string; message: string }[];
  ms: Record<string, number>;
}

const mostSiblings = 100;

/** The file's neighbours: names of other media, and its text companions. */
function neighbours(path: string) {
  const { folder, name } = splitRaw(path);
  const entries = listFolder(folder).entries.map((entry, id) => ({
    id,
    kind: entry.kind as string,
    name: displayPath(entry.name),
    raw: entry.name,
  }));
  const own = entries.find((entry) => entry.raw === name);
  const links = linkCompanions(entries).filter((link) => link.fileId === own?.id);
  const companions = entries.filter(
    (entry) =>
      links.some((link) => link.companionId === entry.id) &&
      (textCompanionExtensions as readonly string[]).includes(extensionOf(entry.name)),
  );
  return {
    companions: companions.map((entry) => ({ name: entry.name, path: joinRaw(folder, entry.raw) })),
    siblings: entries
      .filter((entry) => entry !== own && entry.kind !== "companion")
      .map((entry) => entry.name)
      .slice(0, mostSiblings),
  };
}

/** Adds what the stages that listen say (its length is the truth, whatever the tags say); true when one has failed. */
async function addSound(result: Inspection, input: CommandInput, sound: Sound, engines: Sidecars): Promise<boolean> {
  const bar = progressBar(input.io);
  const mood = makeMoodStage({ modelsPath: input.config().modelsPath, models: sound.models });
  const prints = fingerprintEngines.map((engine) => makeFingerprintStage(engine, engines));
  const stages = [loudnessStage, rhythmStage, keyStage, mood, ...prints];
  const heard = await inspectSound(result.path, stages, sound, input.io.signal, (fraction) =>
    bar.show(Math.round(fraction * 100), 100, "listening"),
  );
  bar.end();
  result.errors.push(...heard.errors);
  Object.assign(result.ms, heard.ms);
  if (heard.analysis) result.analysis = heard.analysis;
  if (Object.keys(heard.fingerprint).length > 0) result.fingerprint = heard.fingerprint;
  if (heard.analysis?.durationSec !== undefined) result.durationSec = heard.analysis.durationSec;
  return heard.failed;
}

async function inspectFile(
  path: string,
  input: CommandInput,
  ffprobePath: string | null,
  sound: Sound,
  engines: Sidecars,
): Promise<{ item: Inspection; failed: boolean }> {
  const { values, libraryPath } = input.config();
  const result: Inspection = { path, sizeBytes: null, fileType: extensionOf(path), errors: [], ms: {} };
  let failed = false;
  const tools = { progress() {}, log: silentLog };
  const measure = async <T>(stage: string, work: () => Promise<T>): Promise<T | undefined> => {
    const start = performance.now();
    try {
      return await work();
    } catch (error) {
      failed = true;
      result.errors.push({ stage, message: (error as Error).message });
      return undefined;
    } finally {
      result.ms[stage] = Math.round((performance.now() - start) * 10) / 10;
    }
  };
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) {
    result.errors.push({ stage: "hash", message: stat ? "Not a regular file" : "There is no such file" });
    return { item: result, failed: true };
  }
  result.sizeBytes = stat.size;
  const { signal } = input.io;
  const hash = await measure("hash", () => hashStage.run({ path, sizeBytes: stat.size }, tools, signal));
  if (hash && "sha256" in hash) result.sha256 = hash.sha256;
  const tags = makeTagsStage({ ffprobePath });
  const metadata = await measure("tags", async () =>
    tags.output.parse(await tags.run({ path, extension: extensionOf(path) }, tools, signal)),
  );
  if (metadata) Object.assign(result, { metadata, durationSec: metadata.durationSec });
  if (await addSound(result, input, sound, engines)) failed = true;
  const propose = makeProposeStage({ maxCompanionChars: values.LLM_MAX_COMPANION_CHARS, naming: () => ({}) });
  const relative =
    libraryPath && path.startsWith(`${libraryPath}/`)
      ? path.slice(libraryPath.length + 1)
      : path.split("/").slice(-3).join("/");
  const draft = await measure("propose", async () => {
    const known = {
      path: displayPath(relative),
      durationSec: result.durationSec ?? null,
      tags: tagTexts(metadata ?? null),
      ...neighbours(path),
    };
    return propose.output.parse(await propose.run(known, tools, signal));
  });
  if (draft) result.proposal = draft;
  return { item: result, failed };
}

function describe(item: Inspection): string {
  const lines = [item.path, `  ${item.sizeBytes === null ? "" : showBytes(item.sizeBytes)}  ${item.sha256 ?? ""}`];
  const { metadata, proposal, analysis } = item;
  if (metadata) {
    const facts = [
      metadata.codec,
      metadata.bitrateKbps && `${Math.round(metadata.bitrateKbps)} kbps`,
      metadata.sampleRateHz && `${metadata.sampleRateHz} Hz`,
      metadata.durationSec && `${metadata.durationSec.toFixed(1)} s`,
    ];
    lines.push(`  ${facts.filter(Boolean).join(", ")}`);
    for (const [name, value] of Object.entries(tagTexts(metadata))) lines.push(`  ${name.padEnd(12)} ${value}`);
  }
  if (analysis) lines.push(...describeAnalysis(analysis));
  for (const [engine, { outcome, hashes }] of Object.entries(item.fingerprint ?? {}))
    lines.push(`  ${engine.padEnd(12)} ${outcome === "silent" ? "silent" : `${hashes} hashes`}`);
  if (proposal) {
    lines.push(
      `  → ${proposal.directory}/${proposal.filename}  (${proposal.kind}, ${proposal.engine}, ${proposal.confidence.toFixed(2)})`,
    );
    for (const [name, value] of Object.entries(proposal.fields)) {
      const evidence = proposal.evidence[name as keyof typeof proposal.evidence] ?? [];
      lines.push(
        `    ${name.padEnd(12)} ${value}   ← ${evidence.map((entry) => `${entry.source}: ${entry.text}`).join("; ")}`,
      );
    }
    for (const note of proposal.notes) lines.push(`    ! ${note}`);
  }
  for (const error of item.errors) lines.push(`  ✗ ${error.stage}: ${error.message}`);
  lines.push(
    `  ${Object.entries(item.ms)
      .map(([stage, ms]) => `${stage} ${ms} ms`)
      .join(", ")}`,
  );
  return lines.map((line) => line.replace(/[\p{Cc}]/gu, "␛")).join("\n");
}

export const inspect: Command = {
  name: "inspect",
  summary: "Run all stages on files outside the database and show what they say",
  usage: "FILE…",
  words: [1, 1000],
  async run(input) {
    const ffprobePath = findProgram("ffprobe");
    const sound = await makeSound(input.config());
    const scratch = await startScratchSidecars();
    let failed = false;
    try {
      for (const word of input.words) {
        const { item, failed: here } = await inspectFile(
          resolve(input.io.cwd, word),
          input,
          ffprobePath,
          sound,
          scratch.sidecars,
        );
        failed ||= here;
        if (input.json) printJson(input.io, item);
        else input.io.out(`${describe(item)}\n`);
      }
    } finally {
      await Promise.all([sound.close(), scratch.stop()]);
    }
    return failed ? 1 : 0;
  },
};
