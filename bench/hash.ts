import { join } from "node:path";
import { hashFile } from "../daemon/stages/hash.ts";
import { type BenchOptions, inFolder, program, seconds, verdict } from "./support.ts";

const fileMb = 512;

/** The hash stage against `sha256sum` on the same file out of the page cache. */
export async function benchHash({ signal, print }: BenchOptions) {
  return inFolder("hash", async (folder) => {
    const path = join(folder, "set.flac");
    await program(["dd", "if=/dev/urandom", `of=${path}`, "bs=1M", `count=${fileMb}`, "status=none"]);
    const peer: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < 3; round++) {
      peer.push(await seconds(() => program(["sha256sum", path])));
      ours.push(await seconds(() => hashFile(path, { progress() {} }, signal)));
    }
    const [peerRate, rate] = [fileMb / Math.min(...peer), fileMb / Math.min(...ours)];
    print(`sha256sum ${peerRate.toFixed(0)} MB/s, phaze ${rate.toFixed(0)} MB/s (MB = 2^20 bytes, best of 3)`);
    print(verdict("hashing / sha256sum", rate / peerRate, "×", 0.8, false));
    return { peerRate, rate };
  });
}
