import { displayPath, foldPath, joinRaw, type RawPath, splitRaw } from "../contract/raw-path.ts";
import { type Companion, companionsOf } from "../db/companions.ts";
import { getFile, rawPathOf } from "../db/files.ts";
import type { Db } from "../db/open.ts";
import type { NewOperation } from "../db/operations.ts";
import { type Proposal, rivals } from "../db/proposals.ts";
import { folderCompanionName, stemCompanionName } from "./companion-names.ts";
import { type FileFacts, factsOf } from "./disk.ts";
import { checkDestination, checkRights, type FolderNames, type Space } from "./preflight.ts";

/** What will happen to one approved proposal, or why nothing will. */
export interface PlanItem {
  proposalId: number;
  fileId: number;
  source: string;
  dest: string;
  sizeBytes: number;
  status: "ready" | "blocked" | "unchanged";
  reasons: string[];
  /** Things worth knowing that do not stand in the way. */
  notes: string[];
  companions: { source: string; dest: string }[];
}

/** All that an apply would do, found out before the first byte is written. */
export interface Plan {
  items: PlanItem[];
  operations: NewOperation[];
  bytes: number;
}

interface Draft extends PlanItem {
  proposal: Proposal;
  sourceRaw: RawPath;
  destRaw: string;
  sha256: string | null;
  facts: FileFacts | null;
}

/** The absolute destination of a proposal, as text. */
export const destinationOf = (outputPath: string, proposal: Pick<Proposal, "directory" | "filename">): string =>
  [outputPath.replace(/\/+$/, ""), ...proposal.directory.split("/").filter(Boolean), proposal.filename].join("/");

async function draftOf(db: Db, outputPath: string, proposal: Proposal, names: FolderNames): Promise<Draft> {
  const file = getFile(db, proposal.fileId);
  const destRaw = destinationOf(outputPath, proposal);
  const draft: Draft = {
    proposal,
    proposalId: proposal.id,
    fileId: proposal.fileId,
    source: proposal.path,
    dest: displayPath(destRaw),
    sizeBytes: proposal.sizeBytes,
    status: "ready",
    reasons: [],
    notes: [],
    companions: [],
    sourceRaw: file ? rawPathOf(file) : proposal.path,
    destRaw,
    sha256: file?.sha256 ?? null,
    facts: null,
  };
  if (proposal.unchanged || draft.dest === draft.source) return { ...draft, status: "unchanged", dest: draft.source };
  try {
    draft.facts = await factsOf(draft.sourceRaw);
  } catch (error) {
    draft.reasons.push((error as Error).message);
  }
  if (!draft.facts && draft.reasons.length === 0) draft.reasons.push("The file is not there any more");
  if (!draft.sha256)
    draft.reasons.push("The file has not been hashed yet: wait for the pipeline, or look for its error");
  if (
    draft.facts &&
    file &&
    (draft.facts.sizeBytes !== file.sizeBytes ||
      Math.abs(Number(BigInt(draft.facts.mtimeNs) / 1000n) / 1000 - file.mtimeMs) > 0.002)
  ) {
    draft.reasons.push("The file has changed since it was looked at: scan again");
  }
  if (draft.facts && draft.facts.links > 1)
    draft.notes.push("Has other hard links (perhaps it is being seeded): it is copied, and the source is kept");
  draft.reasons.push(
    ...checkDestination(outputPath, destRaw, draft.sourceRaw, names),
    ...checkRights(draft.sourceRaw, destRaw, (draft.facts?.links ?? 1) > 1),
  );
  return draft;
}

/** Finds destinations that more than one file would get, and blocks just those. */
function blockCollisions(db: Db, drafts: readonly Draft[]): void {
  const wanted = new Map<string, Draft[]>();
  const moving = drafts.filter((draft) => draft.status !== "unchanged");
  for (const draft of moving) {
    const key = foldPath(draft.dest);
    wanted.set(key, [...(wanted.get(key) ?? []), draft]);
  }
  const chosen = new Set(moving.map((draft) => draft.proposalId));
  for (const draft of moving) {
    for (const other of wanted.get(foldPath(draft.dest)) ?? []) {
      if (other === draft) continue;
      const same = other.sha256 !== null && other.sha256 === draft.sha256 ? "is an exact copy of it and" : "";
      draft.reasons.push(`${other.source} ${same} would get the same name: reject one of the two`.replace("  ", " "));
    }
    const { directory, filename, id } = draft.proposal;
    for (const rival of rivals(db, foldPath(`${directory}/${filename}`), id)) {
      if (!chosen.has(rival.id))
        draft.reasons.push(`${rival.path} (${rival.status}) is proposed for the same name: decide on that one first`);
    }
  }
}

/** Media that share companions of their folder move as one; what shares none, alone. */
interface Group {
  drafts: Draft[];
  companions: { companion: Companion; owner: Draft; name: string }[];
}

/** A companion of the whole folder goes along when all media it belongs to go, and to the same folder. */
function mayMoveTogether(db: Db, companion: Companion, ready: ReadonlyMap<number, Draft>): Draft[] | null {
  const owners = db.query("select file_id as id from file_companions where companion_id = ?").all(companion.id) as {
    id: number;
  }[];
  const drafts = owners.map((owner) => ready.get(owner.id));
  if (drafts.some((draft) => draft === undefined)) return null;
  const [first, ...others] = drafts as Draft[];
  if (!first || others.some((draft) => draft.proposal.directory !== first.proposal.directory)) return null;
  return [first, ...others];
}

