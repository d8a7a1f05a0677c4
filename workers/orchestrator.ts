import { setFlagsFromString } from "node:v8";
import { Client, WorkflowIdConflictPolicy } from "@temporalio/client";
import { Worker } from "@temporalio/worker";
import { createOrchestratorActivities } from "../activities/orchestrator/activities.ts";
import { dataConverter } from "../connection/codec.ts";
import { connectWorker } from "../connection/worker.ts";
import { QUEUES } from "../model/activities.ts";
import { startAlerts } from "./alertsWorkflow.ts";
import { bundlePath } from "./bundle.ts";
import { aborted, type Role, readToken } from "./role.ts";
import { startTelemetry } from "./telemetry.ts";

/**
 * How V8 keeps its heaps, the workflows' thread's too. Left alone it lets garbage of several times the workflows' state pile
 * up before it looks: measured in a run of 2,000 packages, an orchestrator had 547 MiB, and has 371 with these.
 */
const HEAP_FLAGS = ["--max-semi-space-size=4", "--heap-growing-percent=50"];

/** The orchestrator: a stateless process that runs every workflow and the short side effects. Any number of them. */
export const runOrchestrator: Role = async (config, _name, { signal, log, ready }) => {
  for (const flag of HEAP_FLAGS) setFlagsFromString(flag);
  const token = await readToken(config);
  const telemetry = await startTelemetry(config, { role: "orchestrator", name: null }, { log });
  const { connection, namespace } = await connectWorker(config, { signal, onWait: log });
  const { tracing } = telemetry;
  const client = new Client({ connection, namespace, dataConverter, ...tracing.client });
  const worker = await Worker.create({
    connection,
    namespace,
    dataConverter,
    taskQueue: QUEUES.orchestrator,
    workflowBundle: { codePath: bundlePath(tracing.on) },
    ...tracing.worker,
    activities: createOrchestratorActivities(client, token, config, { env: process.env, stopping: signal }),
    // Those that wait for builds of runs that continued as new do nothing else.
    maxConcurrentActivityTaskExecutions: 1_000,
    maxCachedWorkflows: config.orchestrator.maxCachedWorkflows,
    // A killed orchestrator's workflows wait this long for it before another takes them. Default 10 s.
    stickyQueueScheduleToStartTimeout: "2s",
    shutdownGraceTime: "10s",
  });
  await client.workflow.start("fleet", {
    workflowId: "fleet",
    taskQueue: QUEUES.orchestrator,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: "the drones of this swarm",
  });
  await startAlerts(client, config, { log, signal });
  log(`orchestrator: runs workflows of namespace ${namespace}`);
  telemetry.ready();
  ready();
  await worker.runUntil(aborted(signal));
  await telemetry.close();
  await connection.close();
};
