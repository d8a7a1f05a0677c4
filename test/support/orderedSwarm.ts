import type { NoopBuild } from "../../bench/noop/drone.ts";
import { chain, resolved } from "../../bench/noop/plan.ts";
import type { NoopSwarm } from "../../bench/noop/swarm.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { SwarmConfig } from "../../config/schema.ts";
import type { PlanGraph } from "../../model/plan.ts";
import type { Access } from "../../operations/access.ts";
import { bundleOf } from "../store/support.ts";
import { accessTo, type TestAccess, TOKEN } from "./access.ts";
import { noopSwarm } from "./noopSwarm.ts";

/** A tree, without which no run is started. */
export const TREE = '[[tree]]\nname = "demo"\nsync = "git"\nuri = "https://example.invalid/demo.git"\n';

/** What a resolver was asked for. */
export interface Asked {
  run: string;
  atoms: string[];
}

interface Work {
  /** What its resolver answers. */
  plan?: PlanGraph | Promise<PlanGraph>;
  build?: NoopBuild;
}

/** A swarm without orchestrators and drones yet: `ordering` adds those that start runs themselves. */
export const quietSwarm = (): Promise<NoopSwarm> => noopSwarm({ token: TOKEN });

/** Gives a quiet swarm an orchestrator, a drone and a target. Returns what its resolver is asked for, run by run. */
export async function ordering(
  swarm: NoopSwarm,
  { store }: Pick<TestAccess, "store">,
  { config, plan = chain(1), build }: Work & { config: SwarmConfig | null },
): Promise<Asked[]> {
  const asked: Asked[] = [];
  await store.putTarget("desktop", await store.putBlob(bundleOf("desktop")));
  if (config) await swarm.startOrchestrator(config);
  await swarm.addDrone({
    name: "izar",
    ...(build ? { build } : {}),
    resolve: async ({ run, atoms }) => {
      if (!asked.some((each) => each.run === run)) asked.push({ run, atoms });
      return resolved(await plan);
    },
  });
  return asked;
}

/** A swarm whose orchestrator starts runs itself. */
export async function orderedSwarm(work: Work = {}): Promise<{
  swarm: NoopSwarm;
  access: TestAccess;
  asked: Asked[];
  as: (by: string) => Access;
  [Symbol.asyncDispose]: () => Promise<void>;
}> {
  const swarm = await quietSwarm();
  const access = await accessTo(swarm, TREE);
  const asked = await ordering(swarm, access, { config: await access.config(), ...work });
  return {
    ...{ swarm, access, asked },
    as: (by) => ({ ...access, by }),
    [Symbol.asyncDispose]: async () => {
      await swarm.stop();
      await access[Symbol.asyncDispose]();
    },
  };
}

/** Waits until the resolver has been asked for another run than these. */
export async function nextAsked(asked: readonly Asked[], known: readonly string[]): Promise<Asked> {
  return await until("the next run", async () => asked.find(({ run }) => !known.includes(run)));
}
