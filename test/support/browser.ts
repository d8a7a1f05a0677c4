import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { packageRoot } from "../../system/packageRoot.ts";

export { findBrowser, launch } from "../../bench/browser.ts";

/** A page that is closed with its scope, and what went wrong in it. */
export interface OpenPage extends AsyncDisposable {
  page: Page;
  /** Errors of scripts and of the content security policy. */
  problems: string[];
}

/** Opens an address in a session of its own. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    // What the gateway refuses is told by the page itself.
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isAnswer) problems.push(message.text());
  });
  await page.goto(url);
  return { page, problems, [Symbol.asyncDispose]: () => context.close() };
}

const PICTURES = process.env.SWARM_SCREENSHOTS ?? join(packageRoot(), "test-output", "screenshots");

/** Keeps a picture of the page; continuous integration keeps them with its output. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
