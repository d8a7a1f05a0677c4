import { pauseWords } from "../../model/marks.ts";
import type { Live } from "../../watch/live.ts";
import type { Services } from "../services.ts";

/** One process or machine of the swarm. */
export interface Node {
  name: string;
  role: "engine" | "orchestrator" | "binhost" | "drone" | "gateway";
  /** `in`, `out` or `unknown` of what is looked after; a drone's own state. */
  health: string;
  reason: string | null;
  /** ms since the epoch */
  lastSeen: number | null;
}

/** Everything that is known to be part of the swarm. */
export function nodesOf({ config, health }: Services, live: Live | null): Node[] {
  const services = health
    .list()
    .map(({ name, kind, state, reason, lastSeen }): Node => ({ name, role: kind, health: state, reason, lastSeen }));
  const { orchestrators, fleet } = live?.reading ?? {};
  // Those that no address is configured for are known by their number only.
  const others = Math.max(0, (orchestrators ?? 0) - services.filter(({ role }) => role === "orchestrator").length);
  const lastSeen = live && live.at > 0 ? live.at : null;
  const asking = Array.from({ length: others }, (_, index): Node => {
    return { name: `orchestrator-${index + 1}`, role: "orchestrator", health: "in", reason: null, lastSeen };
  });
  const drones = (fleet?.drones ?? []).map((drone): Node => {
    const { facts, state, since } = drone;
    const reason = drone.grounded ?? pauseWords(drone, Date.now()) ?? (drone.paused ? "paused" : null);
    return { name: facts.name, role: "drone", health: state, reason, lastSeen: state === "online" ? lastSeen : since };
  });
  const own: Node = { name: config.swarm.name, role: "gateway", health: "in", reason: null, lastSeen: Date.now() };
  return [...services, ...asking, ...drones, own];
}
