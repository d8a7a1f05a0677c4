import { join } from "node:path";
import { bundleWorkflowCode } from "@temporalio/worker";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { packageRoot } from "../system/packageRoot.ts";

/** The prebuilt workflow bundle: bundling at start would cost each orchestrator seconds. */
const BUNDLE_PATH = join(packageRoot(), "dist", "workflow-bundle.js");
/** The same workflows with what traces them: larger, and each workflow's memory with it. */
const TRACED_BUNDLE_PATH = join(packageRoot(), "dist", "workflow-bundle-traced.js");

export const bundlePath = (traced: boolean): string => (traced ? TRACED_BUNDLE_PATH : BUNDLE_PATH);

if (import.meta.main) {
  const dist = join(packageRoot(), "dist");
  for (const traced of [false, true]) {
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(dist, "workflows", "index.js"),
      workflowInterceptorModules: traced ? [join(dist, "telemetry", "workflowInterceptors.js")] : [],
      logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
    });
    await writeFileAtomic(bundlePath(traced), code);
  }
}
