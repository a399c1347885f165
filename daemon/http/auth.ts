import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { problem } from "./problem.ts";

/** The access token kept at `file`, made on first use and readable by its owner alone. */
export function keptToken(file: string): string {
  if (existsSync(file)) {
    const token = readFileSync(file, "utf8").trim();
    if (token.length >= 8) return token;
  }
  const token = randomBytes(24).toString("base64url");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return token;
}

export interface Auth {
  /** Lets requests with a token or a session through; the others get 401, or the sign-in page when a browser asks. */
  readonly guard: MiddlewareHandler;
  readonly token: string;
  /** The secret part of the sign-in link of this run. */
  readonly signInCode: string;
  /** Starts a session when `secret` is the sign-in code or the token. */
  signIn(c: Context, secret: string): boolean;
}

export interface AuthOptions {
  mode: "token" | "none";
  token: string;
  basePath: string;
}

const cookieName = "phaze_session";
const open = new Set(["/health", "/sign-in"]);
const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

const equal = (a: string, b: string) => {
  const [left, right] = [a, b].map((text) => createHmac("sha256", "compare").update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(left, right);
};

/** The token in `Authorization: Bearer` or `X-Api-Key`. */
function givenToken(c: Context): string | undefined {
  return /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? c.req.header("x-api-key");
}

/** True when a page of another site may have sent this request. */
function isCrossSite(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site) return site !== "same-origin" && site !== "none";
  const origin = c.req.header("origin");
  if (!origin) return false;
  return URL.canParse(origin) ? new URL(origin).host !== c.req.header("host") : true;
}

const isLoopbackName = (host: string) => /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(host);

export function makeAuth(options: AuthOptions): Auth {
  const signInCode = randomBytes(18).toString("base64url");
  // The cookie is derived from the token, so sessions outlive a restart and end when the token changes.
  const session = createHmac("sha256", options.token).update("phaze session v1").digest("base64url");

  const refuse = (c: Context) => {
    if (safeMethods.has(c.req.method) && c.req.header("accept")?.includes("text/html"))
      return c.redirect(`${options.basePath}/sign-in`, 302);
    c.header("WWW-Authenticate", 'Bearer realm="Phaze"');
    return problem(
      c,
      401,
      "Sign in first",
      "Send the token as 'Authorization: Bearer TOKEN' or 'X-Api-Key', or open the sign-in link that Phaze printed",
    );
  };

  const guard: MiddlewareHandler = async (c, next) => {
    if (open.has(c.req.path) || c.req.path.startsWith("/assets/")) return next();
    // A page of another site can have its name point to this machine, and may send any token along.
    if (options.mode === "none" && !isLoopbackName(c.req.header("host") ?? "localhost")) {
      return problem(c, 403, "Wrong host name", "With PHAZE_AUTH=none, Phaze answers only to localhost and 127.0.0.1");
    }
    const token = options.mode === "none" ? undefined : givenToken(c);
    if (token !== undefined) {
      if (!equal(token, options.token)) return refuse(c);
      c.set("actor", c.req.header("x-phaze-client") === "cli" ? "cli" : "api");
      return next();
    }
    if (options.mode === "token" && !equal(getCookie(c, cookieName) ?? "", session)) return refuse(c);
    // Without a token in the request, a browser may have been made to send it by another page.
    if (!safeMethods.has(c.req.method) && isCrossSite(c))
      return problem(c, 403, "This request came from another site", "Use the panel itself, or a token");
    c.set("actor", c.req.header("x-phaze-client") === "cli" ? "cli" : "panel");
    return next();
  };

  return {
    guard,
    token: options.token,
    signInCode,
    signIn(c, secret) {
      if (!equal(secret, signInCode) && !equal(secret, options.token)) return false;
      const secure = c.req.header("x-forwarded-proto") === "https";
      setCookie(c, cookieName, session, {
        httpOnly: true,
        sameSite: "Lax",
        path: options.basePath || "/",
        maxAge: 31_536_000,
        secure,
      });
      return true;
    },
  };
}
