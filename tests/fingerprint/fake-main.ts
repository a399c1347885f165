import { parseArgs } from "node:util";
import { startFakeSidecar } from "./fake-sidecar.ts";

/**
 * The fake sidecar as a program, started as the real ones are. `--data` ends in the engine's name; a file "mood" in it says
 * how it behaves: "die" (at once), "mute" (never ready).
 */
const { values } = parseArgs({ options: { port: { type: "string" }, data: { type: "string" } } });
const folder = values.data ?? "";
const mood = await Bun.file(`${folder}/mood`)
  .text()
  .catch(() => "");
await Bun.write(
  `${folder}/starts`,
  `${await Bun.file(`${folder}/starts`)
    .text()
    .catch(() => "")}x`,
);
if (mood === "die") {
  process.stderr.write("the store is locked\n");
  process.exit(3);
}
const fake = startFakeSidecar(folder.endsWith("panako") ? "panako" : "audfprint");
if (mood !== "mute") process.stdout.write(`${JSON.stringify({ url: fake.url, pid: process.pid })}\n`);
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
