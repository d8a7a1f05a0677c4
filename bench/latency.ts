import { chain } from "./noop/plan.ts";
import { percentile, toGate, withEngine, withSwarm } from "./swarmBench.ts";

export interface LatencyFigures {
  packages: number;
  /** ms from "the dependency's artifact is accepted" to "the dependent's build begins". The goal is a p95 of at most 250. */
  p50: number;
  p95: number;
  max: number;
}

/** How fast a chain goes on, on a swarm that is idle: clocks are read in the activities. */
export async function benchLatency(length = 100): Promise<LatencyFigures> {
  const begun: number[] = [];
  const accepted: number[] = [];
  const build = async (): Promise<void> => void begun.push(performance.now());
  const drones = ["izar", "tarn", "unra", "ceti"].map((name) => ({ name, build }));
  await withEngine(({ address, bundle }) =>
    withSwarm({ address, bundle, drones, plan: chain(length) }, async (swarm) => {
      swarm.binhost.reject = () => {
        accepted.push(performance.now());
        return null;
      };
      await swarm.run();
      await toGate(swarm, length * 2_000);
    }),
  );
  const gaps = accepted.slice(0, -1).map((at, i) => (begun[i + 1] ?? Number.NaN) - at);
  const [p50, p95, max] = [percentile(gaps, 0.5), percentile(gaps, 0.95), Math.max(...gaps)];
  console.log(`received -> next build: p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, max ${max.toFixed(0)} ms`);
  return { packages: length, p50, p95, max };
}
