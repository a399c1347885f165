import { serveSidecar } from "../lib/server/serve.ts";
import { panako } from "./engine.ts";

await serveSidecar(panako, { port: 8002 });
