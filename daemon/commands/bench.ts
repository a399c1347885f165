import { resolve } from "node:path";
import { type Command, UsageError } from "./command.ts";
import { printJson } from "./review.ts";

/** The benchmarks of BENCHMARKS.md, by name. Loaded on demand: they are not part of the daemon. */
const benches = {
  scan: async () => (await import("../../bench/scan.ts")).benchScan,
  tags: async () => (await import("../../bench/tags.ts")).benchTags,
  hash: async () => (await import("../../bench/hash.ts")).benchHash,
  apply: async () => (await import("../../bench/apply.ts")).benchApply,
  api: async () => (await import("../../bench/api.ts")).benchApi,
  accuracy: async () => (await import("../../bench/accuracy.ts")).benchAccuracy,
  "set-curve": async () => (await import("../../bench/set-curve.ts")).benchSetCurve,
  analyze: async () => (await import("../../bench/analyze.ts")).benchAnalyze,
  fingerprint: async () => (await import("../../bench/fingerprint.ts")).benchFingerprint,
  "fingerprint-calibrate": async () => (await import("../../bench/fingerprint-calibrate.ts")).benchFingerprintCalibrate,
  "fingerprint-front-end": async () => (await import("../../bench/fingerprint-front-end.ts")).benchFingerprintFrontEnd,
  "fingerprint-pictures": async () => (await import("../../bench/fingerprint-pictures.ts")).benchFingerprintPictures,
  "fingerprint-scale": async () => (await import("../../bench/fingerprint-scale.ts")).benchFingerprintScale,
  naming: async () => (await import("../../bench/naming.ts")).benchNaming,
} as const;

export const bench: Command = {
  name: "bench",
  summary: "Measure, in one run with a peer where there is one",
  usage: `${Object.keys(benches).join(" | ")} [FILE…]`,
  words: [1, 1000],
  options: {
    benchmark: { type: "string", value: "DIR", help: "Folder of a fingerprint benchmark" },
    results: { type: "string", value: "FILE", help: "Where its results go, or come from" },
  },
  async run({ words, io, json, config, flags }) {
    const load = benches[words[0] as keyof typeof benches];
    if (!load) throw new UsageError(`There are: ${Object.keys(benches).join(", ")}`);
    const run = await load();
    const result = await run({
      signal: io.signal,
      files: words.slice(1).map((file) => resolve(io.cwd, file)),
      config: config(),
      ...(typeof flags.benchmark === "string" ? { benchmark: resolve(io.cwd, flags.benchmark) } : {}),
      ...(typeof flags.results === "string" ? { results: resolve(io.cwd, flags.results) } : {}),
      print: (line: string) => (json ? io.err(`${line}\n`) : io.out(`${line}\n`)),
    });
    if (json) printJson(io, result);
    return 0;
  },
};
