import { OpenAPIHono } from "@hono/zod-openapi";
import type { Config } from "../config.ts";
import type { LlmControl } from "../contract/llm.ts";
import type { ServiceStatus } from "../contract/service.ts";
import type { Db } from "../db/open.ts";
import type { Events } from "../events.ts";
import type { Sidecars } from "../fingerprint/sidecars.ts";
import type { Log } from "../log.ts";
import type { RulesOptions } from "../naming/rules.ts";
import type { Registry } from "../pipeline/registry.ts";
import type { Scheduler } from "../pipeline/scheduler.ts";
import type { Mover } from "../rename/mover.ts";
import type { Tagger } from "../tagging/tagger.ts";
import type { Scanner } from "../watch/scanner.ts";
import type { Auth } from "./auth.ts";
import { problem } from "./problem.ts";

/** What the API works on. */
export interface AppDeps {
  config: Config;
  library: string;
  db: Db;
  events: Events;
  log: Log;
  registry: Registry;
  scheduler: Scheduler;
  scanner: Scanner;
  mover: Mover;
  tagger: Tagger;
  sidecars: Sidecars;
  llm: LlmControl;
  auth: Auth;
  now: () => number;
  /** Templates and what a person has taught, as of now. */
  naming: () => RulesOptions;
  services: () => ServiceStatus[];
  settling: () => number;
  watchedFolders: () => number;
}

export interface AppEnv {
  Variables: { actor: string };
}

/** An app whose requests are checked against their schemas; what does not fit is answered as a problem. */
export function makeRoutes(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const errors = result.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
      return problem(
        c,
        400,
        "The request does not fit",
        errors.map((error) => `${error.path}: ${error.message}`).join("; "),
        errors,
      );
    },
  });
}
