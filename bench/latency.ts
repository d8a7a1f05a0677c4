import { chain } from "./noop/plan.ts";
import { NoopSwarm } from "./noop/swarm.ts";
import { percentile, toGate, withEngine } from "./swarmBench.ts";

export interface LatencyFigures {
  packages: number;
  /** ms from "the dependency's artifact is accepted" to "the dependent's build begins". The goal is a p95 of at most 250. */
  p50: number;
  p95: number;
  max: number;
}

/** How fast a chain goes on, on a swarm that is idle: clocks are read in the activities. */
export async function benchLatency(length = 100): Promise<LatencyFigures> {
  return await withEngine(async ({ address, bundle }) => {
    await using swarm = await NoopSwarm.start({ address, bundle, plan: chain(length) });
    const begun: number[] = [];
    const build = async (): Promise<void> => void begun.push(performance.now());
    const accepted: number[] = [];
    swarm.binhost.reject = () => {
      accepted.push(performance.now());
      return null;
    };
    for (const name of ["izar", "tarn", "unra", "ceti"]) await swarm.addDrone({ name, build });
    await swarm.run();
    await toGate(swarm, length * 2_000);
    const gaps = accepted.slice(0, -1).map((at, i) => (begun[i + 1] ?? Number.NaN) - at);
    const figures = {
      packages: length,
      p50: percentile(gaps, 0.5),
      p95: percentile(gaps, 0.95),
      max: Math.max(...gaps),
    };
    const { p50, p95, max } = figures;
    console.log(`received -> next build: p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, max ${max.toFixed(0)} ms`);
    return figures;
  });
}
