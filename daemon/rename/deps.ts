import type { Db } from "../db/open.ts";
import type { Events } from "../events.ts";
import type { Log } from "../log.ts";
import type { Libc } from "./libc.ts";

/** What moving files needs. */
export interface MoveDeps {
  db: Db;
  libc: Libc;
  events: Events;
  log: Log;
  now: () => number;
  /** Who asked for it, for the audit trail. */
  actor: string;
  /** Called after each step of the journal; tests stop the process in it. */
  checkpoint?: (step: string) => void;
}
