import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The panel's files, built in memory at start: no bundler to run, nothing fetched at run time. */
export interface Panel {
  /** The page, which finds its files and the API below `basePath`. */
  html: string;
  assets: Map<string, { body: Uint8Array; type: string }>;
}

const uiDir = join(import.meta.dir, "..", "..", "ui");

async function buildScript(entry: string): Promise<Uint8Array> {
  const built = await Bun.build({ entrypoints: [join(uiDir, entry)], target: "browser", minify: true });
  const [output] = built.outputs;
  if (!built.success || !output) throw new Error(`The panel could not be built: ${built.logs.join("\n")}`);
  return new Uint8Array(await output.arrayBuffer());
}

const file = (path: string) => new Uint8Array(readFileSync(path));

/** The style sheets, in the order in which the later ones win. */
const sheets = [
  "base",
  "controls",
  "frame",
  "lists",
  "review",
  "plans",
  "dialogs",
  "sound",
  "matches",
  "naming",
  "sign-in",
  "narrow",
];
const style = () =>
  new TextEncoder().encode(sheets.map((name) => readFileSync(join(uiDir, "style", `${name}.css`), "utf8")).join(""));

/** Builds the panel and gathers the reference page's files. */
export async function buildPanel(basePath: string): Promise<Panel> {
  const swagger = join(import.meta.dir, "..", "..", "node_modules", "swagger-ui-dist");
  const script = await buildScript("main.ts");
  const version = Bun.hash(script).toString(36);
  const html = readFileSync(join(uiDir, "index.html"), "utf8")
    .replaceAll("{{base}}", basePath)
    .replaceAll("{{version}}", version);
  const javascript = "text/javascript; charset=utf-8";
  const css = "text/css; charset=utf-8";
  return {
    html,
    assets: new Map([
      ["main.js", { body: script, type: javascript }],
      ["style.css", { body: style(), type: css }],
      ["icon.svg", { body: file(join(uiDir, "icon.svg")), type: "image/svg+xml" }],
      ["swagger-ui.css", { body: file(join(swagger, "swagger-ui.css")), type: css }],
      ["swagger-ui.js", { body: file(join(swagger, "swagger-ui-bundle.js")), type: javascript }],
      ["reference.js", { body: file(join(uiDir, "reference.js")), type: javascript }],
    ]),
  };
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The page that shows the API's reference. */
export const referencePage = (basePath: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Phaze API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="${basePath}/assets/icon.svg">
<link rel="stylesheet" href="${basePath}/assets/swagger-ui.css"></head>
<body data-spec="${basePath}/openapi.json"><div id="reference"></div>
<script src="${basePath}/assets/swagger-ui.js"></script><script src="${basePath}/assets/reference.js"></script></body></html>`;

/** The page for those who came without the sign-in link. */
export const signInPage = (basePath: string, message: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in · Phaze</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="${basePath}/assets/icon.svg"><link rel="stylesheet" href="${basePath}/assets/style.css"></head>
<body class="sign-in"><main><h1>Phaze</h1><form method="post" action="${basePath}/sign-in">
<label for="token">Access token</label><input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button type="submit">Sign in</button>${message ? `<p class="error" role="alert">${escapeHtml(message)}</p>` : ""}
<p class="hint">Open the sign-in link that Phaze printed when it started, or paste the token: the setting PHAZE_TOKEN, or else the file <code>token</code> beside the database.</p>
</form></main></body></html>`;
