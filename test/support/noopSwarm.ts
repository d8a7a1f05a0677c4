import { inject } from "vitest";
import { NoopSwarm, type NoopSwarmOptions } from "../../bench/noop/swarm.ts";

/** A swarm whose builds are no-ops, in a namespace of its own on the shared server: `await using swarm = await noopSwarm(...)`. */
export async function noopSwarm(options: Omit<NoopSwarmOptions, "address" | "bundle">): Promise<NoopSwarm> {
  return await NoopSwarm.start({ address: inject("temporalAddress"), bundle: inject("workflowBundle"), ...options });
}
