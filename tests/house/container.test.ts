import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { YAML } from "bun";
import { z } from "zod";
import { readConfig, settings } from "../../daemon/config.ts";
import { readText, root } from "./repository.ts";

const healthcheck = z.strictObject({
  test: z.tuple([z.literal("CMD")], z.string()),
  interval: z.string().regex(/^\d+s$/),
  timeout: z.string().regex(/^\d+s$/),
  start_period: z.string().regex(/^\d+s$/),
  retries: z.number().int().positive(),
});
const logging = z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) });
const shared = {
  image: z.string().regex(/^[a-z./-]+:[\w.-]+$/),
  restart: z.literal("unless-stopped"),
  environment: z.record(z.string(), z.string()),
  volumes: z.array(z.string().regex(/:\/[^:]+(:ro)?$/)),
  security_opt: z.array(z.string()),
  healthcheck,
  logging,
};
/** The part of the compose specification that compose.yaml uses; a key outside of it is a slip of the pen. */
const composeSchema = z.strictObject({
  name: z.string(),
  services: z.strictObject({
    phaze: z.strictObject({
      ...shared,
      build: z.string(),
      ports: z.array(z.string()),
      env_file: z.array(z.strictObject({ path: z.string(), required: z.boolean() })),
      depends_on: z.record(
        z.string(),
        z.strictObject({ condition: z.enum(["service_started", "service_healthy"]), required: z.boolean() }),
      ),
      cap_drop: z.array(z.string()),
      cap_add: z.array(z.string()),
      read_only: z.literal(true),
      tmpfs: z.array(z.string()),
      stop_grace_period: z.string(),
    }),
    ollama: z.strictObject(shared),
  }),
  volumes: z.record(z.string(), z.null()),
});

const compose = composeSchema.parse(YAML.parse(readText("compose.yaml")));
const { phaze, ollama } = compose.services;

/** Instructions of the Dockerfile, with continued lines joined and comments gone. */
const dockerfile = readText("Dockerfile")
  .replaceAll(/^\s*#.*\n/gm, "")
  .replaceAll(/\\\n\s*/g, " ")
  .split("\n")
  .filter(Boolean);
const instructions = (name: string) =>
  dockerfile.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
const imageEnv = Object.fromEntries(
  instructions("ENV").flatMap((line) => line.split(/\s+/).map((pair) => pair.split("=") as [string, string])),
);

describe("compose.yaml", () => {
  test("gives the container the places that the image has", () => {
    for (const name of ["API_HOST", "API_PORT", "DATABASE_URL", "SCAN_PATH", "OUTPUT_PATH"])
      expect(phaze.environment[name]).toBe(imageEnv[name] ?? "");
    const targets = phaze.volumes.map((volume) => volume.split(":").at(-1) ?? "");
    expect(targets.toSorted()).toEqual(["/config", "/data", "/music"]);
    expect(instructions("VOLUME")).toEqual(['["/config", "/data", "/music"]']);
  });

  test("sets only settings that exist, and the user and time zone", () => {
    const known = [...Object.keys(settings), "PUID", "PGID", "TZ"];
    for (const name of Object.keys(phaze.environment)) expect(known).toContain(name);
  });

  test("opens the panel to this machine alone, and nothing else", () => {
    expect(phaze.ports).toEqual(["127.0.0.1:$" + "{API_PORT:-8000}:8000"]);
    expect(ollama).not.toHaveProperty("ports");
  });

  test("needs a music folder to be named", () => {
    expect(phaze.volumes.find((volume) => volume.endsWith(":/music"))).toStartWith("$" + "{SCAN_PATH:?");
  });

  test("starts without Ollama", () => {
    expect(phaze.depends_on.ollama).toEqual({ condition: "service_started", required: false });
  });

  test("gives the container just the rights that its entry point needs", () => {
    expect(phaze.cap_drop).toEqual(["ALL"]);
    expect(phaze.cap_add.toSorted()).toEqual(["CHOWN", "SETGID", "SETUID"]);
    expect(phaze.security_opt).toContain("no-new-privileges:true");
  });

  test("declares the volumes it names", () => {
    const named = [...phaze.volumes, ...ollama.volumes]
      .map((volume) => volume.split(":")[0] ?? "")
      .filter((source) => /^[a-z]+$/.test(source));
    expect(named.toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  });
});

describe("Dockerfile", () => {
  test("uses the Bun that the launcher installs", () => {
    const version = /bunVersion = "([\d.]+)"/.exec(readText("bin/bootstrap.mjs"))?.[1] ?? "";
    expect(instructions("FROM")).toEqual([`oven/bun:${version}-slim AS packages`, `oven/bun:${version}-slim`]);
  });

  test("installs the frozen packages without scripts", () => {
    const install = instructions("RUN").find((line) => line.startsWith("bun install"));
    for (const flag of ["--frozen-lockfile", "--production", "--ignore-scripts"]) expect(install).toContain(flag);
  });

  test("has settings that the daemon accepts, with its token on", () => {
    const config = readConfig(imageEnv, "/app");
    expect(config.values.PHAZE_AUTH).toBe("token");
    expect(config.databasePath).toBe("/config/phaze.db");
    expect(config.outputPath).toBe("/data/organized");
    expect(config.libraryPath).toBe("/music");
  });

  test("listens where it says, checks its health, and stops by SIGTERM", () => {
    expect(instructions("EXPOSE")).toEqual([imageEnv.API_PORT ?? ""]);
    expect(instructions("STOPSIGNAL")).toEqual(["SIGTERM"]);
    expect(instructions("HEALTHCHECK")[0]).toContain(`CMD ["${phaze.healthcheck.test.slice(1).join('", "')}"]`);
  });

  test("copies files that are there and that .dockerignore lets through", () => {
    const passed = readText(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const sources = instructions("COPY")
      .filter((line) => !line.includes("--from="))
      .flatMap((line) =>
        line
          .split(" ")
          .filter((word) => !word.startsWith("--"))
          .slice(0, -1),
      );
    for (const source of sources) {
      expect(existsSync(join(root, source))).toBe(true);
      expect(passed.some((path) => source === path || source.startsWith(`${path}/`))).toBe(true);
    }
  });
});
