import { createRoute, z } from "@hono/zod-openapi";
import {
  editedSchema,
  idParam,
  type ProposalItem,
  pageOf,
  pageQuery,
  proposalEditSchema,
  proposalItemSchema,
} from "../../contract/api.ts";
import { proposalKinds } from "../../contract/fields.ts";
import { proposalStatuses } from "../../contract/states.ts";
import { listProposals, proposalIds } from "../../db/proposal-list.ts";
import { type Decision, decide, getProposal, type Proposal } from "../../db/proposals.ts";
import { destinationOf } from "../../rename/plan.ts";
import { type AppDeps, makeRoutes } from "../deps.ts";
import { editProposal } from "../edit-proposal.ts";
import { fails, json, jsonBody } from "../openapi.ts";
import { HttpProblem } from "../problem.ts";

export function toProposalItem(proposal: Proposal, outputPath: string): ProposalItem {
  const destination = proposal.unchanged ? proposal.path : destinationOf(outputPath, proposal);
  return { ...proposal, destination };
}

const filterShape = {
  status: z.enum(proposalStatuses).optional(),
  kind: z.enum(proposalKinds).optional(),
  min_confidence: z.coerce.number().min(0).max(1).optional(),
  changed: z
    .stringbool()
    .optional()
    .openapi({ type: "boolean", description: "Only those that would (or would not) move a file" }),
  q: z.string().max(500).optional(),
};

const list = createRoute({
  method: "get",
  path: "/proposals/",
  tags: ["Proposals"],
  summary: "Proposals with their evidence",
  request: {
    query: pageQuery.extend({
      ...filterShape,
      sort: z
        .enum(["id", "-id", "confidence", "-confidence", "path", "-path", "destination", "-destination"])
        .default("id"),
    }),
  },
  responses: { 200: json(pageOf(proposalItemSchema), "A page of proposals"), 400: fails("Bad query") },
});

const detail = createRoute({
  method: "get",
  path: "/proposals/{id}/detail",
  tags: ["Proposals"],
  summary: "One proposal with its evidence",
  request: { params: idParam },
  responses: { 200: json(proposalItemSchema, "The proposal"), 404: fails("No such proposal") },
});

const decisionRoute = (action: Decision, summary: string) =>
  createRoute({
    method: "patch",
    path: `/proposals/{id}/${action}`,
    tags: ["Proposals"],
    summary,
    request: { params: idParam, ...jsonBody(z.object({ version: z.number().int().positive().optional() })) },
    responses: {
      200: json(proposalItemSchema, "The proposal as it is now"),
      404: fails("No such proposal"),
      409: fails("The proposal has changed since it was shown, or was executed"),
    },
  });

const edit = createRoute({
  method: "patch",
  path: "/proposals/{id}/fields",
  tags: ["Proposals"],
  summary: "Change fields of a proposal by hand",
  description: "What is changed wins over all evidence from then on. Phaze learns from it for like files.",
  request: { params: idParam, ...jsonBody(proposalEditSchema) },
  responses: {
    200: json(editedSchema, "The proposal as it is now, and what was learned"),
    400: fails("Nothing was changed, or a value does not fit"),
    404: fails("No such proposal"),
    409: fails("The proposal has changed since it was shown, or was executed"),
  },
});

const bulk = createRoute({
  method: "patch",
  path: "/proposals/bulk",
  tags: ["Proposals"],
  summary: "Decide on many proposals",
  description:
    "Either `ids`, or `all` with filters (by default the pending ones). What has changed meanwhile is passed over and counted.",
  request: jsonBody(
    z.object({
      action: z.enum(["approve", "reject", "undo"]),
      ids: z.array(z.number().int().positive()).max(10_000).optional(),
      versions: z
        .record(z.string(), z.number().int().positive())
        .optional()
        .openapi({ description: "Expected version by id" }),
      all: z.boolean().optional(),
      filter: z
        .object({
          status: z.enum(proposalStatuses).optional(),
          kind: z.enum(proposalKinds).optional(),
          minConfidence: z.number().min(0).max(1).optional(),
          changed: z.boolean().optional(),
          q: z.string().max(500).optional(),
        })
        .optional(),
    }),
  ),
  responses: {
    200: json(
      z.object({
        decided: z.number().int(),
        conflicts: z.array(z.number().int()),
        notFound: z.array(z.number().int()),
      }),
      "What was decided",
    ),
    400: fails("Neither ids nor all"),
  },
});

