import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { bundleWorkflowCode } from "@temporalio/worker";
import type { TestProject } from "vitest/node";
import { ensurePortage } from "../../portage/install.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { startDevServer, stopDevServer } from "../../temporal-dev/server.ts";
import { installPrograms } from "./programs.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the Temporal server that the tests share; each swarm has a namespace of its own on it. */
    temporalAddress: string;
    /** File of the workflow bundle, made from the sources. */
    workflowBundle: string;
  }
}

/**
 * Prepares what all tests share, so that no single test pays for it: a Temporal binary and Portage in the ordinary cache
 * (where the machine has none), one server, the workflow bundle.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { env } = process;
  const cacheDir = join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "build-swarm");
  const onProgress = (line: string): void => console.log(line);
  const stateDir = await mkdtemp(join(tmpdir(), "swarm-tests-"));
  const bundle = join(stateDir, "workflow-bundle.js");
  await installPrograms(onProgress);
  await ensurePortage({ cacheDir, env, onProgress });
  const server = await startDevServer({
    ip: "127.0.0.1",
    port: 0,
    uiPort: 0,
    database: join(stateDir, "temporal.db"),
    stateDir,
    cacheDir,
    env,
    onProgress,
  });
  await writeFile(bundle, await bundleOfSources());
  project.provide("temporalAddress", server.address);
  project.provide("workflowBundle", bundle);
  return async () => {
    await stopDevServer(stateDir);
    await rm(stateDir, { recursive: true, force: true });
  };
}

async function bundleOfSources(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(packageRoot(), "workflows", "index.ts"),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  return code;
}
