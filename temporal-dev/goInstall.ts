import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { renameDurably } from "../system/atomicFile.ts";

/** Often enough to see that it lives. ms */
const PROGRESS_MS = 15_000;
/** Ten times what it takes on two cores. ms */
const LIMIT_MS = 60 * 60_000;

/**
 * Builds the binary with Go where there is one: minutes, and gigabytes of modules, which go into a private directory
 * that is removed afterwards.
 */
export async function goInstall(
  version: string,
  cacheDir: string,
  binary: string,
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
): Promise<void> {
  const go = await execa("go", ["version"], { env, reject: false, timeout: 30_000 });
  if (go.failed) throw new Error("go: not installed");
  await mkdir(cacheDir, { recursive: true });
  const directory = await mkdtemp(join(cacheDir, "go-build-"));
  const started = Date.now();
  const elapsed = (): string => `${Math.round((Date.now() - started) / 1000)} s`;
  let lastLine = "";
  const timer = setInterval(
    () => onProgress(`building the Temporal server with Go: ${elapsed()}. ${lastLine}`),
    PROGRESS_MS,
  );
  onProgress(`building the Temporal server with ${go.stdout.split(" ")[2] ?? "Go"}: 3 to 6 minutes on two cores, once`);
  try {
    const build = execa("go", ["install", `github.com/temporalio/cli/cmd/temporal@v${version}`], {
      env: {
        ...env,
        GOPATH: join(directory, "path"),
        GOCACHE: join(directory, "cache"),
        GOBIN: join(directory, "bin"),
        // A module cache that is read-only could not be removed.
        GOFLAGS: `${env.GOFLAGS ?? ""} -modcacherw`.trim(),
      },
      extendEnv: false,
      all: true,
      reject: false,
      timeout: LIMIT_MS,
      buffer: false,
    });
    for await (const line of build.iterable({ from: "all" })) lastLine = String(line).slice(0, 100);
    const result = await build;
    if (result.failed) throw new Error(`go install: ${lastLine || result.shortMessage}`);
    const built = join(directory, "bin", "temporal");
    await chmod(built, 0o755);
    await mkdir(dirname(binary), { recursive: true });
    await renameDurably(built, binary);
    onProgress(`built in ${elapsed()}`);
  } finally {
    clearInterval(timer);
    await rm(directory, { recursive: true, force: true });
  }
}
