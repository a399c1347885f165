import { type Browser, chromium, type Page } from "playwright-core";
import { makeWorld, serveFake, type World } from "./fake-daemon.ts";

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

export const chromiumPath: string | null = process.env.CHROMIUM_PATH || Bun.which("chromium") || null;

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: chromiumPath ?? "", args: switches });

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

export async function openTab(browser: Browser, path: string, options: TabOptions = {}): Promise<Tab> {
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
