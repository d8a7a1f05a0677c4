import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { BINHOST } from "./noop/binhost.ts";
import { wide } from "./noop/plan.ts";
import type { NoopSwarm } from "./noop/swarm.ts";
import { type BenchEngine, bundleOf, percentile, toGate, withEngine, withSwarm } from "./swarmBench.ts";

export interface EngineFigures {
  packages: number;
  /** ms for each package: ours, and a plain fan-out of as many children and activities in the same window. */
  oursMs: number;
  plainMs: number;
  /** The goal is at most 1.25. Median of the pairs. */
  ratio: number;
  /** Each pair's own ratio. */
  ratios: number[];
}

const DRONES = ["izar", "tarn", "unra"];
const SLOTS = 4;

/** The engine's cost of a package whose build is a no-op, against Temporal alone. */
export async function benchEngine(count = 300, pairs = count > 1000 ? 1 : 3): Promise<EngineFigures> {
  return await withEngine(async (engine) => {
    const ours: number[] = [];
    const plain: number[] = [];
    for (let i = 0; i < pairs; i++) {
      // Alternating, so that a machine that is busy for a while is so for both.
      const first = i % 2 === 0;
      if (first) plain.push(await measure(engine, count, runPlain));
      ours.push(await measure(engine, count, runOurs));
      if (!first) plain.push(await measure(engine, count, runPlain));
    }
    const ratios = ours.map((ms, i) => ms / (plain[i] ?? Number.NaN));
    const [oursMs, plainMs, ratio] = [percentile(ours, 0.5), percentile(plain, 0.5), percentile(ratios, 0.5)];
    console.log(
      `${count} packages: ours ${oursMs.toFixed(1)} ms each, plain ${plainMs.toFixed(1)}: ratio ${ratio.toFixed(2)}`,
    );
    return { packages: count, oursMs, plainMs, ratio, ratios };
  });
}

/** A swarm of its own for each measurement; returns ms for each package. */
async function measure(
  { address, bundle, directory }: BenchEngine,
  count: number,
  run: (swarm: NoopSwarm, count: number, directory: string) => Promise<number>,
): Promise<number> {
  const drones = DRONES.map((name) => ({ name, cores: 16, slots: SLOTS }));
  return await withSwarm({ address, bundle, plan: wide(count), drones }, async (swarm) => {
    return ((await run(swarm, count, directory)) * 1000) / count;
  });
}

async function runOurs(swarm: NoopSwarm, count: number): Promise<number> {
  await swarm.run();
  return await toGate(swarm, count * 500);
}

async function runPlain(swarm: NoopSwarm, count: number, directory: string): Promise<number> {
  const { connection, namespace, dataConverter } = swarm.context;
  const worker = await Worker.create({
    ...{ connection, namespace, dataConverter, taskQueue: "plain", maxCachedWorkflows: 200 },
    workflowBundle: { codePath: await bundleOf(join(import.meta.dirname, "fanout", "workflows"), directory) },
  });
  return await worker.runUntil(async () => {
    const start = performance.now();
    await swarm.client.workflow.execute("fanOut", {
      ...{ workflowId: "plain", taskQueue: "plain" },
      args: [{ count, drones: DRONES, slots: SLOTS, binhost: BINHOST }],
    });
    return (performance.now() - start) / 1000;
  });
}
