import type { z } from "zod";
import type { Analysis, AnalysisWindow, PersonValues } from "../daemon/contract/analysis.ts";
import type {
  AuditItem,
  BatchItem,
  EditedReply,
  FileItem,
  fileDetailSchema,
  KeptRuleItem,
  operationSchema,
  PlanReply,
  ProposalItem,
  runSchema,
  Stats,
  scanSchema,
  UndoReply,
} from "../daemon/contract/api.ts";
import type { FieldName, ProposalKind } from "../daemon/contract/fields.ts";
import type { FileMatches } from "../daemon/contract/fingerprint-api.ts";
import type { LlmReply } from "../daemon/contract/llm.ts";
import type { PreviewReply, TemplatePreview, TemplatesReply, TemplatesSaved } from "../daemon/contract/naming-api.ts";
import type { TemplateChanges } from "../daemon/contract/templates.ts";

export type FileDetail = z.infer<typeof fileDetailSchema>;
export type FileRun = z.infer<typeof runSchema>;
export type Operation = z.infer<typeof operationSchema>;
export type Scan = z.infer<typeof scanSchema>;
export type Decision = "approve" | "reject" | "undo";
/** Values to set by hand; null takes one back to what was measured. */
export type SoundChanges = { [Name in keyof PersonValues]?: PersonValues[Name] | null };
/** Fields of a proposal to set by hand: an empty text clears one, null leaves it to Phaze again. */
export interface ProposalChanges {
  kind?: ProposalKind | null;
  fields: Partial<Record<FieldName, string | null>>;
}
export type {
  Analysis,
  AnalysisWindow,
  AuditItem,
  BatchItem,
  EditedReply,
  FileItem,
  FileMatches,
  KeptRuleItem,
  LlmReply,
  PlanReply,
  ProposalItem,
  Stats,
  TemplatePreview,
  TemplatesReply,
  UndoReply,
};

export interface Page<T> {
  items: T[];
  total: number;
  page: number;
  page_size: number;
}

export interface BulkFilter {
  status?: ProposalItem["status"];
  kind?: ProposalItem["kind"];
  minConfidence?: number;
  changed?: boolean;
  q?: string;
}
export interface BulkReply {
  decided: number;
  conflicts: number[];
  notFound: number[];
}

export interface Preview {
  root: string;
  total: number;
  directories: { path: string; files: { proposalId: number; name: string; source: string; sizeBytes: number }[] }[];
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A call that failed, in words that can be shown. `status` 0: Phaze did not answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly title: string;
  constructor(status: number, title: string, detail?: string) {
    super(detail ?? "");
    this.status = status;
    this.title = title;
  }
}

interface CallOptions {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  timeoutMs?: number;
}

const usualTimeoutMs = 30_000;
/** Plans look at every file on disk, and a bulk decision may touch 200,000 rows. */
const longTimeoutMs = 600_000;

const toQuery = (query: Query = {}) => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return given.length > 0 ? `?${new URLSearchParams(given.map(([name, value]) => [name, `${value}`]))}` : "";
};

async function toError(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => null)) as { title?: unknown; detail?: unknown } | null;
  const title = typeof problem?.title === "string" ? problem.title : `Phaze answered with status ${response.status}`;
  return new ApiError(response.status, title, typeof problem?.detail === "string" ? problem.detail : undefined);
}

const silence = (error: unknown) => {
  if ((error as Error).name === "TimeoutError")
    return new ApiError(0, "Phaze takes too long to answer", "It may be busy. Try again in a moment.");
  return new ApiError(0, "Phaze does not answer", "Is it still running, and is this device connected to it?");
};

/** Calls below `base`; a call without a session goes to `onSignedOut`. */
export function makeCall(base: string, onSignedOut: () => void) {
  return async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const { query, body, signal, timeoutMs = usualTimeoutMs } = options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const init: RequestInit = {
      method,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      headers: { accept: "application/json" },
    };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { accept: "application/json", "content-type": "application/json" };
    }
    try {
      const response = await fetch(`${base}${path}${toQuery(query)}`, init);
      if (response.ok) return (await response.json()) as T;
      if (response.status === 401) onSignedOut();
      throw await toError(response);
    } catch (error) {
      if (error instanceof ApiError || signal?.aborted) throw error;
      throw silence(error);
    }
  };
}

