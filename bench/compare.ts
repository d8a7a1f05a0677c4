import { mkdtemp, rm } from "node:fs/promises";
import { cpus, homedir, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DRONES } from "../demo/stage.ts";
import { messageOf } from "../model/errors.ts";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { packageRoot } from "../system/packageRoot.ts";
import { buildbot } from "./compare/buildbot.ts";
import { type Contestant, type Machine, slotsOf, type Task } from "./compare/contestant.ts";
import { CORES, desktopGraph, type GraphNode, tasksOf } from "./compare/graph.ts";
import { make } from "./compare/make.ts";
import { ninja } from "./compare/ninja.ts";
import { Sampler } from "./compare/processes.ts";
import { type CaseFigures, type CompareFigures, markdownOf } from "./compare/table.ts";
import { plain, swarm } from "./compare/temporal.ts";
import { benchDemo } from "./demo.ts";

const CONTESTANTS: readonly Contestant[] = [swarm, plain, make, ninja, buildbot];
const SLOTS = 4;
/** A package of 1,000 s sleeps 1 s. */
const SCALE = 1_000;
/** A case that takes longer is given up: far more than any takes on a machine that has nothing else to do. ms */
const LIMIT_MS = 900_000;

interface Case {
  tasks: Task[];
  /** Wall seconds that nothing could go below: the longest path, or the work of all slots. */
  ideal: number;
}

/** The same graph by the swarm and by others; without a size, the demo's packages by emerge too, and docs/comparison.md. */
export async function benchCompare(size?: number): Promise<CompareFigures> {
  const stopped = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    console.log(`${name}: everything is being stopped`);
    stopped.abort();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  try {
    const figures = await compare(size, stopped.signal);
    if (size !== undefined) return figures;
    const file = join(packageRoot(), "docs", "comparison.md");
    await writeFileAtomic(file, markdownOf(figures));
    console.log(`written: ${file}`);
    return figures;
  } catch (error) {
    if (stopped.signal.aborted) process.exit(130);
    throw error;
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
  }
}

async function compare(size: number | undefined, signal: AbortSignal): Promise<CompareFigures> {
  const nodes = await desktopGraph(size);
  const machines = Object.entries(DRONES).map(([name, cores]) => ({ name, cores, slots: SLOTS }));
  const cacheDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "build-swarm");
  const tools: CompareFigures["tools"] = [];
  for (const { prepare, run, ...facts } of CONTESTANTS) {
    try {
      const version = await prepare(cacheDir);
      const part = nodes.slice(0, facts.most);
      const cases = { noop: noopCase(part), sleep: sleepCase(part, machines) };
      console.log(`${facts.name} ${version}: ${part.length} packages`);
      const noop = await measure(run, cases.noop, { machines, cacheDir, signal });
      const slept = await measure(run, cases.sleep, { machines, cacheDir, signal });
      for (const [name, figures] of Object.entries({ noop, sleep: slept })) console.log(`  ${name}`, figures);
      tools.push({ ...facts, version, noop, sleep: slept });
    } catch (error) {
      signal.throwIfAborted();
      console.log(`${facts.name}: ${messageOf(error)}`);
      tools.push({ ...facts, missing: messageOf(error) });
    }
  }
  const demo = size === undefined ? await benchDemo({ signal }) : null;
  return {
    ...{ packages: nodes.length, machines, cores: CORES, scale: SCALE },
    at: new Date().toISOString(),
    machine: `${cpus().length} cores, ${cpus()[0]?.model ?? "unknown"}`,
    tools,
    demo,
  };
}

function noopCase(nodes: GraphNode[]): Case {
  const tasks = tasksOf(
    nodes,
    () => ["true"],
    ({ seconds }) => seconds,
  );
  return { tasks, ideal: 0 };
}

function sleepCase(nodes: GraphNode[], machines: Machine[]): Case {
  const seconds = (node: GraphNode): number => Number((node.seconds / SCALE).toFixed(3));
  const tasks = tasksOf(nodes, (node) => ["sleep", seconds(node).toFixed(3)], seconds);
  const path = Math.max(...tasks.map(({ remaining }) => remaining));
  const work = nodes.reduce((sum, node) => sum + seconds(node), 0);
  return { tasks, ideal: Math.max(path, work / slotsOf(machines)) };
}

/** Runs a case by a contestant, in a directory of its own. */
async function measure(
  run: Contestant["run"],
  { tasks, ideal }: Case,
  options: { machines: Machine[]; cacheDir: string; signal: AbortSignal },
): Promise<CaseFigures> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-compare-"));
  const sampler = new Sampler();
  const limit = AbortSignal.timeout(LIMIT_MS);
  const signal = AbortSignal.any([options.signal, limit]);
  const load = loadavg()[0] ?? 0;
  try {
    const seconds = await run({ ...options, tasks, directory, signal, counts: (pid) => sampler.add(pid) });
    const perPackageMs = ((seconds - ideal) * 1000) / tasks.length;
    const { peakMiB, sleeping } = sampler;
    const figures = { packages: tasks.length, idealSeconds: ideal, seconds, perPackageMs, peakMiB, sleeping };
    return { ...figures, loadBefore: load };
  } catch (error) {
    if (!limit.aborted) throw error;
    throw new Error(`${tasks.length} packages did not end within ${LIMIT_MS / 1000} s`);
  } finally {
    sampler.stop();
    // What was killed may still be writing.
    await sleep(200);
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
