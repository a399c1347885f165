import type { FieldName, ProposalKind } from "../daemon/contract/fields.ts";
import type { FileKind } from "../daemon/contract/kinds.ts";
import type { FileState, ProposalStatus, RunStatus } from "../daemon/contract/states.ts";
import type { BatchItem, Operation } from "./api.ts";

export type Tone = "good" | "bad" | "warn" | "busy" | "plain" | "rest";

/** Fields in the order in which a person reads them. */
export const fieldWords: Readonly<Record<FieldName, string>> = {
  artist: "Artist",
  title: "Title",
  mix: "Mix",
  album: "Album",
  albumArtist: "Album artist",
  trackNumber: "Track",
  discNumber: "Disc",
  year: "Year",
  event: "Event",
  episode: "Episode",
  venue: "Venue",
  stage: "Stage",
  day: "Day",
  part: "Part",
  source: "Source",
  date: "Date",
};

export const evidenceWords: Readonly<Record<string, string>> = {
  tag: "Tag",
  filename: "File name",
  folder: "Folder",
  sibling: "Files beside it",
  companion: "Companion",
  audio: "Sound",
  fingerprint: "Same recording",
  tracklist: "Track list",
  library: "Learned",
  person: "You",
  rule: "Rule",
  llm: "Model",
};

export const kindWords: Readonly<Record<ProposalKind, string>> = { track: "Track", set: "Set", other: "Other" };
export const fileKindWords: Readonly<Record<FileKind, string>> = {
  music: "Music",
  video: "Video",
  companion: "Companion",
};

export const statusWords: Readonly<Record<ProposalStatus, string>> = {
  pending: "Pending",
  approved: "Approved",
  rejected: "Rejected",
  executed: "Applied",
};
export const statusTones: Readonly<Record<ProposalStatus, Tone>> = {
  pending: "plain",
  approved: "good",
  rejected: "bad",
  executed: "busy",
};

export const stateWords: Readonly<Record<FileState, string>> = {
  DISCOVERED: "Discovered",
  METADATA_EXTRACTED: "Tags read",
  FINGERPRINTED: "Fingerprinted",
  ANALYZED: "Analysed",
  PROPOSAL_GENERATED: "Name proposed",
  APPROVED: "Approved",
  REJECTED: "Rejected",
  EXECUTED: "Applied",
  FAILED: "Failed",
  DUPLICATE_RESOLVED: "Duplicate resolved",
};
export const stateTones: Readonly<Partial<Record<FileState, Tone>>> = {
  APPROVED: "good",
  REJECTED: "plain",
  EXECUTED: "busy",
  FAILED: "bad",
};

export const runTones: Readonly<Record<RunStatus, Tone>> = {
  pending: "plain",
  running: "busy",
  done: "good",
  failed: "bad",
  skipped: "plain",
};

const stageTitles: Readonly<Record<string, readonly [string, string]>> = {
  hash: ["Checksum", "SHA-256, so that no byte gets lost unseen"],
  tags: ["Tags", "Reads what the file says about itself"],
  "fingerprint-audfprint": ["Landmarks", "Recognises the same recording, in any encoding (audfprint)"],
  "fingerprint-panako": ["Quads", "Recognises it at another tempo or pitch too (panako)"],
  loudness: ["Loudness", "Volume, peaks, silence and damage"],
  rhythm: ["Tempo", "Beats per minute, and how they move"],
  key: ["Key", "Musical key, and how it moves"],
  mood: ["Mood", "Mood, style and danceability"],
  identify: ["Identify", "Finds the same sound in other files: copies, and tracks in sets"],
  propose: ["Propose", "Rules make a name from all evidence"],
  refine: ["Refine", "Your own model looks over the proposals"],
};
export const stageTitle = (name: string): string => stageTitles[name]?.[0] ?? name;
export const stageHint = (name: string): string => stageTitles[name]?.[1] ?? "";

export const batchWords: Readonly<Record<BatchItem["status"], string>> = {
  running: "Running",
  done: "Done",
  partly: "Partly done",
  failed: "Failed",
  interrupted: "Interrupted",
};
export const batchTones: Readonly<Record<BatchItem["status"], Tone>> = {
  running: "busy",
  done: "good",
  partly: "warn",
  failed: "bad",
  interrupted: "warn",
};

export const operationTones: Readonly<Record<Operation["status"], Tone>> = {
  planned: "plain",
  copied: "busy",
  published: "busy",
  done: "good",
  failed: "bad",
  undone: "warn",
};
export const operationWords: Readonly<Record<Operation["status"], string>> = {
  planned: "Planned",
  copied: "Copied",
  published: "In place",
  done: "Done",
  failed: "Failed",
  undone: "Put back",
};

/** What the audit trail records; the API may know more, which are shown as they are. */
export const actionWords: Readonly<Record<string, string>> = {
  approve: "Approved",
  reject: "Rejected",
  revert: "Decision taken back",
  move: "Moved",
  copy: "Copied",
  restore: "Put back",
  "remove copy": "Copy removed",
  fail: "Failed",
  "roll back": "Rolled back",
  "content changed": "Content changed",
  "set analysis": "Sound set by hand",
  edit: "Edited by hand",
  unlearn: "Learned rule taken back",
  "learn again": "Learned rule taken up again",
  "set templates": "Templates changed",
  settings: "Settings",
};
export const actionTones: Readonly<Record<string, Tone>> = {
  approve: "good",
  reject: "plain",
  move: "busy",
  copy: "busy",
  restore: "warn",
  fail: "bad",
  "roll back": "warn",
  "content changed": "warn",
};
