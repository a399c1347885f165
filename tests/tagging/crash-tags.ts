// Writes tags, or takes a batch back, in a process of its own, and kills itself with SIGKILL at a step of the journal.
import { join } from "node:path";
import { makeTagger } from "../../daemon/tagging/tagger.ts";
import { everything, tagDeps } from "./bench.ts";

const [folder = "", step = "", undoBatch = ""] = process.argv.slice(2);
const deps = tagDeps(folder, {
  roots: [join(folder, "library")],
  checkpoint(name) {
    if (name === step) process.kill(process.pid, "SIGKILL");
  },
});
const tagger = makeTagger(deps);
const started = await (undoBatch
  ? tagger.undo(Number(undoBatch), "tester")
  : tagger.write(undefined, everything, "tester"));
await started.done;
// Reached only when the step never came.
process.exit(42);
