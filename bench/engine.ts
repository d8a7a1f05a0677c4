import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { BINHOST } from "./noop/binhost.ts";
import { wide } from "./noop/plan.ts";
import type { NoopSwarm } from "./noop/swarm.ts";
import { cpuMs, serverPid } from "./processes.ts";
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
  /** The same of processor time, workers and server together: other work on the machine does not change it much. */
  cpuRatio: number;
  cpuRatios: number[];
}

const DRONES = ["izar", "tarn", "unra"];
const SLOTS = 4;

/** The engine's cost of a package whose build is a no-op, against Temporal alone. */
export async function benchEngine(count = 300, pairs = count > 1000 ? 1 : 3): Promise<EngineFigures> {
  return await withEngine(async (engine) => {
    // Before anything is measured: bundling costs seconds.
    const plainBundle = await bundleOf(join(import.meta.dirname, "fanout", "workflows"), engine.directory);
    const runPlain: Run = (swarm) => fanOut(swarm, count, plainBundle);
    const runOurs: Run = (swarm) => update(swarm, count);
    const ours: Cost[] = [];
    const plain: Cost[] = [];
    for (let i = 0; i < pairs; i++) {
      // Alternating, so that a machine that is busy for a while is so for both.
      const first = i % 2 === 0;
      if (first) plain.push(await measure(engine, count, runPlain));
      ours.push(await measure(engine, count, runOurs));
      if (!first) plain.push(await measure(engine, count, runPlain));
    }
    const ratios = ours.map(({ wall }, i) => wall / (plain[i]?.wall ?? Number.NaN));
    const cpuRatios = ours.map(({ cpu }, i) => cpu / (plain[i]?.cpu ?? Number.NaN));
    const median = (costs: Cost[]): number =>
      percentile(
        costs.map(({ wall }) => wall),
        0.5,
      );
    const [oursMs, plainMs, ratio] = [median(ours), median(plain), percentile(ratios, 0.5)];
    const cpuRatio = percentile(cpuRatios, 0.5);
    const each = `ours ${oursMs.toFixed(1)} ms each, plain ${plainMs.toFixed(1)}`;
    console.log(`${count} packages: ${each}: ratio ${ratio.toFixed(2)}, of processor time ${cpuRatio.toFixed(2)}`);
    return { packages: count, oursMs, plainMs, ratio, ratios, cpuRatio, cpuRatios };
  });
}

/** ms for each package. */
interface Cost {
  wall: number;
  cpu: number;
}

/** What is measured; returns its wall seconds. */
type Run = (swarm: NoopSwarm) => Promise<number>;

/** A swarm of its own for each measurement. */
async function measure(engine: BenchEngine, count: number, run: Run): Promise<Cost> {
  const { address, bundle } = engine;
  const drones = DRONES.map((name) => ({ name, cores: 16, slots: SLOTS }));
  return await withSwarm({ address, bundle, plan: wide(count), drones }, async (swarm) => {
    const before = spentMs(engine);
    const seconds = await run(swarm);
    return { wall: (seconds * 1000) / count, cpu: (spentMs(engine) - before) / count };
  });
}

async function update(swarm: NoopSwarm, count: number): Promise<number> {
  await swarm.run();
  return await toGate(swarm, count * 500);
}

async function fanOut(swarm: NoopSwarm, count: number, bundle: string): Promise<number> {
  const { connection, namespace, dataConverter } = swarm.context;
  const worker = await Worker.create({
    ...{ connection, namespace, dataConverter, taskQueue: "plain", maxCachedWorkflows: 200 },
    workflowBundle: { codePath: bundle },
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

/** ms of processor time that this process and its server have had. */
function spentMs(engine: BenchEngine): number {
  return cpuMs(process.pid) + cpuMs(serverPid(engine));
}
