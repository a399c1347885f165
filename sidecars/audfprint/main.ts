import { serveSidecar } from "../lib/server/serve.ts";
import { audfprint } from "./engine.ts";

await serveSidecar(audfprint, { port: 8001 });
