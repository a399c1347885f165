// Applies or undoes in a process of its own and kills itself with SIGKILL at the Nth journal step of a name.
import { durably } from "../../daemon/db/open.ts";
import { insertBatch } from "../../daemon/db/operations.ts";
import { proposalIds } from "../../daemon/db/proposal-list.ts";
import { getProposal } from "../../daemon/db/proposals.ts";
import { runBatch } from "../../daemon/rename/execute.ts";
import { makePlan } from "../../daemon/rename/plan.ts";
import { makeSpace } from "../../daemon/rename/preflight.ts";
import { planUndo } from "../../daemon/rename/undo.ts";
import { moveDeps } from "./rename-world.ts";

const [databasePath = "", output = "", step = "", nth = "1", undoBatch = ""] = process.argv.slice(2);
let left = Number(nth);
const deps = moveDeps(databasePath, {
  checkpoint(name) {
    if (name === step && --left === 0) process.kill(process.pid, "SIGKILL");
  },
});
const { db } = deps;
const undoOf = undoBatch ? Number(undoBatch) : null;
const proposals = proposalIds(db, { status: "approved" }, 1000).flatMap((id) => getProposal(db, id) ?? []);
const plan = undoOf === null ? await makePlan(db, output, proposals, makeSpace()) : await planUndo(db, undoOf);
const kind = undoOf === null ? "apply" : "undo";
const id = durably(db, () => insertBatch(db, { kind, undoOf, createdAt: Date.now() }, plan.operations));
await runBatch(deps, id, new AbortController().signal);
// Reached only when the step never came.
process.exit(42);
