import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { packageRoot } from "../../system/packageRoot.ts";

/** Where distributions put it, the one that is asked for first. */
const PLACES = [
  process.env.SWARM_CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

const isRoot = process.getuid?.() === 0;

/** A Chromium for the tests, or why there is none: then they are skipped. */
export type FoundBrowser = { path: string; missing: null } | { path: null; missing: string };

/** Finds Chromium; installs the system's package where it is missing, this is root's machine and apt is its package manager. */
export async function findBrowser(): Promise<FoundBrowser> {
  const found = existing();
  if (found) return { path: found, missing: null };
  const missing = (why: string): FoundBrowser => {
    const text = `no Chromium: ${why}. Install the package chromium, or name the program in SWARM_CHROMIUM.`;
    console.log(`Tests of the web page are skipped: ${text}`);
    return { path: null, missing: text };
  };
  if (!isRoot) return missing("only root can install it");
  console.log("Installing the system's package chromium for the tests of the web page...");
  try {
    // Several test files may come here at the same time: apt waits for its lock.
    const wait = ["-o", "DPkg::Lock::Timeout=300"];
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await execa("apt-get", [...wait, "update", "-q"], { env });
    await execa("apt-get", [...wait, "install", "-q", "-y", "--no-install-recommends", "chromium"], { env });
  } catch (error) {
    return missing(`apt-get could not install it: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
  }
  const installed = existing();
  return installed ? { path: installed, missing: null } : missing("apt-get installed none");
}

function existing(): string | undefined {
  return PLACES.find((path) => path !== "" && existsSync(path));
}

/** A browser of its own; the sandbox of Chromium refuses to run as root. */
export async function launch(path: string): Promise<Browser> {
  return await chromium.launch({ executablePath: path, args: isRoot ? ["--no-sandbox"] : [] });
}

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
