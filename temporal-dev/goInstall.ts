import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { renameDurably } from "../system/atomicFile.ts";

/** What a killed build leaves in the cache begins so. */
export const GO_BUILD_PREFIX = "temporal-go-build-";
/** Often enough to see that it lives. ms */
const PROGRESS_MS = 15_000;
/** Ten times what it takes on two cores. ms */
const LIMIT_MS = 60 * 60_000;
/** Of the output of a failed build, what is told. */
const TOLD_LINES = 3;

export interface GoInstallRequest {
  version: string;
  cacheDir: string;
  /** Where the binary shall be: below cacheDir. */
  binary: string;
  env: NodeJS.ProcessEnv;
  onProgress: (line: string) => void;
}

/**
 * Builds the binary with Go where there is one: minutes, and gigabytes of modules, which go into a private directory
 * that is removed afterwards.
 */
export async function goInstall({ version, cacheDir, binary, env, onProgress }: GoInstallRequest): Promise<void> {
  const go = await execa("go", ["version"], { env, extendEnv: false, reject: false, timeout: 30_000 });
  if (go.code === "ENOENT") throw new Error("go: not installed");
  if (go.failed) throw new Error(`go: ${go.stderr || go.shortMessage}`);
  await mkdir(cacheDir, { recursive: true });
  const directory = await mkdtemp(join(cacheDir, GO_BUILD_PREFIX));
  const started = Date.now();
  const elapsed = (): string => `${Math.round((Date.now() - started) / 1000)} s`;
  const output: string[] = [];
  onProgress(`building the Temporal server with ${go.stdout.split(" ")[2] ?? "Go"}: 3 to 6 minutes on two cores, once`);
  const timer = setInterval(() => {
    onProgress(`building the Temporal server with Go: ${elapsed()}. ${output.at(-1)?.slice(0, 100) ?? ""}`);
  }, PROGRESS_MS);
  try {
    // -v: the compiler's only sign of life.
    const build = execa("go", ["install", "-v", `github.com/temporalio/cli/cmd/temporal@v${version}`], {
      env: {
        ...env,
        GOPATH: join(directory, "path"),
        GOMODCACHE: join(directory, "modules"),
        GOCACHE: join(directory, "cache"),
        GOBIN: join(directory, "bin"),
        // A module cache that is read-only could not be removed.
        GOFLAGS: `${env.GOFLAGS ?? ""} -modcacherw`.trim(),
        CGO_ENABLED: "0",
      },
      extendEnv: false,
      all: true,
      reject: false,
      timeout: LIMIT_MS,
      stdin: "ignore",
      buffer: false,
    });
    for await (const line of build.iterable({ from: "all" })) output.push(String(line));
    const result = await build;
    if (result.failed) throw new Error(`go install: ${complaint(output) || result.shortMessage}`);
    const built = join(directory, "bin", "temporal");
    await keepOnDisk(built);
    await mkdir(dirname(binary), { recursive: true });
    await renameDurably(built, binary);
    onProgress(`built in ${elapsed()}`);
  } finally {
    clearInterval(timer);
    await rm(directory, { recursive: true, force: true });
  }
}

/** The last lines that say something: not those with the name of a package that is compiled or a module that is fetched. */
function complaint(output: readonly string[]): string {
  const said = output.filter((line) => line.trim().includes(" ") && !line.startsWith("go: downloading "));
  return said.slice(-TOLD_LINES).join(" | ");
}

/** fsync: the rename that follows must not be on disk before the content. */
async function keepOnDisk(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
