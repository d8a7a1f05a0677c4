import type { SwarmConfig } from "../config/schema.ts";

/** One process of the swarm that `swarm up` starts on this machine. */
export interface RoleProcess {
  /** Names its record, its log and its lines on the screen: `orchestrator-1`, `binhost`, `gateway`, `drone-izar`. */
  label: string;
  /** The command line after `swarm`. */
  args: readonly string[];
}

const DRONE_PREFIX = "drone-";
const GATEWAY_LABEL = "gateway";

export const droneLabel = (name: string): string => `${DRONE_PREFIX}${name}`;

/** The drone's name in a role's label, null for the other roles. */
export function droneOfLabel(label: string): string | null {
  return label.startsWith(DRONE_PREFIX) ? label.slice(DRONE_PREFIX.length) : null;
}

/** Everything but the dev server, in the order of starting. */
export function rolesOf(config: SwarmConfig): RoleProcess[] {
  const orchestrators = Array.from({ length: config.up.orchestrators }, (_, index) => ({
    label: `orchestrator-${index + 1}`,
    args: ["orchestrator"],
  }));
  const drones = config.up.drones.map((name) => ({ label: droneLabel(name), args: ["drone", name] }));
  const gateway = config.gateway.enabled ? [{ label: GATEWAY_LABEL, args: ["gateway"] }] : [];
  return [...orchestrators, { label: "binhost", args: ["binhost"] }, ...gateway, ...drones];
}
