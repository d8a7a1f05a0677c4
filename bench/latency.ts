import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Hops, hopsOf } from "./latency/hops.ts";
import type { NoopBuild } from "./noop/drone.ts";
import { chain } from "./noop/plan.ts";
import { percentile, toGate, withEngine, withSwarm } from "./swarmBench.ts";

/** ms */
export interface Distribution {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface LatencyFigures {
  packages: number;
  /** From "the dependency's artifact is accepted" to "the dependent's command runs". The goal is a p95 of at most 150. */
  total: Distribution;
  /** Where it goes, in order, by the histories' times. */
  hops: Record<string, Distribution>;
}

/** How fast a chain goes on, on a swarm that is idle: clocks are read where the binhost accepts and where a command runs. */
export async function benchLatency(length = 200): Promise<LatencyFigures> {
  const begun: number[] = [];
  const accepted: number[] = [];
  const build: NoopBuild = async () => {
    const command = spawn("/bin/true", { stdio: "ignore" });
    await once(command, "spawn");
    begun.push(now());
    await once(command, "exit");
  };
  const drones = ["izar", "tarn", "unra", "ceti"].map((name) => ({ name, build }));
  const plan = chain(length);
  const hops = await withEngine(({ address, bundle }) =>
    withSwarm({ address, bundle, drones, plan }, async (swarm) => {
      swarm.binhost.reject = () => {
        accepted.push(now());
        return null;
      };
      const { workflowId } = await swarm.run();
      await toGate(swarm, length * 2_000);
      const { run } = await swarm.view();
      const cpvs = plan.packages.map(({ cpv }) => cpv);
      return await hopsOf(swarm.client, { run, workflowId, cpvs, accepted, begun });
    }),
  );
  const total = distribution(accepted.slice(0, -1).map((at, i) => (begun[i + 1] ?? Number.NaN) - at));
  show("received -> next command", total);
  const figures: LatencyFigures = { packages: length, total, hops: {} };
  for (const [name, values] of Object.entries(hops) as [keyof Hops, number[]][]) {
    const each = distribution(values);
    figures.hops[name] = each;
    show(`  ${name}`, each);
  }
  return figures;
}

/** ms since the epoch, with fractions: on one machine comparable with the server's times. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function distribution(values: readonly number[]): Distribution {
  const at = (part: number): number => Math.round(percentile(values, part) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

function show(what: string, { p50, p95, p99, max }: Distribution): void {
  const [a, b, c, d] = [p50, p95, p99, max].map((ms) => ms.toFixed(1).padStart(6));
  console.log(`${what.padEnd(48)} p50 ${a} ms, p95 ${b}, p99 ${c}, max ${d}`);
}
