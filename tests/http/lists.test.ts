import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { FileItem } from "../../daemon/contract/api.ts";
import { parseRange } from "../../daemon/http/routes/files.ts";
import type { Page } from "../support/page.ts";
import { makeWorld, wav } from "../support/world.ts";
import { ready } from "./support.ts";

describe("lists", () => {
  test("pages with true totals in a stable order", async () => {
    const world = await ready();
    const all = await world.call<Page<FileItem>>("GET", "/api/v1/files");
    expect(all).toMatchObject({ total: 4, page: 1, page_size: 50 });
    const pages = await Promise.all(
      [1, 2, 3].map((page) => world.call<Page<FileItem>>("GET", `/api/v1/files?page=${page}&page_size=2`)),
    );
    expect(pages.flatMap((page) => page.items.map((item) => item.id))).toEqual(all.items.map((item) => item.id));
    expect(pages[2]?.items).toEqual([]);
    for (const [query, total] of [
      ["kind=companion", 1],
      ["kind=media", 3],
      ["state=PROPOSAL_GENERATED", 3],
      ["state=DISCOVERED", 0],
      ["missing=true", 0],
      ["missing=false", 4],
      ["q=lowtide", 2],
      ["q=solo+mara", 1],
      ["q=%25", 0],
      ["q=_", 0],
      ["q=low&kind=video", 0],
    ] as const) {
      const page = await world.call<Page<FileItem>>("GET", `/api/v1/files?${query}`);
      expect([query, page.total, page.items.length]).toEqual([query, total, total]);
    }
    const sizes = (await world.call<Page<FileItem>>("GET", "/api/v1/files?sort=-size")).items.map(
      (item) => item.sizeBytes,
    );
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });

  test("bad queries are problems that name the field", async () => {
    const world = await makeWorld({});
    for (const query of ["page=0", "page_size=201", "page_size=x", "sort=evil", "state=NOPE"]) {
      const response = await world.request("GET", `/api/v1/files?${query}`);
      const body = (await response.json()) as { status: number; title: string; errors: { path: string }[] };
      expect([response.status, body.status, body.errors[0]?.path]).toEqual([400, 400, query.split("=")[0] as string]);
    }
    for (const [method, path] of [
      ["GET", "/api/v1/files/999"],
      ["GET", "/proposals/999/detail"],
      ["PATCH", "/proposals/999/approve"],
      ["GET", "/api/v1/scan/999"],
      ["POST", "/execution/999/undo"],
      ["GET", "/nothing/here"],
    ] as const) {
      expect([path, (await world.request(method, path)).status]).toEqual([path, 404]);
    }
  });

  test("search finds words of path and tags from their beginnings, without accents", async () => {
    const world = await makeWorld({ "Björk - Jóga.wav": wav(1) });
    await world.settle();
    for (const q of ["bjork", "Bjo", "JOGA", "jog bjö"])
      expect((await world.call<Page<FileItem>>("GET", `/api/v1/search?q=${encodeURIComponent(q)}`)).total).toBe(1);
    expect((await world.call<Page<FileItem>>("GET", "/api/v1/search?q=***")).total).toBe(0);
  });
});

describe("listening", () => {
  test("the file comes whole or by ranges", async () => {
    const world = await ready();
    const [file] = (await world.call<Page<FileItem>>("GET", "/api/v1/files?kind=media")).items as [FileItem];
    const whole = await world.request("GET", `/api/v1/files/${file.id}/audio`);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(bytes.equals(readFileSync(file.path))).toBe(true);
    const part = await world.request("GET", `/api/v1/files/${file.id}/audio`, { headers: { range: "bytes=10-19" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 10-19/${file.sizeBytes}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
    expect(
      (await world.request("GET", `/api/v1/files/${file.id}/audio`, { headers: { range: "bytes=99999999-" } })).status,
    ).toBe(416);
  });

  const ranges: [string | undefined, ReturnType<typeof parseRange>][] = [
    [undefined, null],
    ["bytes=0-", [0, 99]],
    ["bytes=90-200", [90, 99]],
    ["bytes=-10", [90, 99]],
    ["bytes=5-2", "bad"],
    ["bytes=100-", "bad"],
    ["bytes=-", null],
    ["lines=1-2", null],
  ];
  for (const [header, range] of ranges)
    test(`${header} of 100 bytes`, () => expect(parseRange(header, 100)).toEqual(range));
});
