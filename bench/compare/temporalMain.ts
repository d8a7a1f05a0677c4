import { once } from "node:events";
import { Worker } from "@temporalio/worker";
import { messageOf } from "../../model/errors.ts";
import { BINHOST } from "../noop/binhost.ts";
import type { NoopSwarm } from "../noop/swarm.ts";
import { quietRuntime } from "../noop/swarm.ts";
import { end, startRole } from "../processes.ts";
import { toGate, withSwarm } from "../swarmBench.ts";
import { forkMain, type TemporalAnswer, type TemporalJob } from "./temporal.ts";

/** A run that takes longer than this for each package is stuck. ms */
const PATIENCE_MS = 2_000;

// Everything of a contestant on Temporal but its server: a process of its own, so that its memory can be told from the bench's.
process.once("disconnect", () => process.exit(1));
const [job] = (await once(process, "message")) as [TemporalJob];
quietRuntime();
const answer: TemporalAnswer = await (job.kind === "swarm" ? update : fanOut)(job).then(
  (seconds) => ({ seconds }),
  (error: unknown) => ({ error: messageOf(error) }),
);
process.send?.(answer);

/** The swarm: a real orchestrator, four drones whose builds run the commands, a binhost that keeps nothing. */
async function update({ address, bundle, config, tasks, machines }: TemporalJob): Promise<number> {
  return await withSwarm({ address, bundle, token: config.token }, async (swarm) => {
    const orchestrator = startRole({ address }, config, swarm.namespace, ["orchestrator"]);
    try {
      await startDrones(swarm, { kind: "swarm", address, tasks, machines });
      await swarm.run();
      const seconds = await toGate(swarm, tasks.length * PATIENCE_MS);
      const { counts } = await swarm.view();
      if (counts.received !== tasks.length) throw new Error(`${counts.received} of ${tasks.length} were received`);
      return seconds;
    } finally {
      await end(orchestrator);
    }
  });
}

/** The same children and activities from one workflow that only knows the order. */
async function fanOut({ address, bundle, plainBundle, tasks, machines }: TemporalJob): Promise<number> {
  // With a token nothing of a swarm's runs but the binhost: its part is the same in both.
  return await withSwarm({ address, bundle, token: "none" }, async (swarm) => {
    await startDrones(swarm, { kind: "plain", address, tasks, machines });
    const { connection, namespace, dataConverter } = swarm.context;
    const worker = await Worker.create({
      ...{ connection, namespace, dataConverter, taskQueue: "plain", maxCachedWorkflows: 200 },
      workflowBundle: { codePath: plainBundle },
    });
    const execute = async (workflowId: string, needs: readonly (readonly number[])[]): Promise<void> => {
      const args = [{ needs, lanes: machines, binhost: BINHOST }];
      await swarm.client.workflow.execute("fanOutGraph", { workflowId, taskQueue: "plain", args });
    };
    return await worker.runUntil(async () => {
      // One package on each drone first: a new namespace's first polls may be refused for seconds.
      await execute(
        "warm-up",
        machines.map(() => []),
      );
      const begun = performance.now();
      await execute(
        "plain",
        tasks.map(({ needs }) => needs),
      );
      return (performance.now() - begun) / 1000;
    });
  });
}

async function startDrones(
  { context }: NoopSwarm,
  { machines, ...rest }: Pick<TemporalJob, "kind" | "address" | "tasks" | "machines">,
): Promise<void> {
  const { namespace, token } = context;
  const drones = machines.map((machine) => forkMain("droneMain", { ...rest, machine, namespace, token }));
  await Promise.all(drones.map((drone) => once(drone, "message")));
}
