import { openStore, type Store } from "../../sidecars/lib/store/store.ts";
import { panako } from "../../sidecars/panako/engine.ts";
import { makeRandom, randomPeaks } from "./support.ts";

/** Works on a store until it is killed, and says after each change what is true from now on. */
const [folder = "", seed = "1"] = process.argv.slice(2);
const random = makeRandom(Number(seed));
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
const store: Store = openStore(folder, panako);
for (;;) {
  const id = Math.floor(random() * 30);
  const choice = random();
  if (choice < 0.6) {
    const made = Math.floor(random() * 1e6);
    say({ begins: id });
    const [hashes] = store.add([
      { id, durationSec: 10 + (made % 5), peaks: randomPeaks(makeRandom(made), 10 + (made % 5)) },
    ]);
    say({ stored: id, seed: made, hashes });
  } else if (choice < 0.8) {
    say({ begins: id });
    store.remove([id]);
    say({ removed: id });
  } else for (const _ of store.maintain(choice > 0.95));
}
