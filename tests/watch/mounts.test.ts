import { describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { FileItem } from "../../daemon/contract/api.ts";
import { lastScan, type ScanBatch } from "../../daemon/db/scan-batches.ts";
import { silentLog } from "../../daemon/log.ts";
import { makeScanner } from "../../daemon/watch/scanner.ts";
import { makeSettle } from "../../daemon/watch/settle.ts";
import { listFolder, walk } from "../../daemon/watch/walk.ts";
import { makeWalker } from "../../daemon/watch/walker.ts";
import { makeWorld, plant, tempFolder, type World, wav } from "../support/world.ts";

const last = (world: World) => lastScan(world.daemon.deps.db) as ScanBatch;

async function present(world: World): Promise<string[]> {
  const { items } = await world.call<{ items: FileItem[] }>("GET", "/api/v1/files");
  return items
    .filter((file) => !file.missing)
    .map((file) => file.name)
    .sort();
}

/** As if these folders had been on another device at the last scan. */
function formerDevice(world: World, device: number, names: readonly string[]): void {
  for (const name of names)
    world.daemon.deps.db
      .query("update folders set device = ? where path_raw = ?")
      .run(device, name ? join(world.library, name) : world.library);
}

const devices = (world: World) =>
  (world.daemon.deps.db.query("select distinct device from folders").all() as { device: number }[]).map(
    (row) => row.device,
  );

describe("a mount that is away", () => {
  test("a library's mount point with stray files in it stops the scan, and no row is touched", async () => {
    const world = await makeWorld({
      "root.wav": wav(1, { seed: 1 }),
      "a/song.wav": wav(1, { seed: 2 }),
      "b/song.wav": wav(1, { seed: 3 }),
      "stray.wav": wav(1, { seed: 4 }),
    });
    await world.settle();
    formerDevice(world, 999, ["", "a", "b"]);
    renameSync(world.library, `${world.library}.away`);
    plant(world.library, { "stray.wav": wav(1, { seed: 4 }), "new.wav": wav(1, { seed: 5 }) });
    await world.settle();
    expect(last(world)).toMatchObject({ status: "failed", files: { new: 0, missing: 0 } });
    expect(last(world).error).toContain("Is the disk mounted?");
    await world.daemon.deps.scanner.hint([world.library]);
    expect(await present(world)).toEqual(["root.wav", "song.wav", "song.wav", "stray.wav"]);
    rmSync(world.library, { recursive: true });
    renameSync(`${world.library}.away`, world.library);
    await world.settle();
    expect(last(world)).toMatchObject({ status: "completed", files: { missing: 0, new: 0 } });
  });

  test("a mount point below the library that is empty or holds strays keeps its files", async () => {
    const world = await makeWorld({ "a.wav": wav(1), "disk/one.wav": wav(2), "disk/two.wav": wav(3) });
    await world.settle();
    formerDevice(world, 999, ["disk"]);
    renameSync(join(world.library, "disk"), `${world.library}.disk`);
    mkdirSync(join(world.library, "disk"));
    await world.settle();
    expect(last(world).status).toBe("failed");
    plant(world.library, { "disk/stray.jpg": "x" });
    await world.settle();
    expect(last(world).status).toBe("failed");
    expect(await present(world)).toEqual(["a.wav", "one.wav", "two.wav"]);
  });
});

describe("devices that are numbered anew", () => {
  test("with a folder that was emptied, the scan completes and learns the new numbers", async () => {
    const world = await makeWorld({ "a/song.wav": wav(1), "b/gone.wav": wav(2), "c/deep/x.wav": wav(3) });
    await world.settle();
    formerDevice(world, 999, ["", "a", "b", "c", "c/deep"]);
    unlinkSync(join(world.library, "b/gone.wav"));
    await world.settle();
    expect(last(world)).toMatchObject({ status: "completed", error: null, files: { missing: 1 } });
    expect(devices(world)).not.toContain(999);
    expect(await present(world)).toEqual(["song.wav", "x.wav"]);
  });

  test("a scan that fails half way leaves the former numbers, so that the next one can complete", async () => {
    const world = await makeWorld({ "a/song.wav": wav(1), "b/gone.wav": wav(2) });
    await world.settle();
    formerDevice(world, 999, ["", "a", "b"]);
    unlinkSync(join(world.library, "b/gone.wav"));
    const { deps } = world.daemon;
    const walker = {
      async *walk(root: string | Uint8Array) {
        yield [listFolder(root)];
        throw new Error("The disk stutters");
      },
      close() {},
    };
    const settle = makeSettle({ settleMs: 0, onStill() {} });
    const scanner = makeScanner({ ...deps, log: silentLog, settle, root: world.library, walker, onChange() {} });
    await scanner.scan("test").done;
    expect(devices(world)).toEqual([999]);
    await deps.scanner.hint([world.library]);
    await world.settle();
    expect(last(world)).toMatchObject({ status: "completed", files: { missing: 1 } });
  });

  test("an unreadable folder is numbered anew with the folder above it", async () => {
    const world = await makeWorld({ "a/song.wav": wav(1), "dark/deep/x.wav": wav(2) });
    await world.settle();
    formerDevice(world, 999, ["", "a", "dark", "dark/deep"]);
    const { deps } = world.daemon;
    const walker = {
      async *walk(root: string | Uint8Array) {
        for (const listing of walk(root)) {
          const dark = listing.path === join(world.library, "dark");
          if (listing.path === join(world.library, "dark/deep")) continue;
          yield [dark ? { ...listing, entries: [], folders: [], error: "EACCES" } : listing];
        }
      },
      close() {},
    };
    const settle = makeSettle({ settleMs: 0, onStill() {} });
    await makeScanner({ ...deps, settle, root: world.library, walker, onChange() {} }).scan("test").done;
    expect(last(world)).toMatchObject({ status: "completed", files: { missing: 0 } });
    expect(devices(world)).not.toContain(999);
  });
});

describe("symbolic links", () => {
  test("a scan of a link that leads out of the library is refused, one of a link within scans its target", async () => {
    const world = await makeWorld({ "a/song.wav": wav(1) });
    const outside = tempFolder();
    plant(outside, { "deep/private.wav": wav(2) });
    symlinkSync(outside, join(world.library, "out"));
    symlinkSync(join(world.library, "a"), join(world.library, "in"));
    const scan = (path: string) => world.request("POST", "/api/v1/scan", { body: { path } });
    for (const path of ["out", "out/deep", join(world.library, "out")]) expect((await scan(path)).status).toBe(400);
    expect((await scan("in")).status).toBe(202);
    expect((await scan("not/there")).status).toBe(202);
    await world.daemon.idle();
    expect((await world.call<{ items: FileItem[] }>("GET", "/api/v1/files")).items.map((file) => file.path)).toEqual([
      join(world.library, "a/song.wav"),
    ]);
  });

  test("a link is not walked, neither by a scan nor by a hint", async () => {
    const world = await makeWorld({ "a/b/song.wav": wav(1), "keep.wav": wav(3) });
    await world.settle();
    const outside = tempFolder();
    plant(outside, { "b/private.wav": wav(2) });
    rmSync(join(world.library, "a"), { recursive: true });
    symlinkSync(outside, join(world.library, "a"));
    const link = join(world.library, "a");
    expect([...walk(link)].map((listing) => listing.error)).toEqual(["it is a symbolic link"]);
    await world.daemon.deps.scanner.scan("test", link).done;
    expect(last(world)).toMatchObject({ status: "failed" });
    world.daemon.deps.scanner.hint([link, join(link, "b")]);
    await world.daemon.idle();
    expect(await present(world)).toEqual(["keep.wav"]);
  });

  test("the library itself may be a link", async () => {
    const folder = tempFolder();
    const real = tempFolder();
    symlinkSync(real, join(folder, "library"));
    const world = await makeWorld({ "a/song.wav": wav(1) }, { folder });
    await world.settle();
    expect(last(world)).toMatchObject({ status: "completed", files: { new: 1 } });
    plant(world.library, { "a/more.wav": wav(2), "b/new.wav": wav(3) });
    world.daemon.deps.scanner.hint([join(world.library, "a"), world.library]);
    await world.daemon.idle();
    expect(await present(world)).toEqual(["more.wav", "new.wav", "song.wav"]);
    const sub = await world.request("POST", "/api/v1/scan", { body: { path: "b" } });
    expect(await sub.json()).toMatchObject({ root: join(world.library, "b") });
    await world.daemon.idle();
  });
});

describe("stopping", () => {
  test("a walk with a signal that is aborted already never begins", async () => {
    const signal = AbortSignal.abort(new Error("Phaze is stopping"));
    const walker = makeWalker();
    expect(walker.walk(tempFolder(), { recursive: true }, signal).next()).rejects.toThrow("Phaze is stopping");
    walker.close();
  });

  test("queued scans are cancelled", async () => {
    const world = await makeWorld({ "a/song.wav": wav(1), "b/song.wav": wav(2) });
    const { db, scanner } = world.daemon.deps;
    const scans = ["", "a", "b"].map((name) => scanner.scan("test", join(world.library, name)));
    await scanner.stop();
    await Promise.all(scans.map((scan) => scan.done));
    const rows = db.query("select status from scan_batches").all() as { status: string }[];
    expect(rows.map((row) => row.status)).toEqual(["cancelled", "cancelled", "cancelled"]);
  });

  test("a scan that ends leaves the newer one current", async () => {
    const world = await makeWorld({ "a/song.wav": wav(1) });
    const { scanner } = world.daemon.deps;
    const first = scanner.scan("test");
    const second = scanner.scan("test", join(world.library, "a"));
    await first.done;
    expect(scanner.scan("test", join(world.library, "a")).id).toBe(second.id);
    await second.done;
  });
});
