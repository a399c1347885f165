import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

const source = "front-end.as.ts";
const options = ["--optimizeLevel", "3", "--converge", "--runtime", "stub", "--enable", "simd", "--noAssert"];

/** Compiles the front end: the text of `wasm.ts`. The same source gives the same bytes. Throws with what the compiler says. */
export async function buildFrontEnd(): Promise<string> {
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main([source, "--outFile", "out.wasm", "--initialMemory", "8", ...options], {
    readFile: (name) => (name === source ? readFileSync(join(import.meta.dir, source), "utf8") : null),
    writeFile: (_name, contents) => {
      wasm = contents as Uint8Array;
    },
  });
  if (error || !wasm) throw new Error(`${error?.message ?? "nothing came out"}\n${stderr.toString()}`);
  const text = Buffer.from(wasm).toString("base64");
  return `/** \`front-end.as.ts\`, compiled by \`build.ts\` (a test compares them). WebAssembly with SIMD, as base64. */\nexport const wasm =\n  "${text}";\n`;
}

if (import.meta.main) writeFileSync(join(import.meta.dir, "wasm.ts"), await buildFrontEnd());
