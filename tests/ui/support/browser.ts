import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { serveFake } from "./fake-daemon.ts";
import { makeWorld, type World } from "./fake-world.ts";

const switches = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const patienceMs = 8000;

const chromiumPath: string | null = process.env.CHROMIUM_PATH || Bun.which("chromium") || null;

const launch = (): Promise<Browser> => chromium.launch({ executablePath: chromiumPath ?? "", args: switches });

/** The panel over a world of its own, in a tab of its own. */
export interface Tab {
  world: World;
  page: Page;
  url: string;
  /** What the browser complained about; answers that a test provokes on purpose are left out. */
  complaints: string[];
  close(): Promise<void>;
}

interface TabOptions {
  count?: number;
  basePath?: string;
  width?: number;
  /** Statuses of answers that belong to the test. */
  expected?: readonly number[];
  prepare?: (world: World) => void;
}

async function openTab(browser: Browser, path: string, options: TabOptions = {}): Promise<Tab> {
  const world = makeWorld(options.count ?? 12);
  options.prepare?.(world);
  const server = await serveFake(world, { basePath: options.basePath ?? "" });
  const context = await browser.newContext({ viewport: { width: options.width ?? 1400, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const complaints: string[] = [];
  const isExpected = (text: string) => options.expected?.some((status) => text.includes(`status of ${status}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !isExpected(message.text())) complaints.push(message.text());
  });
  await page.goto(`${server.url}${path}`);
  return {
    world,
    page,
    url: server.url,
    complaints,
    async close() {
      await context.close();
      await server.stop();
    },
  };
}

/** Waits until `holds`, looking often; fails with `what` after a while. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Waited in vain: ${what}`);
    await Bun.sleep(15);
  }
}

export const testMs = 20_000;
export type Open = (path: string, options?: TabOptions) => Promise<Tab>;

/**
 * Tests in one browser, each in a tab and a world of its own; skipped, and said so, where there is no Chromium. Every
 * test fails when the browser complained of anything.
 */
export function inBrowser(title: string, tests: (open: Open) => void): void {
  if (!chromiumPath) {
    test.skip(`${title}: no Chromium found; install chromium or set CHROMIUM_PATH`, () => {});
    return;
  }
  describe(title, () => {
    let browser: Browser;
    let tab: Tab | undefined;
    beforeAll(async () => {
      browser = await launch();
    });
    afterEach(async () => {
      const complaints = tab?.complaints;
      await tab?.close();
      tab = undefined;
      expect(complaints).toEqual([]);
    });
    afterAll(() => browser?.close());
    tests(async (path, options) => {
      tab = await openTab(browser, path, options);
      return tab;
    });
  });
}

/** What a person sees of it. */
// biome-ignore lint/performance/useDomNodeTextContent: this is the text as it is laid out, asked of the browser.
export const seen = (what: Locator): Promise<string> => what.innerText();

export const row = (page: Page, id: number): Locator => page.locator(`#proposal-${id}`);
export const statusOf = (world: World, id: number): string | undefined => world.proposals[id - 1]?.status;
export const approveFirst = (n: number) => (world: World) => {
  for (const proposal of world.proposals.slice(0, n)) proposal.status = "approved";
};
