#!/usr/bin/env node
// `phaze COMMAND`: makes sure that Bun and the packages are there, then hands over to the command line in TypeScript.
import { join } from "node:path";
import { ensureBun, ensurePackages, root, run } from "./bootstrap.mjs";

const bun = ensureBun();
ensurePackages(bun, true);
process.exitCode = await run(bun, [join(root, "daemon", "cli.ts"), ...process.argv.slice(2)]);
