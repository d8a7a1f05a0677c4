import { executeChild, ParentClosePolicy, proxyActivities } from "@temporalio/workflow";
import {
  type BinhostActivities,
  type DroneBuildActivities,
  type DroneControlActivities,
  QUEUES,
} from "../../model/activities.ts";
import type { BuildOrder } from "../../model/build.ts";

/** What the engine costs without us: lanes of children, each with the four activities of a package. */
export async function fanOut(input: {
  count: number;
  drones: string[];
  slots: number;
  binhost: string;
}): Promise<void> {
  let next = 0;
  const lane = async (drone: string): Promise<void> => {
    while (next < input.count) {
      const order = orderOf(next++);
      await executeChild(fanOutChild, {
        workflowId: `plain/${order.cpv}`,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        args: [{ order, drone, binhost: input.binhost }],
      });
    }
  };
  await Promise.all(input.drones.flatMap((drone) => Array.from({ length: input.slots }, () => lane(drone))));
}

export async function fanOutChild(input: { order: BuildOrder; drone: string; binhost: string }): Promise<void> {
  const { order } = input;
  const timeouts = { startToCloseTimeout: "1h", heartbeatTimeout: "30s" } as const;
  const { build } = proxyActivities<DroneBuildActivities>({ ...timeouts, taskQueue: QUEUES.build(input.drone) });
  const control = proxyActivities<DroneControlActivities>({ ...timeouts, taskQueue: QUEUES.control(input.drone) });
  const { validate } = proxyActivities<BinhostActivities>({ ...timeouts, taskQueue: QUEUES.binhost(input.binhost) });
  const startedAt = Date.now();
  const artifact = await build(order);
  const builtAt = Date.now();
  await control.upload({ order, artifact });
  await validate({ order, drone: input.drone, artifact, times: { startedAt, builtAt, endedAt: Date.now() } });
  await control.discard(order);
}

function orderOf(index: number): BuildOrder {
  return {
    ...{ run: "plain", target: "desktop", plan: "b".repeat(64), tree: "git:0123", bundle: "c".repeat(64) },
    ...{ index, cpv: `wide/part${index}-1`, attempt: 1, jobs: 4, nice: 0, noOutputSeconds: 3600 },
  };
}

/**
 * The same in the order of a graph, first come first served: `needs` are positions of earlier packages. That is all that it
 * knows: no failure is counted, nothing can be asked or changed, no drone but the one that is next.
 */
export async function fanOutGraph(input: {
  needs: readonly (readonly number[])[];
  lanes: { name: string; slots: number }[];
  binhost: string;
}): Promise<void> {
  const most = Math.max(...input.lanes.map(({ slots }) => slots));
  // Round the drones, so that the first packages do not all go to one.
  const free = Array.from({ length: most }, (_, i) => input.lanes.filter(({ slots }) => slots > i)).flat();
  const waiting: (() => void)[] = [];
  const packages: Promise<void>[] = [];
  const run = async (index: number, needs: readonly number[]): Promise<void> => {
    await Promise.all(needs.map((need) => packages[need]));
    let lane = free.shift();
    for (; !lane; lane = free.shift()) await new Promise<void>((resolve) => waiting.push(resolve));
    const order = orderOf(index);
    await executeChild(fanOutChild, {
      workflowId: `plain/${order.cpv}`,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [{ order, drone: lane.name, binhost: input.binhost }],
    });
    free.push(lane);
    waiting.shift()?.();
  };
  for (const [index, needs] of input.needs.entries()) packages.push(run(index, needs));
  await Promise.all(packages);
}
