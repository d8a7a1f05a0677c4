import { proxyActivities } from "@temporalio/workflow";
import { type DroneControlActivities, QUEUES } from "../model/activities.ts";
import type { BuildOrder } from "../model/build.ts";
import type { BalanceAnswer } from "./messages.ts";
import type { Relocation } from "./states/builds.ts";
import type { Delegation } from "./states/delegations.ts";
import type { RunState } from "./states/run.ts";

/**
 * What an operator's `balance` does: waits end, and what does not compile yet begins anew where it would be done sooner.
 * A drone that does not say at once what its build does keeps it.
 * @param isOver whether the run builds no more: it may have ended while the drones were asked.
 */
export async function balance(
  state: RunState,
  orderOf: (build: Delegation) => BuildOrder,
  relocate: (relocation: Relocation) => void,
  isOver: () => boolean,
): Promise<BalanceAnswer> {
  const answer: BalanceAnswer = { freed: state.endWaits(), moved: [], kept: [] };
  const found = state.betterPlaces(Date.now());
  const compiling = await Promise.all(found.map(({ build }) => isCompiling(build.drone, orderOf(build))));
  for (const [i, { build, drone, here, there }] of found.entries()) {
    if (compiling[i]) answer.kept.push({ cpv: build.cpv, drone: build.drone, better: drone, here, there });
  }
  if (isOver()) return answer;
  const movable = new Set(found.flatMap(({ build }, i) => (compiling[i] ? [] : [build])));
  const indexes = new Set([...movable].map(({ index }) => index));
  // Meanwhile a place may have been taken, a build have ended: only what holds still is done.
  for (const move of state.betterPlaces(Date.now(), (index) => indexes.has(index))) {
    const { build, drone, here, there } = move;
    const relocation = movable.has(build) ? state.move(move, Date.now()) : null;
    if (!relocation) continue;
    relocate(relocation);
    answer.moved.push({ cpv: build.cpv, from: build.drone, to: drone, here, there });
  }
  return answer;
}

async function isCompiling(drone: string, order: BuildOrder): Promise<boolean> {
  const activities = proxyActivities<DroneControlActivities>({
    taskQueue: QUEUES.control(drone),
    scheduleToCloseTimeout: "10s",
    retry: { maximumAttempts: 1 },
    summary: `does ${order.cpv} compile?`,
  });
  return await activities.isCompiling(order).catch(() => true);
}
