import { openDatabase } from "../../daemon/db/open.ts";
import { makeEvents } from "../../daemon/events.ts";
import { silentLog } from "../../daemon/log.ts";
import type { MoveDeps } from "../../daemon/rename/deps.ts";
import { openLibc } from "../../daemon/rename/libc.ts";

/** What the movers need, on a database of their own. */
export function moveDeps(databasePath: string, more: Partial<MoveDeps> = {}): MoveDeps {
  return {
    db: openDatabase(databasePath),
    libc: openLibc(),
    events: makeEvents(),
    log: silentLog,
    now: Date.now,
    actor: "test",
    ...more,
  };
}
