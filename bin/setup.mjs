#!/usr/bin/env node
// `npm run setup`: installs what is missing and prints the path of Bun. With arguments, runs Bun with them instead,
// for tools of the package.json scripts on machines that have no Bun of their own.
import { ensureBun, ensurePackages, root, run } from "./bootstrap.mjs";

const args = process.argv.slice(2);
const bun = ensureBun();
ensurePackages(bun, false);
if (args.length > 0) process.exitCode = await run(bun, args, { cwd: root });
else process.stdout.write(`${bun}\n`);
