import { access, constants, readdir, rm, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { messageOf, UserError } from "../model/errors.ts";
import { withLock } from "../system/lock.ts";
import { DOWNLOAD_PREFIX, downloadRelease, RELEASE_URL } from "./download.ts";
import { GO_BUILD_PREFIX, goInstall } from "./goInstall.ts";

/** The version that every way brings: the last one that `go install` can build. Server 1.29.1, UI 2.42.1. */
export const TEMPORAL_VERSION = "1.5.1";
/** The oldest server that does what workflows need here: task priorities, worker heartbeats, updates. */
const OLDEST_SERVER = [1, 29];

export interface EnsureTemporalOptions {
  cacheDir: string;
  env: NodeJS.ProcessEnv;
  onProgress?: (line: string) => void;
  /** Directory of the releases' archives; another one in tests. */
  releaseUrl?: string;
}

/**
 * The `temporal` binary: on PATH, in our cache, from the official release, built with Go; in this order.
 * Safe to call at once from several processes; what an interrupted call left is removed by the next.
 * @throws UserError with everything that was tried where none works.
 */
export async function ensureTemporal(options: EnsureTemporalOptions): Promise<string> {
  const { cacheDir, env, onProgress = () => {} } = options;
  const tried: string[] = [];
  const found = (await temporalOnPath(env, tried)) ?? (await temporalInCache(cacheDir));
  if (found !== null) return found;
  return withLock(
    join(cacheDir, "temporal.lock"),
    // Another process may have brought it while this one waited.
    async () => (await temporalInCache(cacheDir)) ?? bringTemporal(options, tried),
    { onWait: () => onProgress("another process is bringing the Temporal server: waiting for it") },
  );
}

async function bringTemporal(options: EnsureTemporalOptions, tried: string[]): Promise<string> {
  const { cacheDir, env, onProgress = () => {}, releaseUrl = RELEASE_URL } = options;
  await removeLeftovers(cacheDir);
  const binary = cachedBinary(cacheDir);
  const request = { version: TEMPORAL_VERSION, cacheDir, binary, onProgress };
  for (const way of [() => downloadRelease({ ...request, releaseUrl }), () => goInstall({ ...request, env })]) {
    try {
      await way();
      return binary;
    } catch (error) {
      tried.push(messageOf(error));
      onProgress(messageOf(error));
    }
  }
  throw new UserError([
    "no Temporal server could be had. Tried:",
    ...tried.map((line) => `  - ${line}`),
    `Install the temporal command (version ${TEMPORAL_VERSION} or newer) so that it is on PATH, or Go 1.21 or newer, or`,
    `put the binary at ${binary}. Or use a Temporal cluster of your own: set TEMPORAL_ADDRESS.`,
  ]);
}

/** Called with the lock: nobody is at work in them. Gigabytes, where a build was killed. */
async function removeLeftovers(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith(DOWNLOAD_PREFIX) && !name.startsWith(GO_BUILD_PREFIX)) continue;
    await rm(join(cacheDir, name), { recursive: true, force: true });
  }
}

/** Where `temporal` would come from without bringing anything, for `swarm doctor`; null where it would have to be brought. */
export async function findTemporal(options: Pick<EnsureTemporalOptions, "cacheDir" | "env">): Promise<string | null> {
  return (await temporalOnPath(options.env, [])) ?? (await temporalInCache(options.cacheDir));
}

const cachedBinary = (cacheDir: string): string => join(cacheDir, `temporal-${TEMPORAL_VERSION}`, "temporal");

async function temporalInCache(cacheDir: string): Promise<string | null> {
  const binary = cachedBinary(cacheDir);
  return (await isExecutable(binary)) ? binary : null;
}

async function temporalOnPath(env: NodeJS.ProcessEnv, tried: string[]): Promise<string | null> {
  for (const directory of (env.PATH ?? "").split(delimiter).filter((d) => d.startsWith("/"))) {
    const candidate = join(directory, "temporal");
    if (!(await isExecutable(candidate))) continue;
    const server = await serverVersion(candidate);
    if (server !== null && atLeast(server, OLDEST_SERVER)) return candidate;
    tried.push(
      `${candidate}: its server is ${server ?? "of unknown version"}, needed is ${OLDEST_SERVER.join(".")} or newer`,
    );
    return null;
  }
  tried.push("PATH: no temporal on it");
  return null;
}

/** The version of the server inside a `temporal` binary: `1.29.1`, null where it does not say. */
export async function serverVersion(binary: string): Promise<string | null> {
  const { stdout } = await execa(binary, ["--version"], { reject: false, timeout: 10_000 });
  return /Server (\d+\.\d+\.\d+)/.exec(String(stdout))?.[1] ?? null;
}

function atLeast(version: string, oldest: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, least] of oldest.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
