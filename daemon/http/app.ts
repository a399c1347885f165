import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { type AppDeps, makeRoutes } from "./deps.ts";
import { type Panel, referencePage, signInPage } from "./panel.ts";
import { HttpProblem, problem } from "./problem.ts";
import { analysisRoutes } from "./routes/analysis.ts";
import { eventRoutes } from "./routes/events.ts";
import { executionRoutes } from "./routes/execution.ts";
import { fileRoutes } from "./routes/files.ts";
import { fingerprintRoutes } from "./routes/fingerprint.ts";
import { identifyPath, identifyRoutes } from "./routes/identify.ts";
import { llmRoutes } from "./routes/llm.ts";
import { namingRoutes } from "./routes/naming.ts";
import { namingRuleRoutes } from "./routes/naming-rules.ts";
import { pipelineRoutes } from "./routes/pipeline.ts";
import { proposalRoutes } from "./routes/proposals.ts";
import { systemRoutes } from "./routes/system.ts";
import { taggingRoutes } from "./routes/tagging.ts";

const pages = new Set(["/", "/pipeline", "/proposals", "/execution", "/audit", "/preview", "/files", "/naming"]);
const mostBodyBytes = 4 * 1024 * 1024;

const wantsPage = (c: Context) => c.req.method === "GET" && (c.req.header("accept") ?? "").includes("text/html");

function answerError(error: Error, c: Context, deps: AppDeps): Response {
  if (error instanceof HttpProblem) return problem(c, error.status, error.title, error.message, error.errors);
  if (error instanceof HTTPException) return problem(c, error.status, error.message || "The request does not fit");
  deps.log.error("request failed", {
    method: c.req.method,
    path: c.req.path,
    error: error.message,
    stack: error.stack,
  });
  return problem(c, 500, "Phaze made a mistake", "The log holds the details");
}

/** The whole HTTP side: panel, API, sign-in, reference. Serve it with `serveApp`. */
export function makeApp(deps: AppDeps, panel: Panel) {
  const { auth, config } = deps;
  const { PHAZE_BASE_PATH: basePath, PHAZE_FRAME_ANCESTORS: frameAncestors } = config.values;
  const app = makeRoutes();
  app.onError((error, c) => answerError(error, c, deps));
  app.notFound((c) =>
    problem(c, 404, "Nothing here", `${c.req.method} ${c.req.path} is not part of the API: see ${basePath}/docs`),
  );
  app.use(
    secureHeaders({
      xFrameOptions: false,
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: frameAncestors.split(/\s+/).filter(Boolean),
      },
    }),
  );
  const limit = bodyLimit({
    maxSize: mostBodyBytes,
    onError: (c) => problem(c, 413, "The request is too large", `At most ${mostBodyBytes} bytes`),
  });
  // Sound may be hours long: it is passed on as it comes, and never held.
  app.use((c, next) => (c.req.path === identifyPath ? next() : limit(c, next)));
  app.use(auth.guard);
  app.use(async (c, next) => {
    // Clients announce JSON and send nothing; that means the defaults.
    if (c.req.raw.body === null && c.req.header("content-type")) {
      const headers = new Headers(c.req.raw.headers);
      headers.delete("content-type");
      c.req.raw = new Request(c.req.raw, { headers });
    }
    return next();
  });
  app.use(async (c, next) => {
    if (wantsPage(c) && pages.has(c.req.path.replace(/\/$/, "") || "/"))
      return c.html(panel.html, 200, { "cache-control": "no-cache" });
    return next();
  });
  app.get("/assets/:name", (c) => {
    const asset = panel.assets.get(c.req.param("name"));
    if (!asset) return problem(c, 404, "Nothing here");
    return c.body(asset.body as Uint8Array<ArrayBuffer>, 200, {
      "content-type": asset.type,
      "cache-control": "no-cache",
    });
  });
  app.get("/sign-in", (c) => {
    const code = c.req.query("code");
    if (code !== undefined && auth.signIn(c, code)) return c.redirect(`${basePath}/`, 302);
    return c.html(
      signInPage(
        basePath,
        code === undefined ? "" : "This link is from an earlier start of Phaze. Use the newest one, or the token.",
      ),
      code === undefined ? 200 : 401,
    );
  });
  app.post("/sign-in", async (c) => {
    const token = (await c.req.parseBody()).token;
    if (typeof token === "string" && auth.signIn(c, token.trim())) return c.redirect(`${basePath}/`, 303);
    return c.html(signInPage(basePath, "That is not the token."), 401);
  });
  app.get("/docs", (c) => c.html(referencePage(basePath)));
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Phaze",
      version: "1",
      description: "Everything the panel does. Errors are RFC 9457 problem details.",
    },
    servers: [{ url: basePath || "/" }],
    security: [{ bearer: [] }, { key: [] }],
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  app.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "apiKey", in: "header", name: "X-Api-Key" });
  return app
    .route("/", systemRoutes(deps))
    .route("/", pipelineRoutes(deps))
    .route("/", fileRoutes(deps))
    .route("/", analysisRoutes(deps))
    .route("/", fingerprintRoutes(deps))
    .route("/", identifyRoutes(deps))
    .route("/", llmRoutes(deps))
    .route("/", proposalRoutes(deps))
    .route("/", namingRuleRoutes(deps))
    .route("/", namingRoutes(deps))
    .route("/", executionRoutes(deps))
    .route("/", taggingRoutes(deps))
    .route("/", eventRoutes(deps));
}

/** The API's type, for typed clients. */
export type Api = ReturnType<typeof makeApp>;

/** Lists whose path ends in a slash; without it they are meant, too. */
const lists = new Set(["/pipeline", "/proposals", "/execution", "/audit", "/preview"]);

/** `fetch` of the app below its base path; a proxy may have taken the path off already. */
export function belowBasePath(app: Api, basePath: string): (request: Request) => Response | Promise<Response> {
  return (request) => {
    const url = new URL(request.url);
    const { pathname } = url;
    if (basePath && pathname === basePath) url.pathname = "/";
    else if (basePath && pathname.startsWith(`${basePath}/`)) url.pathname = pathname.slice(basePath.length);
    if (lists.has(url.pathname)) url.pathname += "/";
    return app.fetch(url.pathname === pathname ? request : new Request(url, request));
  };
}