export function makeApi(base: string, onSignedOut: () => void) {
  const call = makeCall(base, onSignedOut);
  return {
    stats: (signal?: AbortSignal) => call<Stats>("GET", "/pipeline/stats", { ...(signal && { signal }) }),
    scan: () => call<Scan>("POST", "/api/v1/scan", { body: {} }),
    setPaused: (paused: boolean) => call<{ paused: boolean }>("POST", paused ? "/pipeline/pause" : "/pipeline/resume"),
    proposals: (query: Query, signal?: AbortSignal) =>
      call<Page<ProposalItem>>("GET", "/proposals/", { query, ...(signal && { signal }) }),
    proposal: (id: number) => call<ProposalItem>("GET", `/proposals/${id}/detail`),
    decide: (id: number, decision: Decision, version: number) =>
      call<ProposalItem>("PATCH", `/proposals/${id}/${decision}`, { body: { version } }),
    editProposal: (id: number, version: number, changes: ProposalChanges, learn: boolean) =>
      call<EditedReply>("PATCH", `/proposals/${id}/fields`, { body: { version, learn, ...changes } }),
    llm: (signal?: AbortSignal) => call<LlmReply>("GET", "/api/v1/llm", { ...(signal && { signal }) }),
    pullModel: (model: string) => call<unknown>("POST", "/api/v1/llm/pull", { body: { model } }),
    cancelPull: () => call<{ cancelled: boolean }>("POST", "/api/v1/llm/pull/cancel"),
    namingRules: (query: Query, signal?: AbortSignal) =>
      call<Page<KeptRuleItem>>("GET", "/api/v1/naming/rules", { query, ...(signal && { signal }) }),
    setRule: (id: number, active: boolean) =>
      call<{ rule: KeptRuleItem; concerned: number }>("PATCH", `/api/v1/naming/rules/${id}`, { body: { active } }),
    decideThese: (action: Decision, items: readonly { id: number; version: number }[]) =>
      call<BulkReply>("PATCH", "/proposals/bulk", {
        body: {
          action,
          ids: items.map(({ id }) => id),
          versions: Object.fromEntries(items.map(({ id, version }) => [id, version])),
        },
        timeoutMs: longTimeoutMs,
      }),
    takeBack: (ids: readonly number[]) =>
      call<BulkReply>("PATCH", "/proposals/bulk", { body: { action: "undo", ids }, timeoutMs: longTimeoutMs }),
    decideAll: (action: Decision, filter: BulkFilter) =>
      call<BulkReply>("PATCH", "/proposals/bulk", { body: { action, all: true, filter }, timeoutMs: longTimeoutMs }),
    plan: (signal?: AbortSignal) =>
      call<PlanReply>("POST", "/execution/start", {
        body: { dryRun: true },
        timeoutMs: longTimeoutMs,
        ...(signal && { signal }),
      }),
    apply: (ids: readonly number[] | undefined) =>
      call<PlanReply>("POST", "/execution/start", { body: ids ? { ids } : {}, timeoutMs: longTimeoutMs }),
    batches: (query: Query, signal?: AbortSignal) =>
      call<Page<BatchItem>>("GET", "/execution/", { query, ...(signal && { signal }) }),
    operations: (batchId: number, query: Query, signal?: AbortSignal) =>
      call<Page<Operation>>("GET", `/execution/${batchId}/operations`, { query, ...(signal && { signal }) }),
    planUndo: (id: number, signal?: AbortSignal) =>
      call<UndoReply>("POST", `/execution/${id}/undo`, {
        body: { dryRun: true },
        timeoutMs: longTimeoutMs,
        ...(signal && { signal }),
      }),
    undo: (id: number) => call<UndoReply>("POST", `/execution/${id}/undo`, { body: {}, timeoutMs: longTimeoutMs }),
    audit: (query: Query, signal?: AbortSignal) =>
      call<Page<AuditItem>>("GET", "/audit/", { query, ...(signal && { signal }) }),
    preview: (signal?: AbortSignal) => call<Preview>("GET", "/preview/", { ...(signal && { signal }) }),
    files: (query: Query, signal?: AbortSignal) =>
      call<Page<FileItem>>("GET", "/api/v1/files", { query, ...(signal && { signal }) }),
    file: (id: number, signal?: AbortSignal) =>
      call<FileDetail>("GET", `/api/v1/files/${id}`, { ...(signal && { signal }) }),
    analysis: (id: number, signal?: AbortSignal) =>
      call<Analysis>("GET", `/api/v1/files/${id}/analysis`, { ...(signal && { signal }) }),
    matches: (id: number, signal?: AbortSignal) =>
      call<FileMatches>("GET", `/api/v1/files/${id}/matches`, { ...(signal && { signal }) }),
    setAnalysis: (id: number, changes: SoundChanges) =>
      call<Analysis>("PATCH", `/api/v1/files/${id}/analysis`, { body: changes }),
    analyze: (fileId: number, stages: readonly string[]) =>
      call<{ queued: number }>("POST", "/api/v1/analyze", {
        body: { fileIds: [fileId], ...(stages.length > 0 && { stages }) },
      }),
    templates: (signal?: AbortSignal) =>
      call<TemplatesReply>("GET", "/api/v1/naming/templates", { ...(signal && { signal }) }),
    saveTemplates: (changes: TemplateChanges) =>
      call<TemplatesSaved>("PUT", "/api/v1/naming/templates", { body: changes }),
    previewTemplates: (changes: TemplateChanges, signal?: AbortSignal) =>
      call<PreviewReply>("POST", "/api/v1/naming/templates/preview", { body: changes, ...(signal && { signal }) }),
    audioUrl: (fileId: number) => `${base}/api/v1/files/${fileId}/audio`,
    progressUrl: (batchId: number) => `${base}/execution/progress/${batchId}`,
    eventsUrl: (lastId: string) => `${base}/api/v1/events${toQuery({ last_event_id: lastId })}`,
  };
}
export type Api = ReturnType<typeof makeApi>;
