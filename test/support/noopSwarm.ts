import { inject, onTestFinished } from "vitest";
import { NoopSwarm, type NoopSwarmOptions } from "../../bench/noop/swarm.ts";

/** A swarm whose builds are no-ops, in a namespace of its own on the shared server; stopped when the test ends. */
export async function noopSwarm(options: Omit<NoopSwarmOptions, "address" | "bundle">): Promise<NoopSwarm> {
  const swarm = await NoopSwarm.start({
    address: inject("temporalAddress"),
    bundle: inject("workflowBundle"),
    ...options,
  });
  onTestFinished(() => swarm.stop());
  return swarm;
}
