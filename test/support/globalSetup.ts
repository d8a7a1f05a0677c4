import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleWorkflowCode } from "@temporalio/worker";
import type { TestProject } from "vitest/node";
import { packageRoot } from "../../system/packageRoot.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the Temporal server that the tests share; each test has a namespace of its own on it. */
    temporalAddress: string;
    /** The workflow bundle, made from the sources. */
    workflowBundle: string;
  }
}

/** Prepares what all tests share, so that no single test pays for it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-tests-"));
  const bundle = join(directory, "workflow-bundle.js");
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(packageRoot(), "workflows", "index.ts"),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  await writeFile(bundle, code);
  project.provide("workflowBundle", bundle);
  project.provide("temporalAddress", process.env.SWARM_TEST_TEMPORAL ?? "");
  return async () => {
    await rm(directory, { recursive: true, force: true });
  };
}
