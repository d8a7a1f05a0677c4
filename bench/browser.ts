import { existsSync } from "node:fs";
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

/** Finds Chromium. The tests' set-up installs it where it can. */
export function findBrowser(): FoundBrowser {
  const path = PLACES.find((place) => place !== "" && existsSync(place));
  if (path) return { path, missing: null };
  const missing = "no Chromium: install the package chromium, or name the program in SWARM_CHROMIUM";
  return { path: null, missing };
}

/** A browser of its own; the sandbox of Chromium refuses to run as root. */
export async function launch(path: string): Promise<Browser> {
  return await chromium.launch({ executablePath: path, args: isRoot ? ["--no-sandbox"] : [] });
}
