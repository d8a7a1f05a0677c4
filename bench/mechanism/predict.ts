import { type ModelBuild, proceed, rates, takeDone, untilChange } from "../../scheduler/droneModel.ts";
import type { Work } from "../../scheduler/work.ts";

/** What a build takes, from its time alone on `cores` cores and its processor time: what fits the scheduler's formula. */
export function workOf({ seconds, cpu }: { seconds: number; cpu: number }, cores: number): Work {
  const serial = Math.min(cpu, Math.max(0, (cores * seconds - cpu) / (cores - 1)));
  return { work: cpu, serial, width: cores };
}

/** When each build ends, as the simulator counts. Seconds. */
export function predict(orders: readonly { work: Work; nice: number }[], cores: number): number[] {
  const ends = orders.map(() => 0);
  const going: ModelBuild[] = orders.map(({ work, nice }, index) => ({
    ...{ index, work, estimate: work, sigma: 0, tail: 0, jobs: cores, used: 0, nice },
  }));
  for (let now = 0; going.length > 0; ) {
    const rate = rates(going, cores, 1);
    const step = untilChange(going, rate);
    proceed(going, rate, step);
    now += step;
    for (const { index } of takeDone(going)) ends[index] = now;
  }
  return ends;
}