/** Why a proposal was not touched, as a problem. */
function refusal(reason: "not found" | "conflict" | "executed"): HttpProblem {
  if (reason === "not found") return new HttpProblem(404, "No such proposal");
  if (reason === "executed")
    return new HttpProblem(409, "Already executed", "The file has been moved: undo its batch instead");
  return new HttpProblem(409, "The proposal has changed", "It is another version now: look at it again");
}

/** Decides and answers with the proposal, or throws the problem. */
function decideOne(
  { db, config, now, events, scheduler }: AppDeps,
  id: number,
  action: Decision,
  version: number | undefined,
  actor: string,
): ProposalItem {
  const result = decide(db, id, action, { version, actor, now: now() });
  if (!result.ok) throw refusal(result.reason);
  if (action === "undo") scheduler.wake();
  events.emit("proposal", { id, status: result.proposal.status, version: result.proposal.version });
  return toProposalItem(result.proposal, config.outputPath);
}

const perTurn = 500;

async function decideMany(
  deps: AppDeps,
  ids: readonly number[],
  action: Decision,
  versions: Record<string, number>,
  actor: string,
) {
  const reply = { decided: 0, conflicts: [] as number[], notFound: [] as number[] };
  for (let at = 0; at < ids.length; at += perTurn) {
    deps.db.transaction(() => {
      for (const id of ids.slice(at, at + perTurn)) {
        const result = decide(deps.db, id, action, { version: versions[id], actor, now: deps.now() });
        if (result.ok) reply.decided++;
        else if (result.reason === "not found") reply.notFound.push(id);
        else reply.conflicts.push(id);
      }
    })();
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (action === "undo") deps.scheduler.wake();
  deps.events.emit("proposal", { bulk: action, decided: reply.decided });
  return reply;
}

export function proposalRoutes(deps: AppDeps) {
  const { db, config } = deps;
  return makeRoutes()
    .openapi(list, (c) => {
      const { page, page_size, sort, q, min_confidence, ...filter } = c.req.valid("query");
      const result = listProposals(
        db,
        { ...filter, minConfidence: min_confidence, search: q },
        {
          sort: sort.replace("-", "") as "id",
          descending: sort.startsWith("-"),
          limit: page_size,
          offset: (page - 1) * page_size,
        },
      );
      const items = result.items.map((proposal) => toProposalItem(proposal, config.outputPath));
      return c.json({ items, total: result.total, page, page_size }, 200);
    })
    .openapi(detail, (c) => {
      const proposal = getProposal(db, c.req.valid("param").id);
      if (!proposal) throw new HttpProblem(404, "No such proposal");
      return c.json(toProposalItem(proposal, config.outputPath), 200);
    })
    .openapi(bulk, async (c) => {
      const { action, ids, versions, all, filter } = c.req.valid("json");
      if (!ids && !all) throw new HttpProblem(400, "Say which", "Send ids, or all: true with a filter");
      const { q, ...rest } = filter ?? {};
      const from = action === "undo" ? "approved" : "pending";
      const chosen = ids ?? proposalIds(db, { status: from, ...rest, search: q }, 1_000_000);
      return c.json(await decideMany(deps, chosen, action, versions ?? {}, c.get("actor")), 200);
    })
    .openapi(edit, async (c) => {
      const { id } = c.req.valid("param");
      const { version, kind, fields, learn } = c.req.valid("json");
      const changes = { ...fields, ...(kind === undefined ? {} : { kind }) };
      if (Object.keys(changes).length === 0) throw new HttpProblem(400, "Nothing to change", "Send a kind or fields");
      const result = await editProposal(deps, id, changes, { version, learn, actor: c.get("actor") });
      if (!result.ok) throw refusal(result.reason);
      const { proposal, learned, concerned } = result;
      deps.events.emit("proposal", { id, status: proposal.status, version: proposal.version });
      return c.json({ proposal: toProposalItem(proposal, config.outputPath), learned, concerned }, 200);
    })
    .openapi(decisionRoute("approve", "Approve a proposal"), (c) => {
      return c.json(
        decideOne(deps, c.req.valid("param").id, "approve", c.req.valid("json")?.version, c.get("actor")),
        200,
      );
    })
    .openapi(decisionRoute("reject", "Reject a proposal"), (c) => {
      return c.json(
        decideOne(deps, c.req.valid("param").id, "reject", c.req.valid("json")?.version, c.get("actor")),
        200,
      );
    })
    .openapi(decisionRoute("undo", "Take a decision back"), (c) => {
      return c.json(
        decideOne(deps, c.req.valid("param").id, "undo", c.req.valid("json")?.version, c.get("actor")),
        200,
      );
    });
}
