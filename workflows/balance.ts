import { proxyActivities } from "@temporalio/workflow";
import { type DroneControlActivities, QUEUES } from "../model/activities.ts";
import type { BuildOrder } from "../model/build.ts";
import type { BalanceAnswer } from "./messages.ts";
import type { Delegation } from "./states/delegations.ts";
import type { Relocation, RunState } from "./states/run.ts";

/**
 * What an operator's `balance` does: waits end, and what does not compile yet begins anew where it would be done sooner.
 * A drone that does not say at once what its build does keeps it.
 */
export async function balance(
  state: RunState,
  orderOf: (build: Delegation) => BuildOrder,
  relocate: (relocation: Relocation) => void,
): Promise<BalanceAnswer> {
  const answer: BalanceAnswer = { freed: state.endWaits(), moved: [], kept: [] };
  const moves = state.betterPlaces(Date.now());
  const compiling = await Promise.all(moves.map(({ build }) => isCompiling(build.drone, orderOf(build))));
  const compiles = new Set(moves.flatMap(({ build }, i) => (compiling[i] ? [build] : [])));
  const asked = new Set(moves.map(({ build }) => build));
  // Meanwhile a place may have been taken, a build have ended: only what holds still is done.
  for (const move of state.betterPlaces(Date.now())) {
    const { build, drone, here, there } = move;
    if (!asked.has(build)) continue;
    if (compiles.has(build)) {
      answer.kept.push({ cpv: build.cpv, drone: build.drone, better: drone, here, there });
      continue;
    }
    const relocation = state.move(move, Date.now());
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
