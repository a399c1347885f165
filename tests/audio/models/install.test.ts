import { afterEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { availableModels } from "../../../daemon/audio/models/available.ts";
import { type Catalogue, type CatalogueModel, readCatalogue } from "../../../daemon/audio/models/catalogue.ts";
import { download } from "../../../daemon/audio/models/download.ts";
import { installModel } from "../../../daemon/audio/models/install.ts";
import { modelsReason, readInstalled } from "../../../daemon/audio/models/installed.ts";
import { loadModels } from "../../../daemon/audio/models/session.ts";
import { extractKnown } from "../../../daemon/audio/models/zip-entries.ts";
import { tempFolder } from "../../support/world.ts";
import { haveModels, modelsFolder, modelTestName, tinyModel, zip } from "./support.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on this machine; `asked` collects path and range of each request. */
async function serve(answer: Answer): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.range ?? "whole"}`);
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked };
}

/** Sends a file as servers do, with ranges; at most `most` bytes an answer, then the connection breaks. */
function sendFile(content: Buffer, most = Number.POSITIVE_INFINITY): Answer {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (from >= content.length) {
      response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
      return;
    }
    const part = content.subarray(from);
    response.writeHead(request.headers.range ? 206 : 200, {
      "content-length": part.length,
      ...(request.headers.range ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    if (part.length <= most) response.end(part);
    else response.write(part.subarray(0, most), () => setTimeout(() => response.destroy(), 20));
  };
}

const fast = { signal: new AbortController().signal, retryDelayMs: 1, idleMs: 5000 };
const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const random = (size: number) => Buffer.from(Array.from({ length: size }, (_, n) => (n * n * 31 + (n >> 8)) % 251));

/** A model of two small files, its catalogue, and the files. */
function smallModel(): { model: CatalogueModel; catalogue: Catalogue; files: Record<string, Uint8Array> } {
  const { topology, shard } = tinyModel();
  const files = { "model.json": topology, "group1-shard1of1.bin": shard };
  const catalogue = readCatalogue();
  const model: CatalogueModel = {
    ...(catalogue.models[0] as CatalogueModel),
    name: "tiny",
    archives: [`${catalogue.home}first/tiny.zip`, `${catalogue.home}second/tiny.zip`],
    files: Object.entries(files).map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: hashOf(bytes) })),
  };
  return { model, catalogue, files };
}

describe("a download", () => {
  const content = random(200_000);
  const load = async (answer: Answer, options: Partial<Parameters<typeof download>[2]> = {}, begun?: Buffer) => {
    const part = join(tempFolder(), "file.part");
    if (begun) writeFileSync(part, begun);
    const { url, asked } = await serve(answer);
    const result = download(`${url}file`, part, { ...fast, mostBytes: 1_000_000, ...options });
    return { result, part, asked, url };
  };

  test("goes on after each break of the connection, and reports its progress", async () => {
    const seen: [number, number | null][] = [];
    const { result, part, asked } = await load(sendFile(content, 70_000), {
      onProgress: (done, total) => seen.push([done, total]),
    });
    await result;
    expect(readFileSync(part).equals(content)).toBe(true);
    expect(asked[0]).toBe("/file whole");
    expect(asked.slice(1).every((one) => /^\/file bytes=\d+-$/.test(one))).toBe(true);
    expect(seen.at(-1)).toEqual([content.length, content.length]);
    expect(seen.every(([done], n) => done >= (seen[n - 1]?.[0] ?? 0))).toBe(true);
  });

  test("goes on where an earlier one was stopped", async () => {
    const { result, part, asked } = await load(sendFile(content), {}, content.subarray(0, 150_000));
    await result;
    expect(asked).toEqual(["/file bytes=150000-"]);
    expect(readFileSync(part).equals(content)).toBe(true);
  });

  test("begins again where the server knows no ranges", async () => {
    const { result, part } = await load((_, response) => response.end(content), {}, random(999));
    await result;
    expect(readFileSync(part).equals(content)).toBe(true);
  });

  test("begins again when the part is longer than the file, or the server sends another part", async () => {
    const longer = await load(sendFile(content), {}, Buffer.alloc(300_000));
    await longer.result;
    expect(readFileSync(longer.part).equals(content)).toBe(true);
    const other = await load(
      (_, response) => response.writeHead(206, { "content-range": "bytes 7-9/10" }).end("789"),
      {},
      random(5),
    );
    await expect(other.result).rejects.toThrow("another part of the file than was asked for (after 5 attempts)");
  });

  test.each([
    [404, "is not there (HTTP 404)", 1],
    [403, "answers HTTP 403", 1],
    [503, "answers HTTP 503 (after 3 attempts)", 3],
  ])("says what HTTP %d means", async (status, message, requests) => {
    const { result, asked, url } = await load((_, response) => response.writeHead(status).end(), { attempts: 3 });
    await expect(result).rejects.toThrow(`${url}file ${message}`);
    expect(asked).toHaveLength(requests);
  });

  test("is not larger than it may be, whatever the server says", async () => {
    const announced = await load(sendFile(content), { mostBytes: 1000 });
    await expect(announced.result).rejects.toThrow("larger than the 1000 bytes");
    const chunked = await load(
      (_, response) => {
        response.write(content);
        response.end();
      },
      { mostBytes: 1000 },
    );
    await expect(chunked.result).rejects.toThrow("larger than the 1000 bytes");
    expect(existsSync(announced.part)).toBe(false);
  });

  test("is given up when the server says nothing", async () => {
    const { result } = await load(() => {}, { idleMs: 50, attempts: 2 });
    await expect(result).rejects.toThrow("sent nothing for 0.05 s (after 2 attempts)");
  });

  test("is called off at once, and its part stays", async () => {
    const stop = new AbortController();
    const { result, part } = await load(
      (_, response) => {
        response.writeHead(200, { "content-length": 1000 }).write("begun", () => setTimeout(() => stop.abort(), 20));
      },
      { signal: stop.signal },
    );
    await expect(result).rejects.toThrow("abort");
    expect(readFileSync(part, "utf8")).toBe("begun");
  });

  test("follows redirects on the same host, and none to another without encryption", async () => {
    const same = await load((request, response) => {
      if (request.url === "/file") response.writeHead(302, { location: "/moved" }).end();
      else response.end(content);
    });
    await same.result;
    expect(readFileSync(same.part).equals(content)).toBe(true);
    const elsewhere = await load((_, response) => response.writeHead(302, { location: "http://localhost:1/" }).end());
    await expect(elsewhere.result).rejects.toThrow(
      "redirects to http://localhost:1, which is neither the same host nor https",
    );
    const round = await load((_, response) => response.writeHead(302, { location: "/file" }).end());
    await expect(round.result).rejects.toThrow("redirects more than 5 times");
  });

  test.skipIf(!existsSync("/dev/full"))("says that the disk is full, and what to do", async () => {
    const part = join(tempFolder(), "file.part");
    symlinkSync("/dev/full", part);
    const { url } = await serve(sendFile(content));
    const result = download(`${url}file`, part, { ...fast, mostBytes: 1_000_000 });
    await expect(result).rejects.toThrow(`Cannot write ${part}`);
    await result.catch((error) =>
      expect(error.message).toMatch(/no space.*Make room, or choose another MODELS_PATH/is),
    );
  });

  test("names the address when nobody answers", async () => {
    const result = download("http://127.0.0.1:9/file", join(tempFolder(), "part"), {
      ...fast,
      attempts: 1,
      mostBytes: 9,
    });
    await expect(result).rejects.toThrow("http://127.0.0.1:9/file: ");
  });
});

describe("an archive", () => {
  const { model, files } = smallModel();
  test.each([
    ["deflated", zip({ "tiny/": new Uint8Array(), ...files })],
    ["stored", zip(files, { stored: true })],
    [
      "with names and lengths that do not fit",
      zip({ x: files["model.json"] as Uint8Array, "": files["group1-shard1of1.bin"] as Uint8Array }, { stray: 11 }),
    ],
    ["with other files too", zip({ "README.md": random(3000), ...files, "../evil.sh": random(100) })],
  ])("%s", (_name, archive) => {
    const found = extractKnown(archive, model.files);
    expect([...found.keys()].sort()).toEqual(["group1-shard1of1.bin", "model.json"]);
    for (const [name, bytes] of found)
      expect(Buffer.from(bytes).equals(Buffer.from(files[name] as Uint8Array))).toBe(true);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["no archive", random(5000)],
    ["a cut-off one", zip(files).subarray(0, 300)],
    ["headers alone", Buffer.from("PK\x03\x04".repeat(2000), "latin1")],
    [
      "files one bit different",
      zip({
        "model.json": Uint8Array.from(files["model.json"] as Uint8Array, (byte, n) => (n === 9 ? byte ^ 1 : byte)),
      }),
    ],
    ["more than the known size", zip({ "model.json": Buffer.alloc(50_000_000) })],
  ])("with %s gives nothing", (_name, archive) => {
    expect(extractKnown(archive, model.files).size).toBe(0);
  });
});

describe("an installation", () => {
  test("puts the known files in place, once", async () => {
    const { model, catalogue, files } = smallModel();
    const folder = join(tempFolder(), "models");
    const { url: from, asked } = await serve(sendFile(zip(files), 3000));
    const options = { ...fast, from, attempts: 50 };
    expect(await installModel(folder, model, catalogue, options)).toBe(true);
    expect((await readInstalled(folder, model)).state).toBe("usable");
    expect(readdirSync(folder)).toEqual(["tiny"]);
    expect(readdirSync(join(folder, "tiny")).sort()).toEqual(["group1-shard1of1.bin", "model.json"]);
    const requests = asked.length;
    expect(requests).toBeGreaterThan(1);
    expect(await installModel(folder, model, catalogue, options)).toBe(false);
    expect(asked).toHaveLength(requests);
  });

  test("takes the second address when the first has nothing or something else", async () => {
    const { model, catalogue, files } = smallModel();
    for (const first of [
      (response: ServerResponse) => response.writeHead(404).end(),
      (response: ServerResponse) => response.end(zip({ other: random(50) })),
    ]) {
      const { url: from, asked } = await serve((request, response) =>
        request.url?.startsWith("/first") ? first(response) : sendFile(zip(files))(request, response),
      );
      expect(await installModel(tempFolder(), model, catalogue, { ...fast, from })).toBe(true);
      expect(asked).toEqual(["/first/tiny.zip whole", "/second/tiny.zip whole"]);
    }
  });

  test("begins again when the part came from another archive", async () => {
    const { model, catalogue, files } = smallModel();
    const folder = tempFolder();
    writeFileSync(join(folder, "tiny.zip.part"), random(500));
    const { url: from, asked } = await serve(sendFile(zip(files)));
    expect(await installModel(folder, model, catalogue, { ...fast, from })).toBe(true);
    expect(asked).toEqual(["/first/tiny.zip bytes=500-", "/first/tiny.zip whole"]);
  });

  test("refuses files of unknown hash and says so; nothing of them stays", async () => {
    const { model, catalogue } = smallModel();
    const folder = tempFolder();
    const { url: from } = await serve(sendFile(zip({ "model.json": random(100) })));
    const result = installModel(folder, model, catalogue, { ...fast, from });
    await expect(result).rejects.toThrow(
      /first\/tiny\.zip holds other files.*unknown SHA-256.*second\/tiny\.zip holds.*newer Phaze/,
    );
    expect(readdirSync(folder)).toEqual(["tiny"]);
    expect(readdirSync(join(folder, "tiny"))).toEqual([]);
  });
});

/** A folder of links to the real models. */
function linkedModels(): string {
  const folder = tempFolder();
  for (const model of readCatalogue().models) {
    mkdirSync(join(folder, model.name));
    for (const file of model.files)
      symlinkSync(join(modelsFolder, model.name, file.name), join(folder, model.name, file.name));
  }
  return folder;
}

describe("what is installed", () => {
  test("no models: the reason with the remedy, an id, and a set without models", async () => {
    const folder = tempFolder();
    expect(await modelsReason(folder)).toBe(
      `There are no models in ${folder}, so mood, style and danceability are absent. Get them: phaze models download`,
    );
    expect(await availableModels(folder)).toEqual({ id: "", reason: await modelsReason(folder) });
    const models = await loadModels(folder);
    expect(models.models).toEqual([]);
    expect(models.missing.map((one) => one.gives)).toEqual([
      "style",
      "mood:happy",
      "mood:sad",
      "mood:relaxed",
      "mood:aggressive",
      "danceability",
    ]);
    await expect(models.run("msd-musicnn-1", new Float32Array(), 0)).rejects.toThrow(
      "phaze models download msd-musicnn-1",
    );
    await models.close();
  });

  test("a file of the right size with other content, of another size, and one that is no file", async () => {
    const { model, files } = smallModel();
    const folder = tempFolder();
    mkdirSync(join(folder, "tiny"));
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, "tiny", name), bytes);
    expect((await readInstalled(folder, model)).state).toBe("usable");
    const path = join(folder, "tiny", "model.json");
    const reasonOf = async () => {
      const found = await readInstalled(folder, model);
      return found.state === "usable" ? "" : `${found.state}: ${found.reason}`;
    };
    writeFileSync(
      path,
      Uint8Array.from(files["model.json"] as Uint8Array, (byte) => byte ^ 1),
    );
    expect(await reasonOf()).toMatch(
      /^refused: .*model\.json has the unknown SHA-256 [0-9a-f]{64}; the known one is .*Get it anew: phaze models download tiny$/,
    );
    writeFileSync(path, "{}");
    expect(await reasonOf()).toMatch(/^refused: .*model\.json has 2 bytes, but the known file has \d+\. Get it anew/);
  });

  test.skipIf(!haveModels)(
    modelTestName("a damaged model is refused, the others work, and the id changes"),
    async () => {
      const folder = linkedModels();
      expect(await modelsReason(folder)).toBeNull();
      const whole = (await availableModels(folder)).id;
      expect((await availableModels(modelsFolder)).id).toBe(whole);
      const name = "mood_sad-musicnn-msd-2";
      const shard = join(folder, name, "group1-shard1of1.bin");
      const damaged = readFileSync(shard);
      damaged[1_000_000] = (damaged[1_000_000] ?? 0) ^ 1;
      const { unlinkSync } = await import("node:fs");
      unlinkSync(shard);
      writeFileSync(shard, damaged);
      expect((await availableModels(folder)).id).not.toBe(whole);
      expect(await modelsReason(folder)).toContain("unknown SHA-256");
      const models = await loadModels(folder);
      expect(models.models).toHaveLength(5);
      expect(models.missing).toEqual([
        { name, gives: "mood:sad", reason: expect.stringContaining("phaze models download mood_sad") },
      ]);
      await models.close();
      unlinkSync(shard);
      copyFileSync(join(modelsFolder, name, "group1-shard1of1.bin"), shard);
      expect((await availableModels(folder)).id).toBe(whole);
    },
  );
});
