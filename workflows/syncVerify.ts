import { condition, getExternalWorkflowHandle, proxyActivities, setHandler, workflowInfo } from "@temporalio/workflow";
import { type BinhostActivities, QUEUES } from "../model/activities.ts";
import type { SyncVerifyResult } from "../model/fleet.ts";
import { DRONE_VIEWS, taking } from "./betweenWorkflows.ts";
import { FLEET_ID, fleetChangedSignal, type SyncVerifyInput, subscribeSignal, unsubscribeSignal } from "./messages.ts";
import { RunDrones } from "./states/runDrones.ts";
import { syncDrones, verifyDrones } from "./verify.ts";

/** Syncs and verifies the drones that are online, outside of a run. */
export async function syncVerify(input: SyncVerifyInput): Promise<SyncVerifyResult> {
  const drones = new RunDrones();
  let known = false;
  setHandler(
    fleetChangedSignal,
    taking(DRONE_VIEWS, (views) => {
      drones.update(views);
      known = true;
    }),
  );
  const fleet = getExternalWorkflowHandle(FLEET_ID);
  const { pinTarget } = proxyActivities<BinhostActivities>({
    taskQueue: QUEUES.binhost(input.binhost),
    startToCloseTimeout: "1m",
    retry: { maximumAttempts: 5 },
  });
  const workflowId = workflowInfo().workflowId;
  await fleet.signal(subscribeSignal, { workflowId });
  await condition(() => known);
  const { bundle } = await pinTarget(input.target);
  const request = { run: workflowId, target: input.target, bundle, trees: input.trees, fetch: input.sync, pin: null };
  await syncDrones(drones, drones.available(), request);
  await verifyDrones(drones, request);
  await fleet.signal(unsubscribeSignal, { workflowId });
  return {
    drones: drones.all().map((d) => ({
      name: d.name,
      ok: d.state === "verified" && d.online,
      stale: d.state === "stale",
      error: d.online ? d.reason : "away",
      report: d.report,
    })),
  };
}
