import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { PlanGraph } from "../../model/plan.ts";
import { defaultSlots } from "../../scheduler/swarmPolicy.ts";
import { finalizeUpdate, worldUpdateId } from "../../workflows/messages.ts";
import { type NoopSwarm, until } from "../noop/swarm.ts";
import { type BenchConfig, configure, end, serverPid, startRole } from "../processes.ts";
import { type BenchEngine, withEngine, withSwarm } from "../swarmBench.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";
import { Sampler, type Usage } from "./sampler.ts";

/** Cores that the eight drones declare. */
const CORES = [16, 14, 24, 8, 16, 14, 24, 8];
/** Parts of the run after which an orchestrator and a drone are killed. */
const KILL_ORCHESTRATOR_AT = 0.4;
const KILL_DRONE_AT = 0.6;
/** What a lost drone may hold up: its silence, and the time that it had to answer. s */
export const DETECTION_S = 35;
const POLL_MS = 2_000;
/** A run that gets nothing for so long is stuck. ms */
const STUCK_MS = 300_000;

/** One whole run: what it took, and what its histories say. */
export interface ScaleRun {
  packages: number;
  /** From the start of the run to its gate, sync and resolve included. */
  seconds: number;
  perSecond: number;
  /** The same without the time in which the engine waited for a killed drone, and without what was received then. */
  perSecondOutsideDetection: number | null;
  /** Slowest and fastest tenth of the run. */
  slowestTenthPerSecond: number;
  fastestTenthPerSecond: number;
  /** ms of wall time, and of processor time of all processes together, for each package. */
  wallMs: number;
  cpuMs: number;
  /** What was killed when: seconds after the run's start, packages received by then. */
  kills: { what: string; at: number; received: number }[];
  processes: Record<string, Usage>;
  evidence: Evidence;
}

/** Runs a graph on eight drones and two orchestrators, each a process. */
export async function runScale(graph: PlanGraph, kill: boolean): Promise<ScaleRun> {
  return await withEngine(async (engine) => {
    const config = await configure(engine);
    return await withSwarm({ ...engine, plan: graph, token: config.token }, async (swarm) => {
      const orchestrators = ["orchestrator-1", "orchestrator-2"].map((name) => ({
        name,
        child: startRole(engine, config, swarm.namespace, ["orchestrator"]),
      }));
      const sampler = new Sampler();
      try {
        return await measured(swarm, graph, { engine, config, orchestrators, sampler, kill });
      } finally {
        sampler.stop();
        await Promise.all(orchestrators.map(({ child }) => end(child)));
      }
    });
  });
}

interface Setting {
  engine: BenchEngine;
  config: BenchConfig;
  orchestrators: { name: string; child: ChildProcess }[];
  sampler: Sampler;
  kill: boolean;
}