function groupUp(db: Db, drafts: readonly Draft[]): Group[] {
  const ready = new Map(drafts.filter((draft) => draft.status === "ready").map((draft) => [draft.fileId, draft]));
  const groupOf = new Map(
    [...ready.values()].map((draft) => [draft.fileId, { drafts: [draft], companions: [] } as Group]),
  );
  const placed = new Set<number>();
  for (const draft of ready.values()) {
    const names = new Set<string>();
    for (const companion of companionsOf(db, draft.fileId)) {
      if (placed.has(companion.id)) continue;
      const together =
        companion.basis === "stem" && companion.shared === 1 ? [draft] : mayMoveTogether(db, companion, ready);
      if (!together) {
        draft.notes.push(`${companion.name} stays: it also belongs to files that do not move with this one`);
        continue;
      }
      const isAlbum = draft.proposal.kind === "track" && Boolean(draft.proposal.fields.album);
      const name =
        companion.basis === "stem"
          ? stemCompanionName(companion.name, draft.proposal.path.split("/").at(-1) ?? "", draft.proposal.filename)
          : folderCompanionName(companion.name, draft.proposal.filename, isAlbum || together.length > 1, names);
      names.add(name.normalize("NFC").toLowerCase());
      placed.add(companion.id);
      const group = merge(groupOf, together);
      group.companions.push({ companion, owner: draft, name });
    }
  }
  return [...new Set(groupOf.values())];
}

/** Makes the groups of these drafts one. */
function merge(groupOf: Map<number, Group>, drafts: readonly Draft[]): Group {
  const [into, ...others] = [...new Set(drafts.map((draft) => groupOf.get(draft.fileId) as Group))];
  for (const group of others) {
    into?.drafts.push(...group.drafts);
    into?.companions.push(...group.companions);
    for (const draft of group.drafts) groupOf.set(draft.fileId, into as Group);
  }
  return into as Group;
}

function mediaOperation(draft: Draft, unit: number): NewOperation {
  const facts = draft.facts as FileFacts;
  return {
    unit,
    proposalId: draft.proposalId,
    fileId: draft.fileId,
    role: "media",
    action: facts.links > 1 ? "copy" : "move",
    sourceRaw: draft.sourceRaw,
    destRaw: draft.destRaw,
    source: draft.source,
    dest: draft.dest,
    sizeBytes: facts.sizeBytes,
    mtimeNs: facts.mtimeNs,
    finalMtimeNs: facts.mtimeNs,
    mode: facts.mode,
    sourceDevice: facts.device,
    sha256: draft.sha256,
  };
}

/** The operation that takes a companion along; null, with a note on its media file, when it has to stay. */
async function companionOperation(
  item: Group["companions"][number],
  unit: number,
  used: Set<string>,
): Promise<NewOperation | null> {
  const { companion, owner, name } = item;
  const sourceRaw = joinRaw(companion.folderRaw, companion.nameRaw);
  const destRaw = joinRaw(splitRaw(owner.destRaw).folder, name);
  const stay = (why: string) => {
    owner.notes.push(`${companion.name} stays: ${why}`);
    return null;
  };
  const facts = await factsOf(sourceRaw).catch(() => null);
  if (!facts) return stay("it is not there any more");
  const key = foldPath(displayPath(destRaw));
  const problems = checkDestination(null, destRaw);
  if (used.has(key) || problems.length > 0) return stay(problems[0] ?? `another file gets the name ${name}`);
  used.add(key);
  owner.companions.push({ source: displayPath(sourceRaw), dest: displayPath(destRaw) });
  return {
    unit,
    proposalId: owner.proposalId,
    fileId: companion.id,
    role: "companion",
    action: facts.links > 1 ? "copy" : "move",
    sourceRaw,
    destRaw,
    source: displayPath(sourceRaw),
    dest: displayPath(destRaw),
    sizeBytes: facts.sizeBytes,
    mtimeNs: facts.mtimeNs,
    finalMtimeNs: facts.mtimeNs,
    mode: facts.mode,
    sourceDevice: facts.device,
    sha256: null,
  };
}

/**
 * Plans the moves of these proposals: collisions over resolved destinations (within the plan, with other open proposals,
 * and on disk; ignoring case and normal form), rights, free space, companions. Changes nothing.
 */
export async function makePlan(
  db: Db,
  outputPath: string,
  proposals: readonly Proposal[],
  space: Space,
): Promise<Plan> {
  const drafts: Draft[] = [];
  const names: FolderNames = new Map();
  for (const proposal of proposals) drafts.push(await draftOf(db, outputPath, proposal, names));
  blockCollisions(db, drafts);
  for (const draft of drafts) if (draft.status === "ready" && draft.reasons.length > 0) draft.status = "blocked";
  const operations: NewOperation[] = [];
  const used = new Set(drafts.filter((draft) => draft.status === "ready").map((draft) => foldPath(draft.dest)));
  let unit = 0;
  for (const group of groupUp(db, drafts)) {
    const members = group.drafts.map((draft) => mediaOperation(draft, unit));
    const companions: NewOperation[] = [];
    for (const item of group.companions) {
      const operation = await companionOperation(item, unit, used);
      if (operation) companions.push(operation);
    }
    const short = space.lacking([...members, ...companions]);
    if (short) {
      for (const draft of group.drafts) Object.assign(draft, { status: "blocked", reasons: [short] });
      continue;
    }
    operations.push(...members, ...companions);
    unit++;
  }
  const bytes = operations.reduce((sum, operation) => sum + operation.sizeBytes, 0);
  return { items: drafts.map(toItem), operations, bytes };
}

function toItem({ proposalId, fileId, source, dest, sizeBytes, status, reasons, notes, companions }: Draft): PlanItem {
  return { proposalId, fileId, source, dest, sizeBytes, status, reasons, notes, companions };
}
