import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import { textCompanionExtensions } from "../contract/kinds.ts";
import type { Metadata } from "../contract/metadata.ts";
import type { ProposalDraft } from "../contract/naming.ts";
import { displayPath, extensionOf, joinRaw, splitRaw } from "../contract/raw-path.ts";
import { linkCompanions } from "../db/companions.ts";
import { tagTexts } from "../db/naming-input.ts";
import { silentLog } from "../log.ts";
import { findProgram } from "../services.ts";
import { hashStage } from "../stages/hash.ts";
import { makeProposeStage } from "../stages/propose.ts";
import { makeTagsStage } from "../stages/tags.ts";
import { listFolder } from "../watch/walk.ts";
import type { Command, CommandInput } from "./command.ts";
import { printJson } from "./review.ts";
import { showBytes } from "./table.ts";

/** All that the stages say of one file outside the database. A stage that cannot run is named in `errors`. */
export interface Inspection {
  path: string;
  sizeBytes: number | null;
  sha256?: string;
  fileType: string;
  durationSec?: number | null;
  metadata?: Metadata;
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

async function inspectFile(path: string, input: CommandInput, ffprobePath: string | null): Promise<Inspection> {
  const { values, libraryPath } = input.config();
  const result: Inspection = { path, sizeBytes: null, fileType: extensionOf(path), errors: [], ms: {} };
  const tools = { progress() {}, log: silentLog };
  const measure = async <T>(stage: string, work: () => Promise<T>): Promise<T | undefined> => {
    const start = performance.now();
    try {
      return await work();
    } catch (error) {
      result.errors.push({ stage, message: (error as Error).message });
      return undefined;
    } finally {
      result.ms[stage] = Math.round((performance.now() - start) * 10) / 10;
    }
  };
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) {
    result.errors.push({ stage: "hash", message: stat ? "Not a regular file" : "There is no such file" });
    return result;
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
  const propose = makeProposeStage({ maxCompanionChars: values.LLM_MAX_COMPANION_CHARS });
  const relative =
    libraryPath && path.startsWith(`${libraryPath}/`)
      ? path.slice(libraryPath.length + 1)
      : path.split("/").slice(-3).join("/");
  const draft = await measure("propose", async () => {
    const known = {
      path: displayPath(relative),
      durationSec: metadata?.durationSec ?? null,
      tags: tagTexts(metadata ?? null),
      ...neighbours(path),
    };
    return propose.output.parse(await propose.run(known, tools, signal));
  });
  if (draft) result.proposal = draft;
  return result;
}

function describe(item: Inspection): string {
  const lines = [item.path, `  ${item.sizeBytes === null ? "" : showBytes(item.sizeBytes)}  ${item.sha256 ?? ""}`];
  const { metadata, proposal } = item;
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
    let failed = false;
    for (const word of input.words) {
      const item = await inspectFile(resolve(input.io.cwd, word), input, ffprobePath);
      failed ||= item.errors.length > 0;
      if (input.json) printJson(input.io, item);
      else input.io.out(`${describe(item)}\n`);
    }
    return failed ? 1 : 0;
  },
};
