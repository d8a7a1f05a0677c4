import { existsSync } from "node:fs";
import { execa } from "execa";
import { type Browser, chromium } from "playwright-core";

/** Where distributions put it, the one that is asked for first. */
const PLACES = [
  process.env.SWARM_CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

const isRoot = process.getuid?.() === 0;

/** A Chromium, or why there is none: tests are skipped then. */
export type FoundBrowser = { path: string; missing: null } | { path: null; missing: string };

/** Finds Chromium; installs the system's package where it is missing, this is root's machine and apt is its package manager. */
export async function findBrowser(): Promise<FoundBrowser> {
  const found = existing();
  if (found) return { path: found, missing: null };
  const missing = (why: string): FoundBrowser => {
    const text = `no Chromium: ${why}. Install the package chromium, or name the program in SWARM_CHROMIUM.`;
    console.log(`The web page cannot be tried in a browser: ${text}`);
    return { path: null, missing: text };
  };
  if (!isRoot) return missing("only root can install it");
  console.log("Installing the system's package chromium, to try the web page in it...");
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
