import { type ModelBuild, proceed, takeDone, untilChange } from "../../scheduler/droneModel.ts";
import { shareCores } from "../../scheduler/sharing.ts";
import type { Work } from "../../scheduler/work.ts";

/** A step of nice in shares of processor time: see scheduler/sharing.ts. */
const NICE_FACTOR = 1.25;

/** What a build takes, from its time alone on `cores` cores and its processor time: what fits the scheduler's formula. */
export function workOf({ seconds, cpu }: { seconds: number; cpu: number }, cores: number): Work {
  const serial = Math.min(cpu, Math.max(0, (cores * seconds - cpu) / (cores - 1)));
  return { work: cpu, serial, width: cores };
}

/**
 * When each build ends, as the simulator counts: with scheduler/sharing.ts.
 * @param weighs what has the weight of a nice value: each thread (plain nice), or each build (a session's or a cgroup's group).
 */
export function predict(
  orders: readonly { work: Work; nice: number }[],
  cores: number,
  weighs: "thread" | "build",
): number[] {
  const ends = orders.map(() => 0);
  const going: ModelBuild[] = orders.map(({ work, nice }, index) => ({
    ...{ index, work, estimate: work, sigma: 0, tail: 0, jobs: cores, used: 0, nice },
  }));
  for (let now = 0; going.length > 0; ) {
    const demands = going.map((it) => {
      const threads = threadsOf(it, cores);
      // shareCores weighs by threads: this takes it back.
      const nice = (it.nice ?? 0) + (weighs === "build" ? Math.log(threads) / Math.log(NICE_FACTOR) : 0);
      return { threads, nice };
    });
    const rate = shareCores(demands, cores);
    const step = untilChange(going, rate);
    proceed(going, rate, step);
    now += step;
    for (const { index } of takeDone(going)) ends[index] = now;
  }
  return ends;
}

/** As droneModel.ts has it: one thread in the first and the last half of the serial part. */
function threadsOf({ work, used }: ModelBuild, cores: number): number {
  const inside = used >= work.serial / 2 - 1e-7 && used < work.work - work.serial / 2 - 1e-7;
  return inside ? Math.min(cores, work.width) : 1;
}
