import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createRoute, z } from "@hono/zod-openapi";
import { fileDetailSchema, fileSchema, idParam, pageOf, pageQuery } from "../../contract/api.ts";
import { fileKinds } from "../../contract/kinds.ts";
import { fileStates } from "../../contract/states.ts";
import { getAnalysis } from "../../db/analysis.ts";
import { companionsOf } from "../../db/companions.ts";
import { getFileItem, listFiles, searchFiles } from "../../db/file-list.ts";
import { getFile, rawPathOf } from "../../db/files.ts";
import { getMetadata } from "../../db/metadata.ts";
import { proposalOfFile } from "../../db/proposals.ts";
import { runsOfFile } from "../../db/runs.ts";
import { factsOf } from "../../rename/disk.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { fails, json } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";
import { toProposalItem } from "./proposals.ts";

const mimeTypes: Record<string, string> = {
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  flac: "audio/flac",
  wav: "audio/wav",
  aiff: "audio/aiff",
  wma: "audio/x-ms-wma",
  aac: "audio/aac",
  mp4: "video/mp4",
  mkv: "video/x-matroska",
  webm: "video/webm",
  mov: "video/quicktime",
  avi: "video/x-msvideo",
  wmv: "video/x-ms-wmv",
  flv: "video/x-flv",
};

/** The byte range a request asks for: [first, last], null for all, "bad" when it lies outside. */
export function parseRange(header: string | undefined, size: number): [number, number] | null | "bad" {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const first = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = match[1] === "" || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  return first > last || first >= size ? "bad" : [first, last];
}

const list = createRoute({
  method: "get",
  path: "/api/v1/files",
  tags: ["Files"],
  summary: "Files of the library",
  request: {
    query: pageQuery.extend({
      kind: z.enum([...fileKinds, "media"]).optional(),
      state: z.enum(fileStates).optional(),
      missing: z.stringbool().optional().openapi({ type: "boolean" }),
      q: z.string().max(500).optional().openapi({ description: "Words of path, artist, title, album" }),
      sort: z.enum(["path", "-path", "size", "-size", "added", "-added"]).default("path"),
    }),
  },
  responses: { 200: json(pageOf(fileSchema), "A page of files"), 400: fails("Bad query") },
});

const search = createRoute({
  method: "get",
  path: "/api/v1/search",
  tags: ["Files"],
  summary: "Search media files by words, the newest first",
  request: { query: pageQuery.extend({ q: z.string().min(1).max(500) }) },
  responses: { 200: json(pageOf(fileSchema), "A page of files"), 400: fails("Bad query") },
});

const detail = createRoute({
  method: "get",
  path: "/api/v1/files/{id}",
  tags: ["Files"],
  summary: "All that is known of a file",
  request: { params: idParam },
  responses: { 200: json(fileDetailSchema, "The file"), 404: fails("No such file") },
});

const audio = createRoute({
  method: "get",
  path: "/api/v1/files/{id}/audio",
  tags: ["Files"],
  summary: "The file itself, for listening; byte ranges are served",
  request: { params: idParam },
  responses: {
    200: { description: "The whole file" },
    206: { description: "A range" },
    404: fails("Not there"),
    416: fails("No such range"),
  },
});

export function fileRoutes({ db, config }: AppDeps) {
  return makeRoutes()
    .openapi(list, (c) => {
      const { page, page_size, sort, q, ...filter } = c.req.valid("query");
      const result = listFiles(
        db,
        { ...filter, search: q },
        {
          sort: sort.replace("-", "") as "path",
          descending: sort.startsWith("-"),
          limit: page_size,
          offset: (page - 1) * page_size,
        },
      );
      return c.json({ ...result, page, page_size }, 200);
    })
    .openapi(search, (c) => {
      const { page, page_size, q } = c.req.valid("query");
      return c.json({ ...searchFiles(db, q, page_size, (page - 1) * page_size), page, page_size }, 200);
    })
    .openapi(detail, (c) => {
      const { id } = c.req.valid("param");
      const item = getFileItem(db, id);
      if (!item) throw new HttpProblem(404, "No such file");
      const proposal = proposalOfFile(db, id);
      const companions = companionsOf(db, id).map(({ id: companionId, name, basis, sizeBytes }) => ({
        id: companionId,
        name,
        basis,
        sizeBytes,
      }));
      const runs = runsOfFile(db, id);
      const { windows: _series, ...analysis } = getAnalysis(db, id) ?? {};
      return c.json(
        {
          ...item,
          metadata: getMetadata(db, id),
          analysis: Object.keys(analysis).length > 0 ? analysis : null,
          runs,
          proposal: proposal && toProposalItem(proposal, config.outputPath),
          companions,
        },
        200,
      );
    })
    .openapi(audio, async (c) => {
      const file = getFile(db, c.req.valid("param").id);
      if (!file || file.kind === "companion") throw new HttpProblem(404, "No such media file");
      const path = rawPathOf(file);
      const facts = await factsOf(path).catch(() => null);
      if (!facts)
        throw new HttpProblem(404, "The file is not there", `${file.path} cannot be read: is its disk mounted?`);
      const range = parseRange(c.req.header("range"), facts.sizeBytes);
      const type = mimeTypes[file.extension] ?? "application/octet-stream";
      const headers = { "accept-ranges": "bytes", "content-type": type, "cache-control": "private, no-cache" };
      if (range === "bad") {
        c.header("content-range", `bytes */${facts.sizeBytes}`);
        throw new HttpProblem(416, "No such range");
      }
      const [first, last] = range ?? [0, facts.sizeBytes - 1];
      const length = { "content-length": `${facts.sizeBytes === 0 ? 0 : last - first + 1}` };
      // No file is opened for one who only asks about it.
      if (c.req.method === "HEAD") return c.body(null, 200, { ...headers, ...length });
      const stream = createReadStream(path as string, { start: first, end: Math.max(first, last) });
      const body = facts.sizeBytes === 0 ? "" : (Readable.toWeb(stream) as unknown as ReadableStream);
      if (facts.sizeBytes === 0) stream.destroy();
      if (!range) return c.body(body, 200, { ...headers, ...length });
      return c.body(body, 206, { ...headers, ...length, "content-range": `bytes ${first}-${last}/${facts.sizeBytes}` });
    });
}