async function measured(
  swarm: NoopSwarm,
  graph: PlanGraph,
  { engine, orchestrators, sampler, kill }: Setting,
): Promise<ScaleRun> {
  const packages = graph.packages.length;
  const drones: { name: string; child: ChildProcess }[] = [];
  for (const [i, cores] of CORES.entries()) {
    const name = `drone-${i + 1}`;
    const slots = defaultSlots(cores);
    drones.push({ name, child: await swarm.addDroneProcess({ name, cores, slots }, 0) });
  }
  for (const { name, child } of [...orchestrators, ...drones]) sampler.watch(name, child.pid);
  sampler.watch("server", serverPid(engine));
  sampler.watch("binhost and bench", process.pid);

  const before = sampler.cpu();
  const run = await swarm.run();
  const start = Date.now();
  const seconds = (): number => (Date.now() - start) / 1000;
  const progress: { at: number; received: number }[] = [{ at: 0, received: 0 }];
  const kills: ScaleRun["kills"] = [];
  let lastChange = Date.now();
  const view = await until(
    "the gate",
    async () => {
      const now = await swarm.view().catch(() => null);
      if (now === null) return null;
      const { received } = now.counts;
      if (received !== progress.at(-1)?.received) lastChange = Date.now();
      progress.push({ at: seconds(), received });
      if (Date.now() - lastChange > STUCK_MS) throw new Error(`stuck at ${received} of ${packages}: ${now.reason}`);
      if (now.step === "failed" || now.step === "cancelled") throw new Error(`the run ended: ${now.reason}`);
      if (kill && kills.length === 0 && received >= KILL_ORCHESTRATOR_AT * packages) {
        const victim = await carrierOf(swarm, orchestrators);
        await end(victim.child);
        kills.push({ what: victim.name, at: seconds(), received });
      } else if (kill && kills.length === 1 && received >= KILL_DRONE_AT * packages) {
        const victim = drones[2];
        if (victim) await end(victim.child);
        kills.push({ what: victim?.name ?? "", at: seconds(), received });
      }
      if (progress.length % 20 === 0) console.log(`  ${seconds().toFixed(0)} s: ${received} of ${packages}`);
      return now.step === "gate" && now;
    },
    { ms: 3_600_000, every: POLL_MS },
  );
  const spent = sampler.cpu() - before;
  const took = (view.stepSince - view.startedAt) / 1000;
  progress.push({ at: took, received: view.counts.received });
  await run.executeUpdate(finalizeUpdate, { args: [{ by: "the benchmark" }] });
  await run.result();
  // What the engine lists comes a moment later than what happens.
  await sleep(2_000);
  console.log(`  ${packages} packages in ${took.toFixed(0)} s; reading the histories`);
  const evidence = await evidenceOf(swarm.client, graph, view.run);
  const tenths = rates(progress, 10);
  return {
    packages,
    seconds: took,
    perSecond: packages / took,
    perSecondOutsideDetection: outsideDetection(progress, kills[1]?.at),
    slowestTenthPerSecond: Math.min(...tenths),
    fastestTenthPerSecond: Math.max(...tenths),
    wallMs: (took * 1000) / packages,
    cpuMs: spent / packages,
    kills,
    processes: sampler.usage(),
    evidence,
  };
}

/** The orchestrator that has the run in its cache: its death is the one that matters. */
export async function carrierOf(swarm: NoopSwarm, orchestrators: Setting["orchestrators"]) {
  const { history } = await swarm.client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: swarm.namespace,
    execution: { workflowId: worldUpdateId("desktop") },
    maximumPageSize: 50,
  });
  const identity = history?.events?.find((event) => event.workflowTaskCompletedEventAttributes)
    ?.workflowTaskCompletedEventAttributes?.identity;
  const found = orchestrators.find(({ child }) => identity?.startsWith(`${child.pid}@`)) ?? orchestrators[0];
  if (!found) throw new Error("no orchestrator runs");
  return found;
}

type Progress = { at: number; received: number }[];

/** Packages for each second in equal parts of the run's time. */
function rates(progress: Progress, parts: number): number[] {
  const total = progress.at(-1)?.at ?? 0;
  return Array.from({ length: parts }, (_, i) => {
    const [from, to] = [(total * i) / parts, (total * (i + 1)) / parts];
    return (receivedAt(progress, to) - receivedAt(progress, from)) / (to - from);
  });
}

function outsideDetection(progress: Progress, killedAt: number | undefined): number | null {
  if (killedAt === undefined) return null;
  const last = progress.at(-1) ?? { at: 0, received: 0 };
  const until = Math.min(last.at, killedAt + DETECTION_S);
  const within = receivedAt(progress, until) - receivedAt(progress, killedAt);
  return (last.received - within) / (last.at - (until - killedAt));
}

/** Between two looks, what was received is taken to have come evenly. */
function receivedAt(progress: Progress, at: number): number {
  const next = progress.findIndex((each) => each.at >= at);
  const [a, b] = [progress[next - 1], progress[next]];
  if (!b) return progress.at(-1)?.received ?? 0;
  if (!a || b.at === a.at) return b.received;
  return a.received + ((b.received - a.received) * (at - a.at)) / (b.at - a.at);
}
