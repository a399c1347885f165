import type { AuditItem, FileItem, ProposalItem, Stats } from "../contract/api.ts";
import { type Command, type CommandInput, type OptionSpec, wholeNumber } from "./command.ts";
import { printJson, withClient } from "./review.ts";
import { showBytes, showTime, table } from "./table.ts";

interface Page<T> {
  items: T[];
  total: number;
  page: number;
  page_size: number;
}

const paging: Record<string, OptionSpec> = {
  page: { type: "string", value: "N", help: "Page, from 1" },
  "page-size": { type: "string", value: "N", help: "Items on a page (50; at most 200)" },
};

/** A command that lists one of the API's lists with the API's filters. */
function listCommand<T>(spec: {
  name: string;
  summary: string;
  path: string;
  options: Record<string, OptionSpec>;
  header: string[];
  row: (item: T) => string[];
}): Command {
  const options = { ...spec.options, ...paging };
  return {
    name: spec.name,
    summary: spec.summary,
    usage: "",
    options,
    async run(input: CommandInput) {
      const query = new URLSearchParams();
      for (const name of Object.keys(options)) {
        const value = input.flags[name];
        if (value !== undefined) query.set(name.replaceAll("-", "_"), `${value}`);
      }
      wholeNumber(input.flags.page, "--page");
      const page = await withClient(input, { work: false }, (client) =>
        client.call<Page<T>>("GET", `${spec.path}?${query}`),
      );
      if (input.json) printJson(input.io, page);
      else {
        if (page.items.length > 0) input.io.out(`${table(spec.header, page.items.map(spec.row))}\n`);
        const first = (page.page - 1) * page.page_size;
        input.io.out(
          page.total === 0 ? "Nothing matches.\n" : `${first + 1}–${first + page.items.length} of ${page.total}\n`,
        );
      }
      return 0;
    },
  };
}

const text = (help: string, value: string): OptionSpec => ({ type: "string", help, value });

export const files = listCommand<FileItem>({
  name: "files",
  summary: "List files",
  path: "/api/v1/files",
  options: {
    kind: text("music, video, companion or media", "KIND"),
    state: text("Such as PROPOSAL_GENERATED or FAILED", "STATE"),
    missing: text("true: only missing ones; false: only those that are there", "BOOL"),
    q: text("Words to search for", "WORDS"),
    sort: text("path, size or added; with - the other way round", "ORDER"),
  },
  header: ["ID", "STATE", "SIZE", "PATH"],
  row: (file) => [
    `${file.id}`,
    file.missing ? "MISSING" : (file.state ?? file.kind),
    showBytes(file.sizeBytes),
    file.path,
  ],
});

export const proposals = listCommand<ProposalItem>({
  name: "proposals",
  summary: "List proposals",
  path: "/proposals/",
  options: {
    status: text("pending, approved, rejected or executed", "STATUS"),
    kind: text("track, set or other", "KIND"),
    "min-confidence": text("Only those at least this sure (0 to 1)", "X"),
    changed: text("true: only those that would move a file", "BOOL"),
    q: text("Words to search for", "WORDS"),
    sort: text("id, confidence, path or destination; with - the other way round", "ORDER"),
  },
  header: ["ID", "STATUS", "SURE", "FROM → TO"],
  row: (item) => [
    `${item.id}`,
    item.status,
    item.confidence.toFixed(2),
    item.unchanged
      ? `${item.path} (stays)`
      : `${item.path}\u2028→ ${item.directory}/${item.filename}`.replace("\u2028", " "),
  ],
});

export const audit = listCommand<AuditItem>({
  name: "audit",
  summary: "Show what was decided and done, the newest first",
  path: "/audit/",
  options: {
    action: text("Such as approve, move or restore", "ACTION"),
    "batch-id": text("Only this batch", "ID"),
    "file-id": text("Only this file", "ID"),
  },
  header: ["TIME (UTC)", "WHO", "WHAT", "FILE"],
  row: (entry) => [
    showTime(entry.at),
    entry.actor,
    entry.action,
    `${entry.source ?? ""}${entry.dest ? ` → ${entry.dest}` : ""}`,
  ],
});

export const status: Command = {
  name: "status",
  summary: "Counts per stage, queue, services",
  usage: "",
  async run(input) {
    const { io } = input;
    const stats = await withClient(input, { work: false }, (client) => client.call<Stats>("GET", "/pipeline/stats"));
    if (input.json) {
      printJson(io, stats);
      return 0;
    }
    const kinds = Object.entries(stats.files).map(([kind, n]) => `${n} ${kind}`);
    io.out(
      `Library  ${stats.library}\nOutput   ${stats.output}\nFiles    ${kinds.join(", ") || "none yet"} (${showBytes(stats.bytes)}), ${stats.missing} missing\n`,
    );
    if (stats.scan)
      io.out(
        `Scan     ${stats.scan.status}, ${stats.scan.files.seen} files seen${stats.scan.error ? `: ${stats.scan.error}` : ""}\n`,
      );
    io.out(
      `Pipeline ${stats.paused ? "paused" : "working"}, ${stats.running.length} running, ${stats.settling} files not still yet\n\n`,
    );
    const rows = stats.stages.map((stage) => [
      stage.name,
      ...[stage.pending, stage.running, stage.done, stage.failed, stage.skipped].map(String),
      stage.waitingFor ?? "",
    ]);
    io.out(`${table(["STAGE", "PENDING", "RUNNING", "DONE", "FAILED", "SKIPPED", "WAITS FOR"], rows)}\n\n`);
    io.out(
      `Proposals ${
        Object.entries(stats.proposals)
          .map(([name, n]) => `${n} ${name}`)
          .join(", ") || "none yet"
      }\n`,
    );
    for (const service of stats.services)
      io.out(
        `${service.ok ? "✓" : "–"} ${service.name}: ${service.detail}${service.cost ? `. ${service.cost}. ${service.remedy}` : ""}\n`,
      );
    return 0;
  },
};
