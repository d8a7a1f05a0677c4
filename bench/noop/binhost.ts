import { Worker } from "@temporalio/worker";
import { type BinhostActivities, QUEUES } from "../../model/activities.ts";
import type { BuildOrder } from "../../model/build.ts";
import type { NoopContext } from "./drone.ts";

export const BINHOST = "main";

/** A binhost that keeps nothing: accepts what it is told to, and counts what it publishes. */
export class NoopBinhost {
  /** Runs published, in order; a run that is published twice is in it twice. */
  readonly published: string[] = [];
  /** CPVs in the order of their acceptance. */
  readonly accepted: string[] = [];
  /** The reason of a rejection, or null. */
  reject: (order: BuildOrder) => string | null = () => null;
  /** Called before a publish is done. */
  onPublish: () => Promise<void> = async () => {};
  #worker: Worker | null = null;
  #running: Promise<void> = Promise.resolve();

  async start({ connection, namespace, dataConverter }: NoopContext): Promise<void> {
    const activities: BinhostActivities = {
      pinTarget: async () => ({ bundle: "c".repeat(64), snapshot: null }),
      validate: async ({ order }) => {
        const rejected = this.reject(order);
        if (rejected === null) this.accepted.push(order.cpv);
        return { rejected };
      },
      publish: async ({ run }) => {
        await this.onPublish();
        this.published.push(run);
        const packages = this.accepted.length;
        return { snapshot: `20261121T000000Z-${run}`, packages, added: packages, bytes: packages * 4096 };
      },
      record: async () => {},
      clearStaging: async () => {},
    };
    this.#worker = await Worker.create({
      connection,
      namespace,
      dataConverter,
      taskQueue: QUEUES.binhost(BINHOST),
      activities,
      shutdownForceTime: "2s",
    });
    this.#running = this.#worker.run().catch(() => {});
  }

  async stop(): Promise<void> {
    this.#worker?.shutdown();
    await this.#running;
  }
}
