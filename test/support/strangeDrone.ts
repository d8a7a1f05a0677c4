import { Client } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { quietRuntime } from "../../bench/noop/swarm.ts";
import { dataConverter } from "../../connection/codec.ts";
import { connectionSettings } from "../../connection/options.ts";
import { type DroneBuildActivities, type DroneControlActivities, QUEUES } from "../../model/activities.ts";
import type { BuildOrder } from "../../model/build.ts";
import { buildPackageId } from "../../workflows/messages.ts";
import type { Swarm } from "./swarm.ts";

/** What a drone that errs does with an order. */
export type StrangeActivities = Pick<DroneBuildActivities, "build"> & Pick<DroneControlActivities, "upload">;

const NAME = "strange";

/** Lets orchestrator and binhost of a swarm treat one order whose drone errs; returns when its attempt has ended. */
export async function deliverStrangely(swarm: Swarm, order: BuildOrder, activities: StrangeActivities): Promise<void> {
  quietRuntime();
  const { options, namespace } = connectionSettings(swarm.config, {});
  const connection = await NativeConnection.connect(options);
  try {
    const common = { connection, namespace, dataConverter };
    const builds = await Worker.create({
      ...common,
      taskQueue: QUEUES.build(NAME),
      activities: { build: activities.build },
    });
    const controls = await Worker.create({
      ...common,
      taskQueue: QUEUES.control(NAME),
      activities: { upload: activities.upload, discard: async () => {} },
    });
    const client = new Client({ connection, namespace, dataConverter });
    const attempt = (): Promise<void> =>
      client.workflow.execute("buildPackage", {
        workflowId: buildPackageId(order.run, order.cpv, order.attempt),
        taskQueue: QUEUES.orchestrator,
        args: [{ order, drone: NAME, binhost: swarm.config.binhost.name, reportTo: "nobody" }],
      });
    await builds.runUntil(controls.runUntil(attempt()));
  } finally {
    await connection.close();
  }
}
