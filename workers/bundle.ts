import { join } from "node:path";
import { bundleWorkflowCode } from "@temporalio/worker";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { packageRoot } from "../system/packageRoot.ts";

/** The prebuilt workflow bundle: bundling at start would cost each orchestrator seconds. */
export const BUNDLE_PATH = join(packageRoot(), "dist", "workflow-bundle.js");

if (import.meta.main) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(packageRoot(), "dist", "workflows", "index.js"),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  await writeFileAtomic(BUNDLE_PATH, code);
}
